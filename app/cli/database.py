"""`db …`: the schema; and the database that every command works on."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import typer
from alembic.config import Config
from alembic.util import CommandError
from pydantic import SecretStr

from alembic import command
from app.cli import rotation
from app.cli.console import say
from app.core import logging
from app.core.config import Settings, get_settings
from app.core.health import migrations, newest_revision
from app.local import serve
from app.local.processes import LocalError

ROOT = Path(__file__).resolve().parents[2]

cli = typer.Typer(help="Look after the database.", no_args_is_help=True)


@cli.command("upgrade")
def upgrade_command() -> None:
    """Bring the schema to the newest version, and let the API's login in.

    Safe to run twice or in two places at once.
    """
    settings = get_settings()
    with opened(settings) as opened_settings:
        upgrade(opened_settings)
        rotation.admit(opened_settings)
    say("The schema is what this release needs")


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Settings]:
    """Settings whose database can be reached.

    Without DATABASE_URL it is the embedded one, which is brought up to date: it is nobody else's.
    """
    logging.configure(settings)
    url = settings.database_url.get_secret_value()
    with serve.database(url, settings.data_dir, say) as database_url:
        reached = reaching(settings, database_url)
        if not url:
            upgrade(reached)
        yield reached


def reaching(settings: Settings, url: str) -> Settings:
    """The settings with this database, and no other one beside it for the owner or for listening."""
    if settings.database_url.get_secret_value() == url:
        return settings
    return settings.model_copy(
        update={
            "database_url": SecretStr(url),
            "database_owner_url": None,
            "database_listen_url": None,
            "database_pooler": False,
        }
    )


def upgrade(settings: Settings) -> None:
    """Run the migrations as the owner of the schema; on a newer release's schema there are none.

    Raises:
        LocalError: the schema has another course than this release's.
    """
    with psycopg.connect(settings.owner_url) as owner:
        revision = _revision(owner)
    if revision not in migrations() and revision > (newest_revision() or ""):
        say(f"The schema is a newer release's ({revision}) and stays as it is")
        return
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = settings.owner_url
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise LocalError(str(error)) from error


def _revision(owner: psycopg.Connection[tuple[str]]) -> str:
    """The newest migration that has been run; empty where none was."""
    made = owner.execute("SELECT to_regclass('alembic_version')::text").fetchone()
    row = made and made[0] and owner.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else ""
