"""`db …`: the schema; and the database that every command works on."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import typer
from alembic.config import Config
from pydantic import SecretStr

from alembic import command
from app.cli.console import say
from app.core.config import Settings, get_settings
from app.local import serve

ROOT = Path(__file__).resolve().parents[2]

cli = typer.Typer(help="Look after the database.", no_args_is_help=True)


@cli.callback()
def _group() -> None:
    """Keeps `upgrade` a command of its own name while it is the only one."""


@cli.command("upgrade")
def upgrade_command() -> None:
    """Bring the schema to the newest version; safe to run twice or in two places at once."""
    settings = get_settings()
    with opened(settings) as opened_settings:
        upgrade(opened_settings)
    say("The schema is at its newest version")


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Settings]:
    """Settings whose database can be reached: without DATABASE_URL it is the embedded one."""
    url = settings.database_url.get_secret_value()
    with serve.database(url, settings.data_dir, say) as database_url:
        yield settings.model_copy(update={"database_url": SecretStr(database_url)})


def upgrade(settings: Settings) -> None:
    """Run the migrations as the owner of the schema."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = settings.owner_url
    command.upgrade(config, "head")
