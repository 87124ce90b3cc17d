"""What is measured against: a PostgreSQL of its own, migrated, with stores, menus and guests.

Ids are made of small numbers, so that the SQL references can name a row without looking it up. Two
stores may share the numbers of their tables: every key begins with the store.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy
from alembic.config import Config
from sqlalchemy.engine import Connection

from alembic import command
from app.core.config import Settings
from app.core.security.permissions import Role
from app.core.security.principals import Principal, PrincipalKind
from app.core.security.tokens import AccessTokens
from app.local.postgres import Cluster
from app.models import (
    Category,
    Device,
    Item,
    ItemOptionGroup,
    Model,
    Option,
    OptionGroup,
    Order,
    SignIn,
    Staff,
    Store,
    StoreCounters,
    StoreDirectory,
    Table,
    TableSession,
)
from bench.wrk import UNIQUE, Request

ROOT = Path(__file__).resolve().parent.parent
STORES, TABLES = 20, 10
LARGE, BUSY = 101, 102
LARGE_TABLES, LARGE_MENU, ORDER_LINES = 100, 100, 3
BUSY_ORDERS = 20
LISTENERS, CALM = 15, 1000
TOKEN_SECONDS = 3600
LANGUAGES = ["ko", "en"]

STORE, TABLE, SESSION, ITEM, OPTION, GROUP, CATEGORY, STAFF, DEVICE, SIGN_IN, ORDER = range(1, 12)


def made(kind: int, number: int) -> UUID:
    """The id of row `number` of a kind; `order.sql` builds the same text."""
    return UUID(f"{number:08x}-{kind:04x}-7000-8000-000000000000")


@dataclass(frozen=True, slots=True)
class World:
    """A database ready to be measured: its URL, and the service's environment and tokens."""

    url: str
    env: dict[str, str]
    settings: Settings = field(repr=False)

    def orders(self) -> list[Request]:
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
                    **_bearer(tokens, _tablet(store, table)),
                    "Content-Type": "application/json",
                    "Idempotency-Key": UNIQUE,
                },
                body,
            )
            for table in range(1, TABLES + 1)
            for store in range(1, STORES + 1)
        ]

    def streams(self, count: int) -> list[Request]:
        """So many event streams: 15 in each store that takes orders, the others where all is calm."""
        tokens = AccessTokens(self.settings)
        busy = [(store, place) for store in range(1, STORES + 1) for place in range(LISTENERS)]
        calm = [(CALM + place // LISTENERS, place) for place in range(count - len(busy))]
        return [
            Request("GET", "/api/v1/events/stream", _bearer(tokens, _cook(store, place)))
            for store, place in (*busy, *calm)
        ]

    def menu(self, etag: str = "") -> Request:
        """The menu of 100 items as a tablet asks for it, compressed; with `etag`, if it changed."""
        headers = _bearer(AccessTokens(self.settings), _tablet(LARGE, 1))
        headers["Accept-Encoding"] = "gzip"
        return Request("GET", "/api/v1/menu", headers | ({"If-None-Match": etag} if etag else {}))

    def board(self, store: int) -> Request:
        """The staff screen of all tables of a store."""
        return Request(
            "GET", "/api/v1/tables/board", _bearer(AccessTokens(self.settings), _owner(store))
        )


@contextlib.contextmanager
def world() -> Iterator[World]:
    """A fresh database under a temporary folder, gone when the block ends."""
    with (
        tempfile.TemporaryDirectory(prefix="bench") as folder,
        Cluster(Path(folder), dies_with_us=True) as cluster,
    ):
        url = cluster.url()
        config = Config(str(ROOT / "alembic.ini"))
        config.attributes["url"] = url
        command.upgrade(config, "head")
        _seed(url)
        env = {
            "ENVIRONMENT": "local",
            "DATABASE_URL": url,
            "LOG_LEVEL": "WARNING",
            "RATE_LIMIT_PER_MINUTE": "1000000000",  # counted like any other, never reached
            "ACCESS_TOKEN_TTL": str(TOKEN_SECONDS),
        }
        yield World(url, env, Settings(access_token_ttl=TOKEN_SECONDS))


def _tablet(store: int, table: int) -> Principal:
    return Principal(
        PrincipalKind.TABLET,
        made(STORE, store),
        made(DEVICE, table),
        f"Tablet {table}",
        made(SIGN_IN, table),
        LANGUAGES[0],
        table_id=made(TABLE, table),
    )


def _owner(store: int) -> Principal:
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


def _bearer(tokens: AccessTokens, principal: Principal) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.issue(principal)[0]}"}


def _seed(url: str) -> None:
    """Fill the tables as their owner, whom row-level security lets into every store."""
    engine = sqlalchemy.create_engine(
        sqlalchemy.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sqlalchemy.NullPool
    )
    with engine.begin() as connection:
        for store in range(1, STORES + 1):
            _Filling(connection, store).fill(tables=TABLES, items=2 * ORDER_LINES, orders=0)
        _Filling(connection, LARGE).fill(tables=LARGE_TABLES, items=LARGE_MENU, orders=0)
        _Filling(connection, BUSY).fill(tables=LARGE_TABLES, items=LARGE_MENU, orders=BUSY_ORDERS)
    # Outside a transaction: without statistics the first plans would be guesses.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


class _Filling:
    """One store's rows."""

    def __init__(self, connection: Connection, store: int) -> None:
        self._connection = connection
        self._store = made(STORE, store)
        self._code = f"bench{store}"
        # A real moment: the service compares expiries with its own clock.
        self._now = datetime.now(UTC)  # noqa: TID251
        self._stamps = {"created_at": self._now, "updated_at": self._now, "version": 1}

    def fill(self, *, tables: int, items: int, orders: int) -> None:
        """A store with so many `tables`, each with a tablet and a party that sent `orders`."""
        self._open_store()
        self._fill_menu(items)
        self._seat(tables)
        self._take_orders(tables, orders)

    def _add(self, model: type[Model], rows: list[dict[str, Any]], *, stamped: bool = True) -> None:
        stamps = self._stamps if stamped else {}
        if rows:
            self._connection.execute(
                sqlalchemy.insert(model),
                [{"store_id": self._store, **stamps, **row} for row in rows],
            )

    def _open_store(self) -> None:
        store = {
            "code": self._code,
            "name": "한옥",
            "timezone": "Asia/Seoul",
            "currency": "KRW",
            "default_language": LANGUAGES[0],
            "languages": LANGUAGES,
            "business_day_start": time(5),
            "ordering_paused": False,
            "settlement_required": False,
        }
        self._add(Store, [store])
        self._add(StoreDirectory, [{"code": self._code}], stamped=False)
        self._add(StoreCounters, [{}], stamped=False)
        owner = {
            "id": made(STAFF, 1),
            "username": "owner",
            "display_name": "Owner",
            "role": "owner",
            "password_hash": "!",  # nobody signs in with it
            "must_change_password": False,
            "active": True,
        }
        self._add(Staff, [owner])
        self._add(SignIn, [self._sign_in(0, "staff", staff_id=made(STAFF, 1), device_id=None)])

    def _sign_in(self, number: int, kind: str, **subject: UUID | None) -> dict[str, Any]:
        return {
            "id": made(SIGN_IN, number),
            "kind": kind,
            **subject,
            "expires_at": self._now + timedelta(days=1),
            "last_used_at": self._now,
        }

    def _fill_menu(self, count: int) -> None:
        categories = [
            {"id": made(CATEGORY, n), "names": _names("분류", "Category", n), "position": n}
            for n in range(1, 11)
        ]
        self._add(Category, categories)
        group = {
            "id": made(GROUP, 1),
            "names": {"ko": "맵기", "en": "Spiciness"},
            "min_select": 0,
            "max_select": 2,
            "free_quota": 0,
            "position": 1,
        }
        self._add(OptionGroup, [group])
        options = [
            {
                "id": made(OPTION, n),
                "group_id": made(GROUP, 1),
                "names": _names("단계", "Level", n),
                "price": 500 * n,
                "max_quantity": 2,
                "is_default": False,
                "position": n,
                "allergens_added": [],
                "allergens_removed": [],
                "availability": "available",
            }
            for n in range(1, 4)
        ]
        self._add(Option, options)
        items = [
            {
                "id": made(ITEM, n),
                "category_id": made(CATEGORY, 1 + n % 10),
                "names": _names("김치찌개", "Kimchi stew", n),
                "descriptions": {
                    "ko": "묵은지와 돼지고기로 오래 끓인 찌개",
                    "en": "A stew of aged kimchi and pork, simmered for a long time",
                },
                "price": 9000 + 100 * n,
                "tax_class": "standard",
                "allergens": ["soybean"],
                "tags": ["spicy"],
                "position": n,
                "availability": "available",
            }
            for n in range(1, count + 1)
        ]
        self._add(Item, items)
        links = [{"item_id": row["id"], "group_id": made(GROUP, 1), "position": 1} for row in items]
        self._add(ItemOptionGroup, links, stamped=False)

    def _seat(self, count: int) -> None:
        numbers = range(1, count + 1)
        self._add(Table, [{"id": made(TABLE, n), "number": n, "capacity": 4} for n in numbers])
        devices = [
            {
                "id": made(DEVICE, n),
                "name": f"Tablet {n}",
                "kind": "table",
                "table_id": made(TABLE, n),
                "paired_at": self._now,
                "last_seen_at": self._now,
            }
            for n in numbers
        ]
        self._add(Device, devices)
        sign_ins = [
            self._sign_in(n, "device", staff_id=None, device_id=made(DEVICE, n)) for n in numbers
        ]
        self._add(SignIn, sign_ins)
        sessions = [
            {
                "id": made(SESSION, n),
                "table_id": made(TABLE, n),
                "status": "open",
                "guest_count": 2,
                "opened_at": self._now,
                "opened_by": {"kind": "system", "id": None, "name": "system"},
            }
            for n in numbers
        ]
        self._add(TableSession, sessions)

    def _take_orders(self, tables: int, each: int) -> None:
        """Orders without lines: the board adds up orders only."""
        orders = [
            {
                "id": made(ORDER, n),
                "number": n,
                "business_date": self._now.date(),
                "session_id": made(SESSION, 1 + n % tables),
                "table_id": made(TABLE, 1 + n % tables),
                "channel": "tablet",
                "status": ("pending", "preparing", "ready", "served")[n // tables % 4],
                "total": 18_000,
                "currency": "KRW",
                "placed_by": {"kind": "system", "id": None, "name": "system"},
            }
            for n in range(1, each * tables + 1)
        ]
        self._add(Order, orders)


def _names(korean: str, english: str, number: int) -> dict[str, str]:
    return {"ko": f"{korean} {number}", "en": f"{english} {number}"}
