"""Business dates while zone and cut-off change, against a clerk who watches the clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.core.business_calendar import BusinessCalendar
from app.services.orders.store_switches import OrderingRules

STEP = timedelta(minutes=15)
ZONES = st.sampled_from(
    [
        *("Asia/Seoul", "America/New_York", "Europe/Lisbon", "Australia/Lord_Howe"),
        *("Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo"),
    ]
)
STARTS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
RULES = st.tuples(ZONES, STARTS)
# Ordinary days, and those around which the clocks of some of the zones change.
BEGINS = st.sampled_from(
    [
        *(date(2026, 3, 7), date(2026, 3, 28), date(2026, 4, 4), date(2026, 4, 23)),
        *(date(2026, 10, 3), date(2026, 10, 24), date(2026, 10, 31), date(2026, 6, 1)),
    ]
)
CHANGES = st.dictionaries(st.integers(1, 400), RULES, max_size=3)


@dataclass
class Clerk:
    """Looks at the clock all day and turns the page when the business day is over."""

    rule: tuple[str, time]
    page: date
    coming: tuple[str, time] | None = None

    def look(self, instant: datetime) -> date:
        if _reads(self.rule, instant) > self.page:
            if self.coming is not None:
                self.rule, self.coming = self.coming, None
                self.page += timedelta(days=1)
            self.page = max(self.page, _reads(self.rule, instant))
        return self.page

    def ask(self, rule: tuple[str, time]) -> None:
        self.coming = None if rule == self.rule else rule


def _reads(rule: tuple[str, time], instant: datetime) -> date:
    wall = instant.astimezone(ZoneInfo(rule[0]))
    return wall.date() if wall.time() >= rule[1] else wall.date() - timedelta(days=1)


@given(RULES, BEGINS, CHANGES)
def test_dates_are_what_a_clerk_writes_down(
    rule: tuple[str, time], begin: date, changes: dict[int, tuple[str, time]]
) -> None:
    instant = datetime.combine(begin, time(), tzinfo=UTC)
    clerk, calendar = Clerk(rule, _reads(rule, instant)), BusinessCalendar(*rule)
    for step in range(600):
        assert calendar.date_of(instant) == clerk.look(instant), instant
        if step in changes:
            clerk.ask(changes[step])
            calendar = calendar.changed(*changes[step], instant)
            assert calendar.date_of(instant) == clerk.page
        instant += STEP


@given(RULES, BEGINS, RULES, st.integers(0, 600), st.booleans())
def test_each_instant_lies_in_the_day_of_its_date(
    rule: tuple[str, time], begin: date, other: tuple[str, time], step: int, settle: bool
) -> None:
    now = datetime.combine(begin, time(12), tzinfo=UTC)
    calendar = BusinessCalendar(*rule).changed(*other, now)
    instant = now - timedelta(days=2) + step * STEP
    if settle:
        before = calendar
        calendar = calendar.settled(now + timedelta(days=3))
        assert calendar.date_of(instant) == before.date_of(instant)
    day = calendar.date_of(instant)
    start, end = calendar.bounds(day)
    assert start <= instant < end == calendar.end_of_day(instant)
    assert calendar.date_of(end) > day
    assert calendar.date_of(end - timedelta(microseconds=1)) == day


@given(RULES, RULES)
def test_asking_for_what_is_in_force_takes_the_change_back(
    rule: tuple[str, time], other: tuple[str, time]
) -> None:
    now = datetime(2026, 11, 25, 3, tzinfo=UTC)
    calendar = BusinessCalendar(*rule)
    assert calendar.changed(*other, now).changed(*rule, now) == calendar


@given(RULES, BEGINS, st.integers(0, 500), st.dictionaries(st.integers(1, 7), STARTS))
def test_the_last_order_is_within_its_business_day(
    rule: tuple[str, time], begin: date, step: int, times: dict[int, time]
) -> None:
    calendar = BusinessCalendar(*rule)
    now = datetime.combine(begin, time(), tzinfo=UTC) + step * STEP
    day = calendar.date_of(now)
    start, end = calendar.bounds(day)

    last = OrderingRules(last_orders=times).last_order_at(now, calendar)

    local = times.get(day.isoweekday())
    assert (last is None) == (local is None)
    if last is not None and local is not None:
        assert start < last <= end
        if last < end:
            # The first instant of the day at which the clocks show the time or a later one.
            wall = datetime.combine(day if local > rule[1] else day + timedelta(days=1), local)
            shown = last.astimezone(ZoneInfo(rule[0])).replace(tzinfo=None)
            before = (last - STEP).astimezone(ZoneInfo(rule[0])).replace(tzinfo=None)
            assert before < wall <= shown
