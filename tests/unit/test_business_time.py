"""Business days in zones whose clocks change, against a table of every minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.business_calendar import BusinessCalendar
from app.core.business_time import business_date, instant_of

# Changes by night, by half an hour, at midnight, and one that left out a whole day.
CHANGES = [
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/Lisbon", date(2026, 3, 29)),
    ("Europe/Lisbon", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Seoul", date(2026, 11, 25)),
]
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))


def first_minute_of(day: date, at: time, zone: str) -> datetime:
    """The first minute of the days around whose clocks show the time or a later one."""
    place, wall = ZoneInfo(zone), datetime.combine(day, at)
    minute = datetime.combine(day, time(), tzinfo=UTC) - timedelta(days=2)
    while minute.astimezone(place).replace(tzinfo=None) < wall:
        minute += timedelta(minutes=1)
    return minute


@given(st.sampled_from(CHANGES), st.integers(-1, 1), TIMES)
def test_a_local_time_is_the_first_instant_that_shows_it(
    change: tuple[str, date], offset: int, at: time
) -> None:
    zone, day = change
    day += timedelta(days=offset)
    assert instant_of(day, at, zone) == first_minute_of(day, at, zone)


@given(st.sampled_from(CHANGES), st.integers(-2000, 2000), TIMES)
def test_every_instant_is_in_one_business_day(
    change: tuple[str, date], minutes: int, day_start: time
) -> None:
    zone, day = change
    instant = datetime.combine(day, time(12), tzinfo=UTC) + timedelta(minutes=minutes)
    end = BusinessCalendar(zone, day_start).end_of_day(instant)
    assert instant < end
    last = end - timedelta(microseconds=1)
    assert business_date(last, zone, day_start) >= business_date(instant, zone, day_start)
    assert business_date(end, zone, day_start) > business_date(instant, zone, day_start)
    assert BusinessCalendar(zone, day_start).end_of_day(last) == end


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 6, 1), 24)]
)
def test_a_business_day_has_the_hours_that_its_clocks_give_it(day: date, hours: int) -> None:
    zone, start = "America/New_York", time(0)
    begin = instant_of(day, start, zone)
    assert BusinessCalendar(zone, start).end_of_day(begin) - begin == timedelta(hours=hours)
