"""When a thing is on the menu: weekly windows of the store's own clock, and dates that differ.

Pure rules. A window belongs to the day on which it starts and may run into the next one; its end is
exclusive, and `00:00` as an end is the day's end. Clocks that change are met as
`app.core.business_time.instant_of` says, so that a day of 23 or 25 hours is as long as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from app.core.business_time import instant_of

A_DAY = timedelta(days=1)
REMEMBERED = 4096
"""How many different opening times a worker keeps."""
FORESEEN = range(9)
"""After so many days without exceptions, a week begins anew."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` until `end`, which is on the next day when it is not after `start`."""

    start: time
    end: time

    def on(self, day: date, zone: str) -> tuple[datetime, datetime]:
        """The instants at which the window of this day begins and ends."""
        last = day if self.end > self.start else day + A_DAY
        return instant_of(day, self.start, zone), instant_of(last, self.end, zone)


WHOLE_DAY = (Window(time(0), time(0)),)


@dataclass(frozen=True, slots=True)
class Hours:
    """The windows of one thing. Without `weekly` every day is open; a date in `exceptions` has
    its windows instead of its weekday's (Monday is 1)."""

    zone: str
    weekly: Mapping[int, Sequence[Window]]
    exceptions: Mapping[date, Sequence[Window]]

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The windows that start on this day, as instants."""
        weekly = self.weekly.get(day.isoweekday(), ()) if self.weekly else WHOLE_DAY
        return [window.on(day, self.zone) for window in self.exceptions.get(day, weekly)]

    def open_at(self, now: datetime) -> bool:
        today = local_day(now, self.zone)
        return any(
            start <= now < end for day in (today - A_DAY, today) for start, end in self.spans(day)
        )


class Opening:
    """Open while all of its hours are: those of an item and those of its category.

    What thousands of items of a menu share is one object (`opening_of`, `within`) and keeps its
    last answers: they are all asked about the same instant.
    """

    __slots__ = ("_change", "_open", "hours")

    def __init__(self, hours: tuple[Hours, ...] = ()) -> None:
        self.hours = hours
        self._open: tuple[datetime | None, bool] = (None, True)
        self._change: tuple[datetime | None, datetime | None] = (None, None)

    def open_at(self, now: datetime) -> bool:
        asked, answer = self._open
        if asked != now:
            answer = self._is_open_at(now)
            self._open = (now, answer)
        return answer

    def next_change(self, now: datetime) -> datetime | None:
        """The next instant at which the answer of `open_at` changes, None when it never does."""
        asked, answer = self._change
        if asked != now:
            answer = self._next_change(now)
            self._change = (now, answer)
        return answer

    def _is_open_at(self, now: datetime) -> bool:
        return all(one.open_at(now) for one in self.hours)

    def _next_change(self, now: datetime) -> datetime | None:
        if not self.hours:
            return None
        opened = self._is_open_at(now)
        for day in self._days(local_day(now, self.hours[0].zone)):
            for boundary in self._boundaries(day):
                if boundary > now and self._is_open_at(boundary) != opened:
                    return boundary
        return None

    def _days(self, today: date) -> list[date]:
        """The days on which a change may come: the next ones, and those from an exception on."""
        exceptions = {day for one in self.hours for day in one.exceptions if day >= today - A_DAY}
        starts = {today, *exceptions}
        return sorted({day + A_DAY * ahead for day in starts for ahead in FORESEEN})

    def _boundaries(self, day: date) -> Iterator[datetime]:
        """The instants of this local day at which a window begins or ends, in order."""
        zone = self.hours[0].zone
        begin, end = instant_of(day, time(0), zone), instant_of(day + A_DAY, time(0), zone)
        found = {
            instant
            for one in self.hours
            # The second day before, too: where a zone skips a date (Samoa, 2011-12-30), its last
            # window ends on this one.
            for each in (day - 2 * A_DAY, day - A_DAY, day)
            for span in one.spans(each)
            for instant in span
        }
        yield from sorted(instant for instant in found if begin <= instant < end)


ALWAYS = Opening()


def local_day(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def opening_of(
    zone: str, dayparts: Sequence[Mapping[str, Any]], exceptions: Sequence[Mapping[str, Any]] = ()
) -> Opening:
    """What is stored, read: `{weekday, start, end}` and `{date, windows}`, times as `HH:MM`."""
    if not dayparts and not exceptions:
        return ALWAYS
    return _opening(zone, orjson.dumps([dayparts, exceptions]))


@lru_cache(maxsize=REMEMBERED)
def _opening(zone: str, stored: bytes) -> Opening:
    dayparts, exceptions = orjson.loads(stored)
    weekly: dict[int, list[Window]] = {}
    for part in dayparts:
        weekly.setdefault(part["weekday"], []).append(_window(part))
    differing = {
        date.fromisoformat(one["date"]): [_window(window) for window in one["windows"]]
        for one in exceptions
    }
    return Opening((Hours(zone, weekly, differing),))


@lru_cache(maxsize=REMEMBERED)
def within(category: Opening, own: Opening) -> Opening:
    """When an item of the category is served whose own times are these."""
    return Opening(category.hours + own.hours) if own.hours else category


def _window(part: Mapping[str, Any]) -> Window:
    return Window(time.fromisoformat(part["start"]), time.fromisoformat(part["end"]))
