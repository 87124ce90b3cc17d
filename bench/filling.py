"""The rows of the stores that are measured.

Ids are made of small numbers, so that the SQL references can name a row without looking it up. Two
stores may share the numbers of their tables: every key begins with the store.
"""

from collections.abc import Sequence
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
    SetChoice,
    SetSlot,
    SignIn,
    Staff,
    Store,
    StoreCounters,
    StoreDirectory,
    Table,
    TableSession,
)
from bench.menus import MenuRows, plain_menu
from bench.numbers import (
    DEVICE,
    ORDER,
    SESSION,
    SIGN_IN,
    STAFF,
    STORE,
    TABLE,
    made,
)

LANGUAGES = ("ko", "en")


class Filling:
    """One store's rows, written as their owner, whom row-level security lets into every store."""

    def __init__(self, connection: Connection, store: int) -> None:
        self._connection = connection
        self._store = made(STORE, store)
        self._code = f"bench{store}"
        # A real moment: the service compares expiries with its own clock.
        self._now = datetime.now(UTC)  # noqa: TID251 - nobody holds it still
        self._stamps = {"created_at": self._now, "updated_at": self._now, "version": 1}

    def fill(
        self,
        *,
        tables: int,
        menu: MenuRows | None = None,
        orders: int = 0,
        languages: Sequence[str] = LANGUAGES,
    ) -> None:
        """A store with so many `tables`, each with a tablet and a party that sent `orders`.

        Args:
            menu: what it sells; a plain menu of the dishes that are ordered by default.
        """
        self._open_store(list(languages))
        self._fill_menu(menu or plain_menu())
        self._seat(tables)
        self._take_orders(tables, orders)

    def _add(self, model: type[Model], rows: list[dict[str, Any]], *, stamped: bool = True) -> None:
        stamps = self._stamps if stamped else {}
        if rows:
            self._connection.execute(
                sqlalchemy.insert(model),
                [{"store_id": self._store, **stamps, **row} for row in rows],
            )

    def _open_store(self, languages: list[str]) -> None:
        store = {
            "code": self._code,
            "name": "한옥",
            "timezone": "Asia/Seoul",
            "currency": "KRW",
            "default_language": languages[0],
            "languages": languages,
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

    def _fill_menu(self, menu: MenuRows) -> None:
        self._add(Category, menu.categories)
        self._add(OptionGroup, menu.groups)
        self._add(Option, menu.options)
        self._add(Item, menu.items)
        self._add(ItemOptionGroup, menu.links, stamped=False)
        self._add(SetSlot, menu.slots)
        self._add(SetChoice, menu.choices, stamped=False)

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
