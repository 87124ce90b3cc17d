"""What an item costs at an instant: its price, what was planned to follow it, and happy hours.

Pure rules. A planned price holds from its instant on, in menus, quotes and orders alike, and no
job needs to have run. A happy hour goes before the price that holds otherwise; of several that
are open at once, the first in the list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.services.menu.dayparts import Opening, opening_of


@dataclass(frozen=True, slots=True)
class PlannedPrice:
    """From `starts_at` on (inclusive) the item costs `price`, in minor units."""

    starts_at: datetime
    price: int


@dataclass(frozen=True, slots=True)
class HappyHour:
    price: int
    opening: Opening


@dataclass(frozen=True, slots=True)
class PricePlan:
    """`planned` is in the order of time; `base` holds before the first of them."""

    base: int
    planned: tuple[PlannedPrice, ...] = ()
    happy_hours: tuple[HappyHour, ...] = ()

    def regular_at(self, now: datetime) -> int:
        """The price outside of happy hours."""
        price = self.base
        for one in self.planned:
            if one.starts_at <= now:
                price = one.price
        return price

    def at(self, now: datetime) -> int:
        """The price in force."""
        for happy in self.happy_hours:
            if happy.opening.open_at(now):
                return happy.price
        return self.regular_at(now)

    def coming(self, now: datetime) -> tuple[PlannedPrice, ...]:
        """What is planned and not yet in force."""
        return tuple(one for one in self.planned if one.starts_at > now)

    def next_change(self, now: datetime) -> datetime | None:
        """The next instant at which a planned price or a happy hour begins, or one ends."""
        changes = [happy.opening.next_change(now) for happy in self.happy_hours]
        changes += [one.starts_at for one in self.coming(now)[:1]]
        return min((change for change in changes if change is not None), default=None)


def plan_of(
    zone: str,
    base: int,
    schedule: Sequence[Mapping[str, Any]],
    happy_hours: Sequence[Mapping[str, Any]],
) -> PricePlan:
    """What is stored, read: `{starts_at, price}` in the order of time, and
    `{price, windows, exceptions}`."""
    return PricePlan(
        base,
        tuple(planned_price(one) for one in schedule),
        tuple(
            # What was stored before there were exceptions has none.
            HappyHour(one["price"], opening_of(zone, one["windows"], one.get("exceptions", ())))
            for one in happy_hours
        ),
    )


def planned_price(stored: Mapping[str, Any]) -> PlannedPrice:
    return PlannedPrice(datetime.fromisoformat(stored["starts_at"]), stored["price"])


def settled(
    base: int, schedule: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[int, list[dict[str, Any]]]:
    """The regular price that holds at `now`, and what of a stored schedule is yet to come.

    `schedule` is in the order of time; what has begun is folded into the price.
    """
    plan = PricePlan(base, tuple(planned_price(one) for one in schedule))
    began = len(plan.planned) - len(plan.coming(now))
    return plan.regular_at(now), [dict(one) for one in schedule[began:]]
