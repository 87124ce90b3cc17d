"""A database with a past: one store with many orders, and many stores with a few.

Nothing here asserts a time: what a query reads is counted, and that is the same on any machine.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy
from pydantic import SecretStr

from app.core.config import Settings
from app.main import create_app
from bench.filling import Filling
from bench.history import FIRST, Past, remember
from bench.menus import plain_menu
from bench.numbers import ITEM, STAFF, STORE, made
from tests.plans.watching import Watched
from tests.support.database import TEMPLATE_VARIABLE, database
from tests.support.server import live_server
from tests.support.shops import Shop

LARGE, ORDERS = 1, 100_000
SMALL, FEW = range(2, 42), 500
TABLES, ITEMS, OPEN_ORDERS = 40, 100, 3
RARE, GONE, NEVER_USED = ITEMS + 1, ITEMS + 2, TABLES + 1
"""An item that was sold three times, one that has not been sold for a year, and a table."""
ACTOR = made(STAFF, 99)
"""Who has done little of what the audit log tells."""
UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def past_url(server_url: str) -> Iterator[str]:
    """A database of its own, so that other tests don't have to read past all of it."""
    name = f"table_order_past_{uuid4().hex[:12]}"
    with database(server_url, name, os.environ[TEMPLATE_VARIABLE]) as url:
        _fill(url)
        yield url


def _fill(url: str) -> None:
    engine = sqlalchemy.create_engine(
        sqlalchemy.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sqlalchemy.NullPool
    )
    with engine.begin() as connection:
        menu = plain_menu(GONE)
        Filling(connection, LARGE).fill(tables=TABLES, menu=menu, orders=OPEN_ORDERS)
        for store in SMALL:
            Filling(connection, store).fill(tables=TABLES, menu=plain_menu(ITEMS))
    engine.dispose()
    with psycopg.connect(url, autocommit=True) as connection:
        remember(connection, Past([LARGE], ORDERS, UNTIL, TABLES, ITEMS))
        remember(connection, Past(SMALL, FEW, UNTIL, TABLES, ITEMS))
        _sell_otherwise(connection)
        _write_down(connection)
        # As where each store has items and tables of its own: the planner thinks any one is rare.
        for table, column in (("order_lines", "item_id"), ("orders", "table_id")):
            connection.execute(
                f"ALTER TABLE {table} ALTER {column} SET STATISTICS 0,"
                f" ALTER {column} SET (n_distinct = 50000)".encode()
            )
        connection.execute("VACUUM ANALYZE")


def _sell_otherwise(connection: psycopg.Connection[Any]) -> None:
    """Items that few orders have, or old ones only."""
    for item, first, last in ((RARE, 20_000, 20_002), (GONE, 100, 5_099)):
        orders = [made(11, FIRST + number) for number in (first, last)]
        connection.execute(
            "UPDATE order_lines SET item_id = %s WHERE store_id = %s AND position = 0"
            " AND order_id BETWEEN %s AND %s",
            [made(ITEM, item), made(STORE, LARGE), *orders],
        )


def _write_down(connection: psycopg.Connection[Any]) -> None:
    """An audit log of as many entries as there are orders: visits end, portions are cancelled,
    people sign in; every thousandth entry is of ACTOR, and three are of a role."""
    connection.execute(
        "INSERT INTO audit_entries (store_id, id, at, actor, action, target_kind, target_id,"
        " details) SELECT s, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')"
        "  || '7000' || lpad(to_hex(n), 16, '8'))::uuid, at,"
        " jsonb_build_object('kind', 'staff', 'name', 'x', 'id',"
        "  CASE WHEN n % 1000 = 500 THEN %(actor)s ELSE md5((n % 7)::text)::uuid::text END),"
        " CASE WHEN n BETWEEN 20000 AND 20002 THEN 'role-changed' WHEN n % 10 < 6"
        "  THEN 'session-closed' WHEN n % 10 < 8 THEN 'order-cancelled' ELSE 'signed-in' END,"
        " CASE WHEN n BETWEEN 20000 AND 20002 THEN 'role' WHEN n % 10 < 6 THEN 'session'"
        "  WHEN n % 10 < 8 THEN 'order' ELSE 'staff' END,"
        " md5(n::text)::uuid, '{}'"
        " FROM unnest(%(stores)s::uuid[], %(counts)s::int[]) p(s, entries),"
        " generate_series(1, entries) n,"
        " LATERAL (SELECT %(until)s::timestamptz - (entries - n) * interval '5 minutes') a(at)".replace(
            "n % ", "n %% "
        ),
        {
            "actor": str(ACTOR),
            "stores": [made(STORE, store) for store in (LARGE, *SMALL)],
            "counts": [ORDERS, *(FEW for _ in SMALL)],
            "until": UNTIL,
        },
    )


@pytest.fixture(scope="session")
def watched(past_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The large store behind the API, and what the database reads for it."""
    settings = Settings(database_url=SecretStr(past_url), data_dir=tmp_path_factory.mktemp("data"))
    app = create_app(settings)
    with live_server(app) as url:
        runtime = app.state.runtime
        shop = Shop(made(STORE, LARGE), "bench1", url, runtime, past_url)
        yield Watched(shop, runtime.database.engine.sync_engine, past_url)
        shop.close()
