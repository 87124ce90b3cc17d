"""When the clock changes a menu, as rules without a database."""

from datetime import datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import uuid7
from app.services.menu.clock import TimedItem, changed_between, next_due, timed_items
from tests.support.menus import NOW

ZONES = st.sampled_from(["Asia/Seoul", "Europe/Lisbon", "America/New_York", "UTC"])
CLOCK = st.integers(0, 23).map("{:02}:00".format)
MINUTES = st.integers(0, 8 * 24 * 60)
STARTS = (datetime.fromisoformat("2027-03-27T00:00:00+00:00"), NOW)
"""A week in which clocks change in Europe, and one in which they don't."""


@st.composite
def windows(draw: st.DrawFn) -> list[dict[str, Any]]:
    several = st.tuples(st.integers(1, 7), CLOCK, CLOCK).filter(lambda one: one[1] != one[2])
    names = ("weekday", "start", "end")
    return [dict(zip(names, one, strict=True)) for one in draw(st.lists(several, max_size=3))]


@st.composite
def rows(draw: st.DrawFn) -> Any:
    """An item as it is stored, with plans of its own and of its category."""
    hours = draw(st.lists(windows(), max_size=2))
    steps = sorted(draw(st.sets(MINUTES, max_size=2)))
    day = draw(st.sampled_from(["2026-11-27", "2027-03-28", "2027-04-02"]))
    return SimpleNamespace(
        id=uuid7(),
        price=5,
        availability=draw(st.sampled_from(["available", "sold_out", "hidden"])),
        dayparts=draw(windows()),
        daypart_exceptions=draw(st.sampled_from([[], [{"date": day, "windows": []}]])),
        category_dayparts=draw(windows()),
        category_exceptions=[],
        price_schedule=[
            {"starts_at": (NOW + timedelta(minutes=one)).isoformat(), "price": place}
            for place, one in enumerate(steps)
        ],
        happy_hours=[{"price": 9, "windows": one, "exceptions": []} for one in hours if one],
    )


@st.composite
def menus(draw: st.DrawFn) -> list[TimedItem]:
    return timed_items(draw(st.lists(rows(), min_size=1, max_size=3)), draw(ZONES))


@given(menus(), st.sampled_from(STARTS), MINUTES)
def test_nothing_changes_before_it_is_due(
    items: list[TimedItem], start: datetime, later: int
) -> None:
    due, then = next_due(items, start), start + timedelta(minutes=later)
    assert due is None or due > start
    if due is None or then < due:
        assert changed_between(items, start, then) == []


@given(menus(), st.sampled_from(STARTS), MINUTES)
def test_who_looks_at_each_due_instant_misses_nothing(
    items: list[TimedItem], start: datetime, length: int
) -> None:
    """What differs between two instants was told at one of the due instants between them."""
    end, now, told = start + timedelta(minutes=length), start, set()
    while (due := next_due(items, now)) is not None and due <= end:
        told |= set(changed_between(items, now, due))
        now = due
    assert set(changed_between(items, start, end)) <= told
    assert not told & {one.id for one in items if one.hidden}


def test_a_price_that_starts_within_a_happy_hour_is_a_change() -> None:
    """The happy hour's price stays; the regular one beside it is another."""
    always = [{"weekday": day, "start": "00:00", "end": "00:00"} for day in range(1, 8)]
    row = SimpleNamespace(
        id=uuid7(),
        price=5_000,
        availability="available",
        dayparts=[],
        daypart_exceptions=[],
        category_dayparts=[],
        category_exceptions=[],
        price_schedule=[{"starts_at": NOW.isoformat(), "price": 6_000}],
        happy_hours=[{"price": 3_000, "windows": always}],
    )
    assert changed_between(timed_items([row], "Asia/Seoul"), NOW - timedelta(seconds=1), NOW) == [
        row.id
    ]


@given(menus())
def test_every_start_of_a_planned_price_is_found_once(items: list[TimedItem]) -> None:
    steps = [NOW + timedelta(hours=one) for one in range(0, 21 * 24, 5)]
    for one in items:
        found = [step for a, b in pairwise(steps) for step in one.started(a, b)]
        later = [step for step in one.prices.planned if NOW < step.starts_at <= steps[-1]]
        assert [step for _, step in found] == later
        befores = [before for before, _ in found]
        prices = [one.prices.regular_at(NOW), *(step.price for step in later)]
        assert befores == prices[: len(later)]
