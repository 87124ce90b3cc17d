"""A whole menu at once, as plain rows: for files, which read and write thousands of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, insert, null, select, text, update

from app.core.errors import BusyError
from app.models.menu import Category, Item, ItemOptionGroup, Option, OptionGroup
from app.models.menu_set import SetChoice, SetSlot
from app.models.store import StoreCounters
from app.repositories.base import Repository, held

Row = dict[str, Any]
TABLES: dict[str, Any] = {
    "category": Category,
    "item": Item,
    "option_group": OptionGroup,
    "option": Option,
}
"""In the order in which they are locked: from the whole to the part."""
_WRITTEN: dict[str, Any] = TABLES | {"set_slot": SetSlot}
TRIES, PAUSE_SECONDS = 200, 0.1
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('menu-import ' || :store, 0))")
_TAKE_TIME = text("SELECT set_config('idle_in_transaction_session_timeout', '60s', true)")
_NOT_SET_BY_HAND = {"store_id", "id", "created_at", "version"}


@dataclass(frozen=True, slots=True)
class MenuFileRows:
    """The live rows of each kind in display order, the links between items and groups, and what
    the slots of sets offer."""

    categories: Sequence[Row]
    items: Sequence[Row]
    groups: Sequence[Row]
    options: Sequence[Row]
    links: Sequence[Row]
    slots: Sequence[Row] = ()
    choices: Sequence[Row] = ()


class MenuFileRepository(Repository):
    async def take_time(self) -> None:
        """Let this transaction stand idle for a minute: thousands of rows are compared in it."""
        await self._session.execute(_TAKE_TIME)

    async def lock(self) -> None:
        """Wait for another import of the store to end; two of them would add everything twice.

        By asking again and again: an import may take longer than a statement may wait.

        Raises:
            BusyError: it takes very long.
        """
        for _ in range(TRIES):
            if await self._session.scalar(_LOCK, {"store": str(self.store_id)}):
                return
            await asyncio.sleep(PAUSE_SECONDS)
        raise BusyError

    async def version(self) -> int:
        """The catalog version now."""
        query = select(StoreCounters.catalog_version).where(StoreCounters.store_id == self.store_id)
        return int(await self._session.scalar(query) or 0)

    async def hold(self) -> dict[UUID, int | None]:
        """Lock the live menu against changes, but not against orders that refer to it.

        Slots and links change only with their item locked, so they need no locks of their own.

        Returns:
            What is left of the items and options, by id: orders take it without a new version.
        """
        left: dict[UUID, int | None] = {}
        for model in TABLES.values():
            table: Table = model.__table__
            stock = table.c.stock if "stock" in table.c else null()
            query = select(table.c.id, stock.label("stock")).where(
                table.c.store_id == self.store_id, table.c.archived_at.is_(None)
            )
            locked = held(query.order_by(table.c.id))
            left |= {row.id: row.stock for row in await self._session.execute(locked)}
        return left

    async def rows(self) -> MenuFileRows:
        """The live menu."""
        live = {kind: await self._live(model) for kind, model in TABLES.items()}
        return MenuFileRows(
            live["category"],
            live["item"],
            live["option_group"],
            live["option"],
            links=await self._joining(ItemOptionGroup, "group_id"),
            slots=await self._live(SetSlot),
            choices=await self._joining(SetChoice, "item_id"),
        )

    async def groups(self) -> Sequence[Row]:
        """The live option groups in display order."""
        return await self._live(OptionGroup)

    async def references(self) -> frozenset[str]:
        """What other systems call the live items."""
        query = select(Item.external_ref).where(
            Item.store_id == self.store_id,
            Item.archived_at.is_(None),
            Item.external_ref.is_not(None),
        )
        return frozenset(one for one in await self._session.scalars(query) if one is not None)

    async def pictures(self) -> dict[str, tuple[int, int]]:
        """What live items show, in both sizes: width and height in pixels, by digest."""
        query = select(Item.image).where(
            Item.store_id == self.store_id, Item.archived_at.is_(None), Item.image.is_not(None)
        )
        images = [image for image in await self._session.scalars(query) if image is not None]
        return {
            size["sha256"]: (size["width"], size["height"])
            for image in images
            for size in (image, image["thumbnail"])
        }

    async def _joining(self, model: Any, other: str) -> list[Row]:
        """The rows of a table that joins two others, each one's in order."""
        query = select(model.__table__).where(model.store_id == self.store_id)
        rows = [dict(row) for row in (await self._session.execute(query)).mappings()]
        return sorted(rows, key=lambda row: (row["position"], row[other]))

    async def _live(self, model: Any) -> list[Row]:
        table: Table = model.__table__
        query = select(table).where(
            table.c.store_id == self.store_id, table.c.archived_at.is_(None)
        )
        rows = [dict(row) for row in (await self._session.execute(query)).mappings()]
        return sorted(rows, key=lambda row: (row["position"], row["id"]))

    async def add(self, kind: str, rows: Sequence[Row], now: datetime) -> None:
        """New rows, in one batch: two thousand items take less than a second, checks and all."""
        own = {"store_id": self.store_id, "created_at": now, "updated_at": now, "version": 1}
        await self._batch(insert(_table(kind)), [own | row for row in rows])

    async def change(self, kind: str, rows: Sequence[Row], now: datetime) -> None:
        """Write these rows as they are given, each as its next version."""
        table = _table(kind)
        columns = [column.name for column in table.columns if column.name not in _NOT_SET_BY_HAND]
        statement = (
            update(table)
            .where(table.c.store_id == self.store_id, table.c.id == bindparam("row_id"))
            .values(
                {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
                | {"version": table.c.version + 1}
            )
        )
        await self._batch(
            statement,
            [
                {"row_id": row["id"]}
                | {f"new_{name}": row.get(name) for name in columns}
                | {"new_updated_at": now}
                for row in rows
            ],
        )

    async def replace_links(self, links: Mapping[UUID, Sequence[Row]]) -> None:
        """The items offer these groups from now on, and no others."""
        await self._replace(ItemOptionGroup.__table__, "item_id", links)

    async def replace_choices(self, choices: Mapping[UUID, Sequence[Row]]) -> None:
        """The slots offer these items from now on, and no others."""
        await self._replace(SetChoice.__table__, "slot_id", choices)

    async def _replace(self, table: Any, owner: str, rows: Mapping[UUID, Sequence[Row]]) -> None:
        owned = delete(table).where(
            table.c.store_id == self.store_id, table.c[owner].in_(list(rows))
        )
        if rows:
            await self._session.execute(owned)
        new = [{"store_id": self.store_id} | row for several in rows.values() for row in several]
        await self._batch(insert(table), new)

    async def _batch(self, statement: Any, rows: Sequence[Row]) -> None:
        if rows:
            connection = await self._session.connection()
            await connection.execute(statement, rows)


def _table(kind: str) -> Table:
    table: Table = _WRITTEN[kind].__table__
    return table
