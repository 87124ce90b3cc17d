"""The commands and how their errors leave: one line for the operator, never a traceback.

Exit codes: 0 done, 1 the service or the machine said no, 2 the command line was wrong.
"""

import sys

import psycopg
import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from app.cli import (
    backups,
    database,
    demo,
    media,
    menu,
    openapi,
    password_renewal,
    pruning,
    rotation,
    run,
    secret_files,
    serve,
    staff,
    store,
)
from app.cli.console import complain
from app.core.errors import DomainError
from app.local.processes import LocalError

cli = typer.Typer(
    help="Operate the table order service. Settings come from the environment and .env.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.add_typer(store.cli, name="store")
cli.add_typer(staff.cli, name="staff")
cli.add_typer(menu.cli, name="menu")
cli.add_typer(backups.cli, name="db")
cli.add_typer(media.cli, name="media")
cli.add_typer(secret_files.cli, name="secrets")
secret_files.cli.command("renew-passwords")(password_renewal.renew_passwords_command)
database.cli.command("prune")(pruning.prune)
database.cli.command("rotate-password")(rotation.rotate)
cli.command("demo")(demo.load)
cli.command("openapi")(openapi.write)
cli.command("run")(run.serve)
cli.command("serve")(serve.serve)


def main() -> None:
    """Run the command that the arguments name; ends the process with its exit code."""
    try:
        cli(prog_name="python -m app.cli")
    except ValidationError as error:
        _end(2, *(_setting_problem(detail["loc"], detail["msg"]) for detail in error.errors()))
    except DomainError as error:
        _end(1, str(error))
    except LocalError as error:
        _end(1, str(error))
    except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
        _end(1, f"The database does not answer: {_first_line(error)} ({_way_out(error)})")
    except DBAPIError as error:
        _end(1, f"The database refused: {_first_line(error)} ({_way_out(error)})")
    except OSError as error:
        _end(1, str(error))
    except KeyboardInterrupt:
        _end(130, "Interrupted")


def _setting_problem(location: tuple[int | str, ...], message: str) -> str:
    name = ".".join(map(str, location)).upper()
    message = message.removeprefix("Value error, ")
    return f"{name}: {message}" if name else message


def _way_out(error: Exception) -> str:
    """An empty database lacks the role or the tables; otherwise it is the wrong one, or away."""
    if "does not exist" in _first_line(error):
        return "to make the schema: python -m app.cli db upgrade"
    return "see DATABASE_URL"


def _first_line(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return str(cause).strip().split("\n", 1)[0]


def _end(code: int, *lines: str) -> None:
    for line in lines:
        complain(line)
    sys.exit(code)
