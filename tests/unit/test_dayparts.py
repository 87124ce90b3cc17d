"""Dayparts against a table of minutes, in zones whose clocks change."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.services.menu.dayparts import ALWAYS, Hours, Opening, Window, opening_of
from tests.unit.test_business_time import CHANGES

MINUTE, DAYS = timedelta(minutes=1), range(-2, 12)

TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
WINDOWS = st.builds(Window, TIMES, TIMES).filter(
    lambda window: window.start != window.end or window.start == time(0)
)
WEEKS = st.dictionaries(st.integers(1, 7), st.lists(WINDOWS, max_size=3), max_size=7)
CHANGING = st.sampled_from(CHANGES)


@st.composite
def openings(draw: st.DrawFn) -> tuple[date, Opening]:
    zone, day = draw(CHANGING)
    near = st.integers(-1, 8).map(lambda ahead: day + timedelta(days=ahead))
    exceptions = st.dictionaries(near, st.lists(WINDOWS, max_size=2), max_size=3)
    hours = st.lists(st.builds(Hours, st.just(zone), WEEKS, exceptions), min_size=1, max_size=2)
    return day, Opening(tuple(draw(hours)))


class Table:
    """Every minute of two weeks, and what the clocks on the wall show then."""

    def __init__(self, zone: str, day: date) -> None:
        self.begin = datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=DAYS[0])
        minutes = [self.begin + MINUTE * n for n in range(1440 * len(DAYS))]
        walls = [one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for one in minutes]
        self.days = sorted({wall.date() for wall in walls} | {day + timedelta(n) for n in DAYS})
        # The latest time shown so far: a time that comes twice is its first coming.
        self._shown = list(accumulate(walls, max))

    def minute(self, day: date, at: time) -> int:
        return bisect_left(self._shown, datetime.combine(day, at))

    def mark(self, hours: Hours) -> list[bool]:
        """Which minutes are open, window by window."""
        marks = [False] * len(self._shown)
        for day in self.days:
            weekly: Sequence[Window] = hours.weekly.get(day.isoweekday(), ())
            if not hours.weekly:
                weekly = [Window(time(0), time(0))]
            for window in hours.exceptions.get(day, weekly):
                over = day if window.end > window.start else day + timedelta(days=1)
                first, last = self.minute(day, window.start), self.minute(over, window.end)
                marks[first:last] = [True] * max(last - first, 0)
        return marks


TABLE = lru_cache(Table)


def marked(day: date, opening: Opening) -> tuple[Table, list[bool]]:
    table = TABLE(opening.hours[0].zone, day)
    marks = [table.mark(hours) for hours in opening.hours]
    return table, [all(each) for each in zip(*marks, strict=True)]


@given(openings(), st.lists(st.integers(-1440, 1440), min_size=1, max_size=20))
def test_open_is_what_the_table_of_minutes_says(
    given_: tuple[date, Opening], offsets: list[int]
) -> None:
    day, opening = given_
    table, marks = marked(day, opening)
    for offset in offsets:
        place = 1440 * 2 + 720 + offset
        assert opening.open_at(table.begin + MINUTE * place) == marks[place]


@given(openings(), st.integers(-1440, 1440))
def test_the_next_change_is_the_next_one_of_the_table(
    given_: tuple[date, Opening], offset: int
) -> None:
    day, opening = given_
    table, marks = marked(day, opening)
    place = 1440 * 2 + 720 + offset
    # Two days before the end of the table, since windows that begin after it are not marked.
    known = range(place + 1, len(marks) - 2880)
    later = next((n for n in known if marks[n] != marks[place]), None)
    change = opening.next_change(table.begin + MINUTE * place)
    if later is not None:
        assert change == table.begin + MINUTE * later
    else:
        assert change is None or change >= table.begin + MINUTE * known.stop


LUNCH = {"weekday": 5, "start": "11:00", "end": "14:30"}


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+09:00")


def test_the_end_is_exclusive_and_midnight_is_the_days_end() -> None:
    lunch = opening_of("Asia/Seoul", [LUNCH, {"weekday": 5, "start": "18:00", "end": "00:00"}])
    assert not lunch.open_at(seoul("2026-11-27T10:59"))
    assert lunch.open_at(seoul("2026-11-27T11:00"))
    assert lunch.next_change(seoul("2026-11-27T11:00")) == seoul("2026-11-27T14:30")
    assert not lunch.open_at(seoul("2026-11-27T14:30"))
    assert lunch.open_at(seoul("2026-11-27T23:59"))
    assert lunch.next_change(seoul("2026-11-27T23:59")) == seoul("2026-11-28T00:00")
    assert not lunch.open_at(seoul("2026-11-28T00:00"))
    assert lunch.next_change(seoul("2026-11-28T00:00")) == seoul("2026-12-04T11:00")


def test_a_night_belongs_to_the_day_on_which_it_starts() -> None:
    night = opening_of(
        "Asia/Seoul",
        [{"weekday": 5, "start": "21:00", "end": "02:00"}],
        [{"date": "2026-11-28", "windows": []}],
    )
    assert night.open_at(seoul("2026-11-28T01:59"))
    assert not night.open_at(seoul("2026-11-28T02:00"))
    assert not night.open_at(seoul("2026-11-29T01:00"))


def test_a_window_before_a_skipped_date_ends_where_the_next_day_begins() -> None:
    """Samoa went from the end of 29 December 2011 to the 31st."""
    evening = opening_of("Pacific/Apia", [{"weekday": 4, "start": "18:00", "end": "00:00"}])
    assert evening.open_at(datetime(2011, 12, 30, 9, 59, tzinfo=UTC))
    midnight = datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert evening.next_change(datetime(2011, 12, 30, 9, tzinfo=UTC)) == midnight
    assert not evening.open_at(midnight)


def test_a_holiday_closes_what_is_always_open() -> None:
    closed = opening_of("Asia/Seoul", [], [{"date": "2026-12-25", "windows": []}])
    assert closed.open_at(seoul("2026-12-24T23:59"))
    assert closed.next_change(seoul("2026-11-25T12:00")) == seoul("2026-12-25T00:00")
    assert not closed.open_at(seoul("2026-12-25T12:00"))
    assert closed.next_change(seoul("2026-12-25T12:00")) == seoul("2026-12-26T00:00")
    assert closed.next_change(seoul("2026-12-26T00:00")) is None


def test_what_is_always_open_never_changes() -> None:
    now = seoul("2026-11-27T11:00")
    assert opening_of("Asia/Seoul", []) is ALWAYS
    assert (ALWAYS.open_at(now), ALWAYS.next_change(now)) == (True, None)


def test_what_never_opens_never_changes() -> None:
    tuesday = opening_of("Asia/Seoul", [{"weekday": 2, "start": "09:00", "end": "10:00"}])
    friday = opening_of("Asia/Seoul", [LUNCH])
    both = Opening(tuesday.hours + friday.hours)
    assert both.next_change(seoul("2026-11-27T11:00")) is None
