"""`store …`: opening stores, and moving them."""

import asyncio
from typing import Annotated

import orjson
import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.cli import store_files
from app.cli.console import complain, result, say
from app.cli.database import opened
from app.core.config import Settings, get_settings
from app.core.reader_words import reader_error
from app.core.runtime import Runtime
from app.schemas.store import StoreInput
from app.services.store.opening import OpenedStore, StoreOpeningService

cli = typer.Typer(help="Open stores, and move them to another installation.", no_args_is_help=True)


cli.command("export")(store_files.export)
cli.command("import")(store_files.import_)


@cli.command("create")
def create(  # noqa: PLR0913, PLR0917 - typer passes options by place
    code: Annotated[str, typer.Option(help="What staff type at sign-in, such as hanok.")],
    name: Annotated[str, typer.Option(help="What guests read.")],
    timezone: Annotated[str, typer.Option(help="IANA time zone, such as Asia/Seoul.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code, such as KRW.")],
    language: Annotated[
        list[str], typer.Option(help="BCP 47 tag; the first is the default. May be repeated.")
    ],
    owner: Annotated[str, typer.Option(help="User name of the owner.")],
    as_json: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Open a store with its owner, and print the owner's first password, once."""
    try:
        wanted = StoreInput(
            code=code,
            name=name,
            timezone=timezone,
            currency=currency,
            default_language=language[0],
            languages=language,
            owner=owner,
        )
    except ValidationError as error:
        for line in dict.fromkeys(map(_problem, error.errors())):
            complain(line)
        raise typer.Exit(2) from error
    with opened(get_settings()) as settings:
        store = open_store(settings, wanted)
    if as_json:
        result(
            orjson.dumps(
                {
                    "store_id": store.store_id,
                    "code": store.code,
                    "owner": store.owner,
                    "password": store.owner_password,
                }
            ).decode()
        )
        return
    result(f"Store {store.code} is open. Its owner signs in as {store.owner}")
    result(f"with the password {store.owner_password}")
    say(
        "The password is kept nowhere: write it down now. The owner replaces it at the first sign-in."
    )


def _problem(detail: ErrorDetails) -> str:
    """One line about one option."""
    field = str(detail["loc"][0])
    option = "language" if field in {"default_language", "languages"} else field
    return f"--{option}: {reader_error('', detail).detail.en}"


def open_store(settings: Settings, wanted: StoreInput) -> OpenedStore:
    """Open the store in the database of `settings`.

    Raises:
        NumberTakenError: another store has the code.
    """
    return asyncio.run(_open(settings, wanted))


async def _open(settings: Settings, wanted: StoreInput) -> OpenedStore:
    runtime = Runtime(settings)
    try:
        async with runtime.database.transaction() as unit:
            return await StoreOpeningService(unit, runtime.passwords).open(wanted)
    finally:
        await runtime.close()
