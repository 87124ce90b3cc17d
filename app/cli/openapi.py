"""`openapi`: the service's description of itself, as a file that is committed."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from app.cli.console import STANDARD, complain, result
from app.core.config import get_settings
from app.main import create_app

COMMITTED = Path("openapi.json")


def write(
    output: Annotated[
        Path | None, typer.Option(help="Write it into this file instead of stdout.")
    ] = None,
    check: Annotated[  # noqa: FBT002 # a flag of the command line
        bool, typer.Option("--check", help=f"Only tell whether {COMMITTED} is what it would be.")
    ] = False,
) -> None:
    """Print the OpenAPI document; needs no database."""
    if check and output is not None:
        raise typer.BadParameter("--check compares and writes nothing; leave --output out")
    text = document()
    if check:
        _compare(text)
    elif output is None or output == STANDARD:
        result(text.removesuffix("\n"))
    else:
        output.write_text(text, encoding="utf-8")


def document() -> str:
    """The document as it is committed: the same bytes for the same service."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(create_app(get_settings()).openapi(), option=options).decode()


def _compare(text: str) -> None:
    if not COMMITTED.exists() or COMMITTED.read_text(encoding="utf-8") != text:
        complain(f"{COMMITTED} is not what the service says. Write it anew: make openapi")
        raise typer.Exit(1)
