"""How migrations reach the database: as the owner, one run at a time, giving way to traffic."""

import time

import sqlalchemy
from sqlalchemy.engine import make_url

from alembic import context
from app.core.config import get_settings
from app.models import Model

MIGRATION_LOCK = 7_340_021
LOCK_TIMEOUT = "5s"
LOOK_EVERY = 0.2


def database_url() -> sqlalchemy.URL:
    """The URL handed over by a caller, by `-x url=…`, or the owner's of the settings."""
    given = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True).get(
        "url"
    )
    return make_url(given or get_settings().owner_url).set(drivername="postgresql+psycopg")


def run_online() -> None:
    engine = sqlalchemy.create_engine(database_url(), poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        _take_turns(connection)
        connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        connection.commit()
        context.configure(
            connection=connection, target_metadata=Model.metadata, transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def _take_turns(connection: sqlalchemy.Connection) -> None:
    """Two deployments at once: the second waits here, then finds nothing to do.

    It asks again and again: a statement that waits is what CREATE INDEX CONCURRENTLY waits for.
    """
    asked = sqlalchemy.text(f"SELECT pg_try_advisory_lock({MIGRATION_LOCK})")
    while not connection.scalar(asked):
        connection.rollback()
        time.sleep(LOOK_EVERY)


def run_offline() -> None:
    context.configure(
        url=str(database_url()),
        target_metadata=Model.metadata,
        literal_binds=True,
        transaction_per_migration=True,
    )
    context.get_context().impl.static_output(f"SET lock_timeout = '{LOCK_TIMEOUT}';\n")
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
