"""`python -m tests.support.check_migrations`: what the migrations make is what the models say.

Goes down to nothing and up again first, so that every downgrade works too; and has a linter read
the statements of the newer ones for what would hold up a service that runs.
"""

import io
import subprocess
import sys
import sysconfig
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic import command
from tests.support import database as databases
from tests.support.migration import ROOT

FIRST_LINTED = "20261129_1120"
"""Those before were written without the linter, and have run."""


def main() -> None:
    """Raise when a revision fails, autogenerate would change anything, or the linter complains."""
    config = Config(ROOT / "alembic.ini")
    with databases.server() as server, databases.database(server, "table_order_check") as url:
        config.attributes["url"] = url
        command.upgrade(config, "head")
        command.downgrade(config, "base")
        command.upgrade(config, "head")
        command.check(config)
    complaints = lint(statements())
    if complaints:
        sys.exit(complaints)


def statements() -> str:
    """The SQL of the migrations that the linter reads, as an administrator would run it."""
    buffer = io.StringIO()
    config = Config(ROOT / "alembic.ini", output_buffer=buffer)
    config.attributes["url"] = "postgresql:///"
    first = ScriptDirectory.from_config(config).get_revision(FIRST_LINTED)
    command.upgrade(config, f"{first.down_revision}:head", sql=True)
    return buffer.getvalue()


def lint(sql: str) -> str:
    """What squawk says against these statements; empty when it has nothing to say."""
    program = Path(sysconfig.get_path("scripts")) / "squawk"
    done = subprocess.run(
        [program, "--config", ROOT / ".squawk.toml", "--stdin-filepath", "migrations.sql"],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or "it failed"


if __name__ == "__main__":
    main()
