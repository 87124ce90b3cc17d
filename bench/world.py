"""What is measured against: a PostgreSQL of its own, migrated, with stores, menus and guests.

What is in the stores: `filling.py` and `menus.py`. Here are the requests that are sent to them.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg
import sqlalchemy
from alembic.config import Config
from sqlalchemy.engine import Connection

from alembic import command
from app.core.config import Settings
from app.core.security.permissions import Role
from app.core.security.principals import Principal, PrincipalKind
from app.core.security.tokens import AccessTokens
from app.local.postgres import Cluster
from bench.filling import LANGUAGES, Filling
from bench.history import Past, remember
from bench.menus import ITEMS, RICH_LANGUAGES, plain_menu, rich_menu
from bench.numbers import (
    BUSY,
    CALM,
    DEVICE,
    HOT,
    ITEM,
    LARGE,
    OPTION,
    ORDERING,
    RICH,
    SIGN_IN,
    SPREAD,
    STAFF,
    STORE,
    TABLE,
    TABLES,
    VAST,
    made,
)
from bench.wrk import UNIQUE, Request

ROOT = Path(__file__).resolve().parent.parent
LARGE_TABLES, LARGE_MENU, VAST_MENU, ORDER_LINES = 100, 100, 2_000, 3
PAST_ORDERS = 500
BUSY_ORDERS = 20
LISTENERS = 15
TOKEN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class World:
    """A database ready to be measured: its URL, and the service's environment and tokens."""

    url: str
    env: dict[str, str]
    settings: Settings = field(repr=False)

    def orders(self, stores: Sequence[int] = ORDERING, tables: int = TABLES) -> list[Request]:
        """An order of three lines from the tablet of every table of the stores, in turn."""
        tokens = AccessTokens(self.settings)
        lines: list[dict[str, Any]] = [
            {"item_id": str(made(ITEM, number)), "quantity": 1 + number % 2}
            for number in range(1, ORDER_LINES + 1)
        ]
        lines[0]["options"] = [{"option_id": str(made(OPTION, 1))}]
        body = orjson.dumps({"lines": lines})
        return [
            Request(
                "POST",
                "/api/v1/orders",
                {
                    **bearer(tokens, tablet(store, table)),
                    "Content-Type": "application/json",
                    "Idempotency-Key": UNIQUE,
                },
                body,
            )
            for table in range(1, tables + 1)
            for store in stores
        ]

    def streams(self, count: int) -> list[Request]:
        """So many event streams: 15 in each store that takes orders, the others where all is calm."""
        tokens = AccessTokens(self.settings)
        busy = [(store, place) for store in ORDERING for place in range(LISTENERS)]
        calm = [(CALM + place // LISTENERS, place) for place in range(count - len(busy))]
        return [
            Request("GET", "/api/v1/events/stream", bearer(tokens, _cook(store, place)))
            for store, place in (*busy, *calm)
        ]

    def menu(self, store: int, etag: str = "") -> Request:
        """The menu as a tablet asks for it, compressed; with `etag`, if it changed."""
        headers = bearer(AccessTokens(self.settings), tablet(store, 1))
        headers["Accept-Encoding"] = "gzip"
        return Request("GET", "/api/v1/menu", headers | ({"If-None-Match": etag} if etag else {}))

    def menu_at(self, store: int) -> Request:
        """The menu of another hour, which the service makes anew for each who asks."""
        headers = bearer(AccessTokens(self.settings), owner(store))
        return Request("GET", "/api/v1/menu?at=2026-12-24T10:00:00Z", headers)

    def board(self, store: int) -> Request:
        """The staff screen of all tables of a store."""
        return Request(
            "GET", "/api/v1/tables/board", bearer(AccessTokens(self.settings), owner(store))
        )


@contextlib.contextmanager
def world() -> Iterator[World]:
    """A fresh database under a temporary folder, gone when the block ends.

    The stores that take orders have some behind them: to a table that is known as empty all indexes
    are as good, and a connection keeps its first plan for longer than a measurement lasts.
    """
    with (
        tempfile.TemporaryDirectory(prefix="bench") as folder,
        Cluster(Path(folder), dies_with_us=True) as cluster,
    ):
        made = prepared(cluster.url(), _fill)
        until = datetime.now(UTC) - timedelta(days=1)  # noqa: TID251 - before today's numbers
        with psycopg.connect(cluster.url(superuser=True), autocommit=True) as connection:
            remember(connection, Past(ORDERING, PAST_ORDERS, until, TABLES, ITEMS))
            connection.execute("VACUUM ANALYZE")
        yield made


def prepared(url: str, fill: Callable[[Connection], None]) -> World:
    """The database at `url`, migrated and filled as its owner, whom every store lets in."""
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["url"] = url
    command.upgrade(config, "head")
    engine = sqlalchemy.create_engine(
        sqlalchemy.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sqlalchemy.NullPool
    )
    with engine.begin() as connection:
        fill(connection)
    # Outside a transaction: without statistics the first plans would be guesses.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
    env = {
        "ENVIRONMENT": "local",
        "DATABASE_URL": url,
        "LOG_LEVEL": "WARNING",
        "RATE_LIMIT_PER_MINUTE": "1000000000",  # counted like any other, never reached
        "ACCESS_TOKEN_TTL": str(TOKEN_SECONDS),
    }
    return World(url, env, Settings(access_token_ttl=TOKEN_SECONDS))


def tablet(store: int, table: int) -> Principal:
    return Principal(
        PrincipalKind.TABLET,
        made(STORE, store),
        made(DEVICE, table),
        f"Tablet {table}",
        made(SIGN_IN, table),
        LANGUAGES[0],
        table_id=made(TABLE, table),
    )


def owner(store: int) -> Principal:
    return Principal(
        PrincipalKind.STAFF,
        made(STORE, store),
        made(STAFF, 1),
        "Owner",
        made(SIGN_IN, 0),
        LANGUAGES[0],
        role=Role.OWNER,
    )


def _cook(store: int, number: int) -> Principal:
    """Somebody whose screen shows all orders of a store; each has a sign-in of its own."""
    return Principal(
        PrincipalKind.STAFF,
        made(STORE, store),
        made(STAFF, 100 + number),
        "Cook",
        made(SIGN_IN, 1000 * store + number),
        LANGUAGES[0],
        role=Role.KITCHEN,
    )


def bearer(tokens: AccessTokens, principal: Principal) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.issue(principal)[0]}"}


def _fill(connection: Connection) -> None:
    fill_stores(connection, ORDERING)
    for store in SPREAD:
        Filling(connection, store).fill(tables=1)
    Filling(connection, HOT).fill(tables=len(SPREAD))
    menu = plain_menu(LARGE_MENU)
    Filling(connection, LARGE).fill(tables=LARGE_TABLES, menu=menu)
    Filling(connection, BUSY).fill(tables=LARGE_TABLES, menu=menu, orders=BUSY_ORDERS)
    for store, items in ((RICH, LARGE_MENU), (VAST, VAST_MENU)):
        menu = rich_menu(items)
        Filling(connection, store).fill(tables=1, menu=menu, languages=RICH_LANGUAGES)


def fill_stores(connection: Connection, stores: Iterable[int]) -> None:
    """Small stores, each with a party at every table, for the orders of three lines."""
    for store in stores:
        Filling(connection, store).fill(tables=TABLES)
