"""`python -m tests.support.check_migrations`: what the migrations make is what the models say.

Goes down to nothing and up again first, so that every downgrade works too.
"""

from alembic.config import Config

from alembic import command
from tests.support import database as databases
from tests.support.migration import ROOT


def main() -> None:
    """Raise when a revision fails, or autogenerate would change anything."""
    config = Config(ROOT / "alembic.ini")
    with databases.server() as server, databases.database(server, "table_order_check") as url:
        config.attributes["url"] = url
        command.upgrade(config, "head")
        command.downgrade(config, "base")
        command.upgrade(config, "head")
        command.check(config)


if __name__ == "__main__":
    main()
