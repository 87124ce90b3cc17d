"""Migrations lead to what the models say, back again, and there from every kind of server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import RFC_4122, UUID, uuid4

import psycopg
import pytest
import sqlalchemy
from alembic.script import ScriptDirectory
from psycopg import sql

from app.core import clock
from app.core.health import newest_revision
from app.core.ids import uuid7
from app.local.postgres import Cluster
from app.models import Model
from tests.support import migration
from tests.support.database import QUICK, database, with_database

Connection = psycopg.Connection[tuple[Any, ...]]

# As PostgreSQL prints them, so that two ways to write one rule compare equal.
STRUCTURE = {
    "columns": "SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype NOT IN ('n', 't')",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "storage": "SELECT relname, reloptions::text FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
}


def structure(url: str) -> dict[str, set[tuple[Any, ...]]]:
    """Columns, constraints, indexes and storage options of all tables but Alembic's own."""
    with psycopg.connect(url) as connection:
        return {
            kind: {row for row in connection.execute(query.encode()) if row[0] != "alembic_version"}
            for kind, query in STRUCTURE.items()
        }


def left_over(url: str) -> list[tuple[Any, ...]]:
    """What a migration made and none took away: tables, functions, types."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT 'relation', relname FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relname !~ '^alembic_version'"
            " UNION ALL SELECT 'function', proname FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace"
        ).fetchall()


@pytest.fixture
def empty(server_url: str) -> Iterator[str]:
    with database(server_url, f"table_order_empty_{uuid4().hex[:12]}") as url:
        yield url


def test_no_migration_is_missing(database_url: str) -> None:
    migration.check(database_url)


def test_models_and_migrations_make_the_same_tables(database_url: str, empty: str) -> None:
    """`alembic check` compares neither CHECK constraints nor index conditions."""
    engine = sqlalchemy.create_engine(
        sqlalchemy.make_url(empty).set(drivername="postgresql+psycopg"),
        poolclass=sqlalchemy.NullPool,
    )
    Model.metadata.create_all(engine)
    engine.dispose()
    made, modelled = structure(database_url), structure(empty)
    for kind, rows in made.items():
        assert rows == modelled[kind], kind


def test_every_step_can_be_taken_back_and_again(database_url: str, empty: str) -> None:
    revisions = [
        script.revision
        for script in ScriptDirectory.from_config(migration.configuration(empty)).walk_revisions()
    ]
    for revision in reversed(revisions):
        migration.upgrade(empty, revision)
        migration.downgrade(empty, "-1")
        migration.upgrade(empty, revision)
    assert structure(empty) == structure(database_url)
    migration.downgrade(empty)
    assert left_over(empty) == []
    migration.upgrade(empty)
    assert structure(empty) == structure(database_url)


def _add_store(connection: Connection, store: UUID, code: str) -> None:
    connection.execute(
        "INSERT INTO stores (store_id, code, name, timezone, currency, default_language,"
        " languages, business_day_start, ordering_paused, settlement_required, created_at,"
        " updated_at, version) VALUES (%s, %s, 'A store', 'Asia/Seoul', 'KRW', 'ko', '{ko}',"
        " '05:00', false, false, now(), now(), 1)",
        (store, code),
    )


def test_of_items_with_one_reference_the_first_keeps_it(empty: str) -> None:
    migration.upgrade(empty, "20261129_2230")
    migration.downgrade(empty, "-1")
    stores = [uuid4(), uuid4()]
    items = [(store, uuid7()) for store in stores for _ in range(3)]
    with psycopg.connect(empty) as connection:
        for number, store in enumerate(stores):
            _add_store(connection, store, f"store-{number}")
            connection.execute(
                "INSERT INTO categories (store_id, id, names, position, created_at, updated_at,"
                " version) VALUES (%s, %s, '{}', 0, now(), now(), 1)",
                (store, store),
            )
        for number, (store, item) in enumerate(items):
            connection.execute(
                "INSERT INTO items (store_id, id, category_id, names, price, tax_class, allergens,"
                " tags, position, availability, external_ref, archived_at, created_at, updated_at,"
                " version) VALUES (%s, %s, %s, '{}', 1, 'standard', '{}', '{}', 0, 'available',"
                " 'R1', %s, now(), now(), 1)",
                (store, item, store, clock.now() if number == 0 else None),
            )
    migration.upgrade(empty, "20261129_2230")
    with psycopg.connect(empty) as connection:
        found = connection.execute("SELECT external_ref, version FROM items ORDER BY id").fetchall()
    # The first one is archived, and nobody minds.
    assert found == [("R1", 1), ("R1", 1), (None, 2), ("R1", 1), (None, 2), (None, 2)]


def test_stores_that_are_there_get_a_list_of_what_can_be_asked_for(empty: str) -> None:
    migration.upgrade(empty, "20261129_1040")
    migration.downgrade(empty, "-1")
    stores = [uuid4(), uuid4()]
    with psycopg.connect(empty) as connection:
        for number, store in enumerate(stores):
            _add_store(connection, store, f"store-{number}")
    migration.upgrade(empty, "20261129_1040")
    with psycopg.connect(empty) as connection:
        found = connection.execute(
            "SELECT store_id, id, code, names FROM service_request_types ORDER BY position"
        ).fetchall()
    for store in stores:
        given = [row[2] for row in found if row[0] == store]
        assert given == ["water", "cutlery", "plate", "wet-wipe", "napkin", "staff", "bill"]
    assert {tuple(sorted(row[3])) for row in found} == {("en", "ja", "ko", "zh-Hans")}
    assert found[0][3]["ko"] == "물"
    ids = [row[1] for row in found]
    assert len(set(ids)) == len(ids) == len(found)
    assert {(made.version, made.variant) for made in ids} == {(7, RFC_4122)}


def test_migrations_import_nothing_from_the_service() -> None:
    """They are history; the service changes."""
    importing = [
        path.name
        for path in (migration.ROOT / "alembic" / "versions").glob("*.py")
        if "from app" in (text := path.read_text()) or "import app" in text
    ]
    assert importing == []


def test_migrations_have_one_head() -> None:
    scripts = ScriptDirectory(str(migration.ROOT / "alembic"))
    assert scripts.get_heads() == [newest_revision()]


# -- servers of other kinds ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fresh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server on which none of the service's roles exist: roles belong to the whole server."""
    programs = os.environ.get("TEST_POSTGRES", "embedded")
    with Cluster(
        tmp_path_factory.mktemp("fresh") / "server",
        binaries=None if programs == "embedded" else Path(programs),
        options=QUICK,
        dies_with_us=True,
    ) as cluster:
        yield cluster


