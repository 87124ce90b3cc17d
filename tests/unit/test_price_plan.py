"""Planned prices and happy hours without a database."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.services.pricing.price_plan import PlannedPrice, PricePlan, plan_of

NOON = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
"""Noon on a Friday in Seoul."""

AFTERNOON = {"weekday": 5, "start": "15:00", "end": "18:00"}
OFFSETS = st.integers(-10_000, 10_000)


def minutes(offset: int) -> datetime:
    return NOON + timedelta(minutes=offset)


@st.composite
def plans(draw: st.DrawFn) -> PricePlan:
    starts = sorted(draw(st.sets(OFFSETS, max_size=5)))
    planned = (PlannedPrice(minutes(one), draw(st.integers(0, 9))) for one in starts)
    return PricePlan(draw(st.integers(0, 9)), tuple(planned))


@given(plans(), OFFSETS)
def test_the_latest_planned_price_that_has_begun_holds(plan: PricePlan, offset: int) -> None:
    now = minutes(offset)
    begun = [one for one in plan.planned if one.starts_at <= now]
    assert plan.at(now) == (max(begun, key=lambda one: one.starts_at).price if begun else plan.base)
    assert {*begun, *plan.coming(now)} == set(plan.planned)


@given(plans(), OFFSETS, OFFSETS)
def test_what_has_begun_may_be_written_down_as_the_price(
    plan: PricePlan, offset: int, later: int
) -> None:
    now = minutes(offset)
    settled = PricePlan(plan.regular_at(now), plan.coming(now))
    then = minutes(max(offset, later))
    assert settled.at(then) == plan.at(then)
    assert settled.next_change(now) == plan.next_change(now)


@given(plans(), OFFSETS, OFFSETS)
def test_between_two_changes_nothing_changes(plan: PricePlan, offset: int, later: int) -> None:
    now, then = minutes(min(offset, later)), minutes(max(offset, later))
    change = plan.next_change(now)
    if change is None or then < change:
        assert plan.at(now) == plan.at(then)


def test_a_happy_hour_goes_before_what_is_planned() -> None:
    happy = [{"price": 4000, "windows": [AFTERNOON]}, {"price": 3000, "windows": [AFTERNOON]}]
    dearer = [{"starts_at": "2026-11-27T07:00:00.000000Z", "price": 6000}]
    plan = plan_of("Asia/Seoul", 5000, dearer, happy)
    afternoon, evening = minutes(3 * 60), minutes(6 * 60)
    assert (plan.at(NOON), plan.next_change(NOON)) == (5000, afternoon)
    assert (plan.at(afternoon), plan.regular_at(afternoon)) == (4000, 5000)
    assert plan.next_change(afternoon) == minutes(4 * 60)
    assert (plan.at(evening), plan.regular_at(evening)) == (6000, 6000)
