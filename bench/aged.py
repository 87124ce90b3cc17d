"""What a past costs: the same requests in a young world and in one with many orders behind it.

Both are asked by the same 200 tablets of 20 stores; what differs is what else is in the tables.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from app.core.security.tokens import AccessTokens
from app.local.postgres import Cluster
from bench.history import Past, remember
from bench.menus import ITEMS
from bench.numbers import ORDERING, STORES, TABLE, TABLES, made
from bench.world import World, bearer, fill_stores, owner, prepared, tablet
from bench.wrk import Request

YOUNG_ORDERS, OLD_STORES = 10_000, 1_000
GROWING = (
    "table_sessions",
    "orders",
    "order_lines",
    "order_line_options",
    "line_cancellations",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of request: who asks it, and what the answer's status is."""

    requests: Callable[[World], list[Request]]
    status: int = 200


def _of_staff(path: str, **queries: str) -> Callable[[World], list[Request]]:
    """A request of every store's owner for every table; the path may name `{table}`."""
    query = "&".join(f"{name}={value}" for name, value in queries.items())

    def requests(world: World) -> list[Request]:
        tokens = AccessTokens(world.settings)
        return [
            Request(
                "GET",
                f"/api/v1{path}?{query}".rstrip("?").replace("{table}", str(made(TABLE, table))),
                bearer(tokens, owner(store)),
            )
            for table in range(1, TABLES + 1)
            for store in ORDERING
        ]

    return requests


def _of_tablets(path: str) -> Callable[[World], list[Request]]:
    def requests(world: World) -> list[Request]:
        tokens = AccessTokens(world.settings)
        return [
            Request("GET", f"/api/v1{path}", bearer(tokens, tablet(store, table)))
            for table in range(1, TABLES + 1)
            for store in ORDERING
        ]

    return requests


ASKED = {
    "order": Asked(World.orders, 201),
    "menu": Asked(_of_tablets("/menu")),
    "board": Asked(_of_staff("/tables/board")),
    "session": Asked(_of_staff("/tables/{table}/session")),
    "history": Asked(_of_staff("/orders", table_id="{table}", limit="20")),
}


@contextlib.contextmanager
def aged_world(orders: int) -> Iterator[World]:
    """A world with so many past orders: over 20 stores, or over 1,000 when there are many.

    Each store has ten tables with a party at each.
    """
    stores = range(1, (STORES if orders <= YOUNG_ORDERS else OLD_STORES) + 1)
    with (
        tempfile.TemporaryDirectory(prefix="bench") as folder,
        Cluster(Path(folder), dies_with_us=True) as cluster,
    ):
        world = prepared(cluster.url(), partial(fill_stores, stores=stores))
        _live_through(cluster.url(superuser=True), stores, orders)
        yield world


def _live_through(url: str, stores: range, orders: int) -> None:
    until = datetime.now(UTC) - timedelta(days=1)  # noqa: TID251 - before today's numbers
    past = Past(stores, max(orders // len(stores), 1), until, TABLES, ITEMS)
    with psycopg.connect(url, autocommit=True) as connection:
        # The rows refer to each other by construction; checking each would take most of the time.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '1GB'")
        with _indexed_afterwards(connection):
            remember(connection, past)
        connection.execute("VACUUM ANALYZE")


@contextlib.contextmanager
def _indexed_afterwards(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Build the indexes of the growing tables once they are full: a fraction of the time.

    Marked as not ready they are left alone, until they are built anew.
    """
    connection.execute(
        "UPDATE pg_index SET indisready = false, indisvalid = false"
        " WHERE indrelid = ANY(%s::regclass[])",
        [list(GROWING)],
    )
    yield
    for table in GROWING:
        connection.execute(sql.SQL("REINDEX TABLE {}").format(sql.Identifier(table)))
