"""Telling what time alone changes: what was sold out until a time has come back, a pause is over,
another calendar is in force; and, by `menu_clock`, what a daypart, a happy hour or a planned price
has changed.

Menus, quotes and orders ask the snapshot with the instant, so they are right without this: the
job is for those who listen. Every worker looks once a second, by three look-ups in indexes that are
nearly always empty; of a return, the row's lock decides which worker publishes, and the cleared
`until` that nobody does so again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.core import clock
from app.core.database import Database
from app.core.jobs import Turns, in_background, job_run
from app.models.menu import Availability, Item, Option
from app.repositories.menu import ItemRepository, OptionGroupRepository, OptionRepository
from app.repositories.menu_returns import ReturnsRepository, stores_with_returns
from app.repositories.store import StoreKeeper
from app.services.menu.clock import publish_clocks
from app.services.menu.journal import MenuJournal, TheService
from app.services.menu.outputs import availability_output
from app.services.store.clock import settle, store_at_table

LOOK_SECONDS = 1.0
AWAY_SECONDS = 5.0
"""How long to leave alone what has failed, such as a database that did not answer."""


@asynccontextmanager
async def publishing_changes(database: Database) -> AsyncIterator[None]:
    """Publish what time changes in menus, for as long as the block runs."""
    async with in_background(_keep_publishing(database), "menu-changes"):
        yield


async def _keep_publishing(database: Database) -> None:
    pause = LOOK_SECONDS
    while True:
        await asyncio.sleep(pause)
        try:
            with job_run("menu-changes"):
                try:
                    await publish_returns(database, clock.now())
                finally:
                    await publish_clocks(database, clock.now())
            pause = LOOK_SECONDS
        except Exception:  # noqa: BLE001 - whatever it was is told; the next look may succeed
            pause = AWAY_SECONDS


async def publish_returns(database: Database, now: datetime) -> int:
    """Publish everything that is due at `now`, each store in its transaction; how much it was.

    What another transaction holds at this moment is left to the next look.

    Raises: what went wrong in a store, once the others had their turn.
    """
    turns, published = Turns(), 0
    for store_id in await stores_with_returns(database, now):
        with turns.of(store_id):
            published += await _publish_store(database, store_id, now)
    turns.end()
    return published


async def _publish_store(database: Database, store_id: UUID, now: datetime) -> int:
    async with database.transaction(store_id) as unit:
        place = (unit, await unit.session(), store_id)
        settled = await _settle(StoreKeeper(*place), now)
        due, journal = ReturnsRepository(*place), MenuJournal(unit, TheService())
        items = await due.items(now)
        groups = await due.groups(now)
        options = await due.options(groups, now) if groups else []
        for item in items:
            _come_back("item", item, journal)
            await ItemRepository(*place).touch(item)
        for option in options:
            _come_back("option", option, journal)
            await OptionRepository(*place).touch(option)
        changed = {option.group_id for option in options}
        for group in groups:
            if group.id in changed:
                await OptionGroupRepository(*place).touch(group)
    return len(items) + len(options) + settled


async def _settle(stores: StoreKeeper, now: datetime) -> bool:
    """Tell that a pause is over, or that another zone or cut-off is in force."""
    store = await stores.claim()
    if store is None or not settle(store, now):
        return False
    await stores.touch(store)
    MenuJournal(stores.unit, TheService()).store_changed(store_at_table(store, now))
    return True


def _come_back(kind: Literal["item", "option"], row: Item | Option, journal: MenuJournal) -> None:
    """Write into the row what holds of it anyway, and tell it."""
    row.availability_by, row.availability_at = journal.actor, row.sold_out_until
    row.availability, row.sold_out_until = Availability.AVAILABLE, None
    journal.availability_changed(kind, row.id, availability_output(row))