@pytest.fixture
def superuser(fresh_server: Cluster) -> Iterator[Connection]:
    """The server's administrator; afterwards the service's roles are gone again."""
    with psycopg.connect(
        fresh_server.url("postgres", superuser=True), autocommit=True
    ) as connection:
        yield connection
        for (name,) in connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'shop%'"
        ).fetchall():
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )
        for (name,) in connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname ~ '^table_order_|^shop_'"
        ).fetchall():
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def as_role(url: str, name: str, password: str) -> str:
    """The same server and database, another login."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{name}:{quote(password)}@{host}"))


def serves(url: str) -> bool:
    """Whether the API's connection works: it becomes its role, which sees no row of any store."""
    with psycopg.connect(url, options="-c role=table_order_app") as connection:
        row = connection.execute(
            "SELECT current_user, (SELECT count(*) FROM stores),"
            " (SELECT count(*) FROM event_heads('{}'))"
        ).fetchone()
    return row == ("table_order_app", 0, 0)


def run_alembic(url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=migration.ROOT,
        env={**os.environ, "DATABASE_OWNER_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
def test_a_superuser_may_migrate(fresh_server: Cluster, superuser: Connection) -> None:
    superuser.execute("CREATE DATABASE shop")
    url = fresh_server.url("shop", superuser=True)
    migration.upgrade(url)
    assert serves(url)
    migration.downgrade(url)
    assert left_over(url) == []


@pytest.mark.slow
def test_databases_of_one_server_may_be_migrated_at_once(
    fresh_server: Cluster, superuser: Connection
) -> None:
    """Roles and their settings are shared: each run finds them half made by the others."""
    names = ["shop_1", "shop_2", "shop_3"]
    for name in names:
        superuser.execute(
            sql.SQL("CREATE DATABASE {} OWNER table_order").format(sql.Identifier(name))
        )
    runs = [run_alembic(fresh_server.url(name)) for name in names]
    outputs = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], "\n".join(outputs)
    assert all(serves(fresh_server.url(name)) for name in names)


@pytest.mark.slow
def test_two_deployments_of_one_database_take_turns(
    fresh_server: Cluster, superuser: Connection
) -> None:
    superuser.execute("CREATE DATABASE shop OWNER table_order")
    url = fresh_server.url("shop")
    runs = [run_alembic(url) for _ in range(2)]
    outputs = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], "\n".join(outputs)
    assert serves(url)


@pytest.mark.slow
def test_roles_made_beforehand_are_kept_as_they_are(
    fresh_server: Cluster, superuser: Connection
) -> None:
    """An administrator made them: the API's is a login, and the owner may make no roles at all."""
    superuser.execute("CREATE ROLE table_order_app LOGIN PASSWORD 'of-the-api'")
    superuser.execute("CREATE ROLE table_order_readonly NOLOGIN")
    superuser.execute("CREATE ROLE table_order_backup NOLOGIN")
    superuser.execute("CREATE ROLE shop_owner LOGIN PASSWORD 'of-the-owner'")
    superuser.execute("CREATE DATABASE shop OWNER shop_owner")
    base = fresh_server.url("shop")
    migration.upgrade(as_role(base, "shop_owner", "of-the-owner"))
    assert serves(as_role(base, "table_order_app", "of-the-api"))
    row = superuser.execute(
        "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'table_order_app'"
    ).fetchone()
    assert row == (True,)


@pytest.mark.slow
def test_the_apis_role_has_short_time_outs(fresh_server: Cluster, superuser: Connection) -> None:
    superuser.execute("CREATE DATABASE shop OWNER table_order")
    migration.upgrade(with_database(fresh_server.url(), "shop"))
    row = superuser.execute(
        "SELECT rolconfig FROM pg_roles WHERE rolname = 'table_order_app'"
    ).fetchone()
    assert row is not None
    assert set(row[0]) == {
        "lock_timeout=2s",
        "statement_timeout=5s",
        "idle_in_transaction_session_timeout=10s",
    }
