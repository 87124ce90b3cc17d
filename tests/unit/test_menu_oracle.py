"""Prices and option rules against a plain calculation that knows nothing of the code's own."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import ItemUnavailableError, OptionInvalidError
from app.services.menu.snapshot import Availability, GroupEntry, ItemEntry, MenuSnapshot
from app.services.pricing.basket_pricing import price_basket
from app.services.pricing.price_plan import plan_of
from app.services.pricing.set_pricing import WantedChoice
from tests.support.menus import NOW, SOLD_OUT, group, item, menu, option

ZONE = "Asia/Seoul"
NOON = NOW
"""Wednesday, 25 November 2026, noon in Seoul."""


@dataclass(frozen=True)
class Chosen:
    option_id: UUID
    quantity: int


@dataclass(frozen=True)
class Line:
    item_id: UUID
    quantity: int
    options: tuple[Chosen, ...]
    choices: tuple[WantedChoice, ...] = ()
    note: str | None = None
    seat: int | None = None


STOCKS = st.sampled_from([Availability(), Availability(stock=1), Availability(stock=9), SOLD_OUT])
OPTIONS = st.builds(
    lambda price, most, state: option(price, max_quantity=most, availability=state),
    st.integers(-3_000, 3_000),
    st.integers(1, 3),
    STOCKS,
)


@st.composite
def groups(draw: st.DrawFn) -> GroupEntry:
    least = draw(st.integers(0, 2))
    return group(
        *draw(st.lists(OPTIONS, min_size=1, max_size=3)),
        min_select=least,
        max_select=draw(st.integers(max(least, 1), 4)),
        free_quota=draw(st.integers(0, 3)),
    )


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """A price, changes of it some hours before or after noon, and hours of a Wednesday."""
    hours = sorted(draw(st.sets(st.integers(-30, 30), max_size=3)))
    windows = st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda w: w[0] != w[1])
    return {
        "base": draw(st.integers(0, 9_000)),
        "steps": [(one, draw(st.integers(0, 9_000))) for one in hours],
        "happy": draw(st.lists(st.tuples(windows, st.integers(0, 9_000)), max_size=2)),
    }


def planned(plan: dict[str, Any]) -> ItemEntry:
    """The item that such a plan makes, as the database would have stored it."""
    schedule = [
        {"starts_at": (NOON + timedelta(hours=hour)).isoformat(), "price": price}
        for hour, price in plan["steps"]
    ]
    happy = [
        {
            "price": price,
            "windows": [{"weekday": 3, "start": f"{start:02}:00", "end": f"{end:02}:00"}],
            "exceptions": [],
        }
        for (start, end), price in plan["happy"]
    ]
    prices = plan_of(ZONE, plan["base"], schedule, happy)
    return item(price=plan["base"], planned_prices=prices.planned, happy_hours=prices.happy_hours)


def plain_price(plan: dict[str, Any], hour: int) -> int:
    """What it costs at an hour, counted from Wednesday's midnight in the store."""
    for (start, end), price in plan["happy"]:
        length = (end - start) % 24
        if start <= hour < start + length:
            return int(price)
    price = plan["base"]
    for step, after in plan["steps"]:
        if step + 12 <= hour:
            price = after
    return int(price)


def plain_options(groups: list[GroupEntry], chosen: dict[UUID, int]) -> int | None:
    """What the options add to a portion, or None when they can't be chosen so."""
    total = 0
    for one in groups:
        units = [(entry, chosen.get(entry.id, 0)) for entry in one.options]
        if not one.min_select <= sum(count for _, count in units) <= one.max_select:
            return None
        if any(count > entry.max_quantity for entry, count in units):
            return None
        if any(count and entry.availability == SOLD_OUT for entry, count in units):
            return None
        paid = [entry.price for entry, count in units for _ in range(count) if entry.price >= 0]
        off = [entry.price for entry, count in units for _ in range(count) if entry.price < 0]
        total += sum(paid[one.free_quota :]) + sum(off)
    return total


def left(entry: GroupEntry) -> int:
    """How many units of a group can be had for one portion."""
    counts = [
        min(one.max_quantity, 99 if one.availability.stock is None else one.availability.stock)
        for one in entry.options
        if one.availability != SOLD_OUT
    ]
    return sum(counts)


def total_of(snapshot: MenuSnapshot, wanted: Line, now: datetime) -> int | None:
    """What the line costs, or None when it is refused as such lines are."""
    try:
        return price_basket(snapshot, [wanted], now).total
    except (OptionInvalidError, ItemUnavailableError):
        return None


@given(plans(), st.lists(groups(), max_size=2), st.integers(-20, 40), st.data())
def test_a_line_costs_what_a_plain_calculation_says(
    plan: dict[str, Any], offered: list[GroupEntry], hour: int, data: st.DataObject
) -> None:
    entry = replace(planned(plan), groups=tuple(offered))
    now: datetime = NOON + timedelta(hours=hour - 12)
    known = [one.id for each in offered for one in each.options]
    counts = data.draw(st.lists(st.integers(0, 4), min_size=len(known), max_size=len(known)))
    chosen = {one: count for one, count in zip(known, counts, strict=True) if count}
    quantity = data.draw(st.integers(1, 99))
    wanted = Line(entry.id, quantity, tuple(Chosen(*one) for one in chosen.items()))
    options = plain_options(offered, chosen)
    unit = plain_price(plan, hour)
    fits = options is not None and unit + options >= 0
    fits &= all(each.min_select <= left(each) for each in offered)
    expected = (unit + (options or 0)) * quantity if fits else None
    assert total_of(menu(entry), wanted, now) == expected
