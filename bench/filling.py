"""One store's rows: a menu, tables with tablets, and parties that have ordered.

Ids are made of small numbers, so that the SQL references can name a row without looking it up. Two
stores may share the numbers of their tables: every key begins with the store.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy.engine import Connection

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

LANGUAGES = ["ko", "en"]

STORE, TABLE, SESSION, ITEM, OPTION, GROUP, CATEGORY, STAFF, DEVICE, SIGN_IN, ORDER = range(1, 12)


def made(kind: int, number: int) -> UUID:
    """The id of row `number` of a kind; `order.sql` builds the same text."""
    return UUID(f"{number:08x}-{kind:04x}-7000-8000-000000000000")


class Filling:
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
