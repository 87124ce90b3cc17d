"""Telling that the clock has changed a menu: a daypart or a happy hour has begun or ended, or a
planned price taken effect.

Menus, quotes and orders ask with the instant, so they are right without this: it is for those who
listen. One `menu.changed` tells all that a boundary changes in a store, and boundaries that nobody
told while every worker was away are told together. Each start of a planned price is audited.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from app.core.database import Database
from app.core.jobs import Turns
from app.models.menu import Availability
from app.repositories.menu_clock import MenuClockRepository, stores_with_due_clocks
from app.services.menu.dayparts import Opening, opening_of
from app.services.menu.journal import MenuJournal, TheService
from app.services.pricing.price_plan import PlannedPrice, PricePlan, plan_of

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class TimedItem:
    """What the clock may change of an item: whether it is served, and its price."""

    id: UUID
    hidden: bool
    opening: Opening
    prices: PricePlan

    def at(self, now: datetime) -> tuple[bool, int, int]:
        """What guests see of it: both prices, since a happy hour's stands beside the regular one."""
        return self.opening.open_at(now), self.prices.at(now), self.prices.regular_at(now)

    def started(self, since: datetime, now: datetime) -> list[tuple[int, PlannedPrice]]:
        """The planned prices that took effect after `since`, each with the price before it."""
        steps = (one for one in self.prices.planned if since < one.starts_at <= now)
        return [(self.prices.regular_at(one.starts_at - INSTANT), one) for one in steps]


def changed_between(items: Iterable[TimedItem], since: datetime, now: datetime) -> list[UUID]:
    """The items that are another thing to guests at `now` than they were at `since`."""
    return [one.id for one in items if not one.hidden and one.at(since) != one.at(now)]


def next_due(items: Sequence[TimedItem], now: datetime) -> datetime | None:
    """The next instant after `now` at which the clock changes any of them, None if it never does.

    Hidden ones count too: when one is shown again, nothing else would tell that it is due.
    """
    openings = {id(one.opening): one.opening for one in items}
    changes = [opening.next_change(now) for opening in openings.values()]
    changes += [one.prices.next_change(now) for one in items]
    return min((change for change in changes if change is not None), default=None)


def timed_items(rows: Sequence[Any], zone: str) -> list[TimedItem]:
    """The rows of `MenuClockRepository.timed_items`, read; equal times are one object."""
    openings: dict[bytes, Opening] = {}

    def opening(*plans: list[dict[str, Any]]) -> Opening:
        key = orjson.dumps(plans)
        if key not in openings:
            served, own = opening_of(zone, *plans[:2]), opening_of(zone, *plans[2:])
            openings[key] = Opening(served.hours + own.hours)
        return openings[key]

    return [
        TimedItem(
            row.id,
            row.availability == Availability.HIDDEN,
            opening(
                row.category_dayparts,
                row.category_exceptions,
                row.dayparts,
                row.daypart_exceptions,
            ),
            plan_of(zone, row.price, row.price_schedule, row.happy_hours),
        )
        for row in rows
    ]


async def publish_clocks(database: Database, now: datetime) -> int:
    """Tell everything that the clock has changed up to `now`; in how many stores there was such.

    What another worker tells in this moment, or somebody edits, is left to the next look.

    Raises: what went wrong in a store, once the others had their turn.
    """
    turns, published = Turns(), 0
    for store_id in await stores_with_due_clocks(database, now):
        with turns.of(store_id):
            published += await _publish_store(database, store_id, now)
    turns.end()
    return published


async def _publish_store(database: Database, store_id: UUID, now: datetime) -> bool:
    async with database.transaction(store_id) as unit:
        clocks = MenuClockRepository(unit, await unit.session(), store_id)
        seen = await clocks.state()
        if seen is None or seen.due_at is None or seen.due_at > now:
            return False
        items = timed_items(await clocks.timed_items(), seen.timezone)
        if not await clocks.claim(seen, now, next_due(items, now)):
            return False
        journal = MenuJournal(unit, TheService())
        for item in items:
            for before, step in item.started(seen.told_until, now):
                await journal.planned_price_started(item.id, before, step)
        changed = changed_between(items, seen.told_until, now)
        if changed:
            journal.clock_struck(changed)
        return bool(changed)
