"""`secrets renew-passwords`: new passwords for all that serve an environment's database but the API.

Three steps, of which `make renew-passwords` does the middle one: the new passwords are written beside
the old ones with the SQL that sets them; the database runs it; the new ones take the old ones' place.
The old ones stay until the database has taken the new ones, and whatever fails, the same command goes
on with the same passwords.
"""

import secrets
import shutil
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import result, say
from app.cli.secret_files import (
    APP_PASSWORD,
    DATABASE,
    DIRECT,
    NEXT,
    OWNER,
    PASSWORDS,
    RANDOM_BYTES,
    database_user_url,
    pooler_user,
    refuse_others,
    write,
    write_over,
)
from app.core.config import Environment
from app.local.processes import LocalError

STATEMENTS = "passwords.sql"
"""The file that comes last into the folder of what is not in use yet."""
NO_LOGIN = "patroni_api_password"
ONLY_PRODUCTIONS = frozenset(
    {NO_LOGIN, "db_rewind_password", "db_pooler_password", "pgbouncer_users"}
)
WRITTEN = frozenset(PASSWORDS) - {APP_PASSWORD} | {"database_owner_url", "pgbouncer_users"}
ONLY_WATCHED = frozenset({"db_replication_password", "db_monitor_password"})
"""Development has neither a standby nor watchers."""

BEFORE = """\
\\set ON_ERROR_STOP on
SELECT pg_is_in_recovery() AS standby \\gset
\\if :standby
\\quit
\\endif
BEGIN;
-- The statements hold passwords, and the log is read by others.
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_min_error_statement = panic;
"""
AFTER = """\
COMMIT;
\\echo taken
"""


def renew_passwords_command(
    environment: Annotated[Environment, typer.Argument(help="Whose passwords.")],
    directory: Annotated[Path, typer.Option(help="Where its secrets are.")],
    finish: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--finish", help="The database has the new ones: let them be used.")
    ] = False,
) -> None:
    """Make new passwords for all that serve the database, the API's login excepted.

    `make renew-passwords` calls it, gives them to the database, and calls it with --finish.
    """
    if not finish:
        prepare(environment, directory)
        return
    for name in take_over(directory):
        result(name)


def prepare(environment: Environment, directory: Path) -> Path:
    """Write the new passwords beside the old ones, and return the file of SQL that sets them.

    On a standby the SQL does nothing; where it was done it says `taken`. Those of an interrupted
    run are kept: the database may have them already.

    Raises:
        LocalError: these secrets are not there, or not that environment's. Nothing was written.
    """
    if environment is Environment.LOCAL:
        raise LocalError("local needs no secrets: it has known ones")
    refuse_others(environment, directory)
    folder = directory / NEXT
    statements = folder / STATEMENTS
    if statements.exists():
        say(f"Going on with the passwords in {NEXT}, which an interrupted run has left")
        return statements
    wanted = _names(environment)
    new = {name: secrets.token_urlsafe(RANDOM_BYTES) for name in PASSWORDS if name in wanted}
    server = DIRECT if environment is Environment.PRODUCTION else DATABASE
    dependents = {
        "database_owner_url": database_user_url(OWNER, new["db_owner_password"], server),
        "pgbouncer_users": pooler_user(new.get("db_pooler_password", "")),
    }
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, content in (new | dependents).items():
        if name in wanted:
            write(folder / name, content)
    write(statements, _statements(new), mode=0o600)
    return statements


def take_over(directory: Path) -> list[str]:
    """Put the new passwords in the old ones' place; the names of the files that were written.

    Raises:
        LocalError: there are no new ones.
    """
    folder = directory / NEXT
    if not (folder / STATEMENTS).exists():
        raise LocalError(f"There is nothing in {folder}: begin without --finish")
    names = sorted(path.name for path in folder.iterdir() if path.name in WRITTEN)
    for name in names:
        write_over(directory / name, (folder / name).read_text(encoding="utf-8"))
    (folder / STATEMENTS).unlink()
    shutil.rmtree(folder)
    return names


def _names(environment: Environment) -> frozenset[str]:
    """The files that a renewal writes over."""
    left_out = frozenset() if environment is Environment.PRODUCTION else ONLY_PRODUCTIONS
    if environment is Environment.DEVELOPMENT:
        left_out |= ONLY_WATCHED
    return WRITTEN - left_out


def _statements(passwords: dict[str, str]) -> str:
    """Base64 letters, which SQL takes as they are; by the names of `PASSWORDS`."""
    changes = [
        f"ALTER ROLE {PASSWORDS[name]} PASSWORD '{password}';\n"
        for name, password in passwords.items()
        if name != NO_LOGIN
    ]
    return BEFORE + "".join(changes) + AFTER
