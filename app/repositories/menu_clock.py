"""Where the clock changes menus: found in all stores, told in one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, update

from app.core.database import Database
from app.models.menu import Category, Item
from app.models.store import MenuClock, Store, StoreCounters
from app.repositories.base import Repository, held

WITH_DUE_CLOCKS = "SELECT stores_with_due_clocks(%s)"


async def stores_with_due_clocks(database: Database, now: datetime) -> list[UUID]:
    """The stores whose clock is due at `now`; one look-up in an index."""
    row = await database.call(WITH_DUE_CLOCKS, (now,))
    return list(row[0])


@dataclass(frozen=True, slots=True)
class ClockState:
    """What is told of the clock in a store, and the menu of which that holds."""

    told_until: datetime
    due_at: datetime | None
    catalog_version: int
    timezone: str


class MenuClockRepository(Repository):
    async def state(self) -> ClockState | None:
        """Read before `timed_items`: what changes in between belongs to a later version."""
        query = (
            select(
                MenuClock.told_until,
                MenuClock.due_at,
                StoreCounters.catalog_version,
                Store.timezone,
            )
            .join(StoreCounters, StoreCounters.store_id == MenuClock.store_id)
            .join(Store, Store.store_id == MenuClock.store_id)
            .where(MenuClock.store_id == self.store_id)
        )
        found = (await self._session.execute(query)).one_or_none()
        return ClockState(*found) if found else None

    async def timed_items(self) -> Sequence[Row[Any]]:
        """The live items that the clock may change, with their plans and those of the category."""
        own = (Item.dayparts, Item.daypart_exceptions, Item.price_schedule, Item.happy_hours)
        shared = (Category.dayparts, Category.daypart_exceptions)
        query = (
            select(
                Item.id,
                Item.price,
                Item.availability,
                *own,
                Category.dayparts.label("category_dayparts"),
                Category.daypart_exceptions.label("category_exceptions"),
            )
            .join(
                Category, (Category.store_id == Item.store_id) & (Category.id == Item.category_id)
            )
            .where(
                Item.store_id == self.store_id,
                Item.archived_at.is_(None),
                Category.archived_at.is_(None),
                or_(*(plan != [] for plan in (*own, *shared))),
            )
            .order_by(Category.position, Category.id, Item.position, Item.id)
        )
        return (await self._session.execute(query)).all()

    async def claim(self, seen: ClockState, now: datetime, due_at: datetime | None) -> bool:
        """Say that all up to `now` is told and what is due next, if nothing changed since `seen`.

        Edits take the counter before they mark the clock, so it is taken first here as well.
        """
        counter = select(StoreCounters.catalog_version).where(
            StoreCounters.store_id == self.store_id
        )
        if await self._session.scalar(held(counter)) != seen.catalog_version:
            return False
        told = (
            update(MenuClock)
            .where(
                MenuClock.store_id == self.store_id,
                MenuClock.told_until == seen.told_until,
                MenuClock.due_at == seen.due_at,
            )
            .values(told_until=now, due_at=due_at)
            .returning(MenuClock.store_id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(told) is not None
