"""A store's business days when its zone or cut-off changes: docs/adr/0019.

A change takes effect where a business day ends: no sale that was made is dated anew, and no date
comes twice. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from app.core.business_time import business_date, instant_of

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which business date an instant belongs to, in `zone`, whose days start at `day_start`.

    One that replaced a `previous` one says `since` when, and which was its `first_date`: what came
    before is for the previous one to date. `following` is the one that will replace it.
    """

    zone: str
    day_start: time
    since: datetime | None = None
    first_date: date | None = None
    previous: "BusinessCalendar | None" = None
    following: "BusinessCalendar | None" = None

    def is_over(self, now: datetime) -> bool:
        """Whether the following calendar has replaced it at the aware instant `now`."""
        coming = self.following
        return coming is not None and coming.since is not None and now >= coming.since

    def at(self, instant: datetime) -> "BusinessCalendar":
        """The calendar that is, was or will be in force at the aware `instant`."""
        if self.following is not None and self.is_over(instant):
            return self.following
        ruling = self
        while ruling.previous is not None and ruling.since is not None and instant < ruling.since:
            ruling = ruling.previous
        return ruling

    def past(self) -> Iterator["BusinessCalendar"]:
        """Those that were in force before, newest first."""
        one = self.previous
        while one is not None:
            yield one
            one = one.previous

    def date_of(self, instant: datetime) -> date:
        """The business date of an aware `instant`; it never goes back as time goes on."""
        ruling = self.at(instant)
        found = business_date(instant, ruling.zone, ruling.day_start)
        return found if ruling.first_date is None else max(found, ruling.first_date)

    def start_of(self, day: date) -> datetime:
        """The instant (UTC) at which a business date begins."""
        coming, ruling = self.following, self
        if coming is not None and coming.first_date is not None and day >= coming.first_date:
            ruling = coming
        while ruling.previous is not None and ruling.first_date and day < ruling.first_date:
            ruling = ruling.previous
        if day == ruling.first_date and ruling.since is not None:
            return ruling.since
        start = instant_of(day, ruling.day_start, ruling.zone)
        return start if ruling.since is None else max(start, ruling.since)

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """When a business date begins and ends, exclusive. A date that a move to the east skips
        has no length."""
        return self.start_of(day), self.start_of(day + A_DAY)

    def end_of_day(self, instant: datetime) -> datetime:
        """The instant (UTC) at which the business day of the aware `instant` ends, exclusive."""
        return self.start_of(self.date_of(instant) + A_DAY)

    def changed(self, zone: str, day_start: time, now: datetime) -> "BusinessCalendar":
        """This calendar, to be replaced when the business day of `now` ends.

        A change that was still to come is forgotten. Asking for what is in force leaves no change.
        """
        ruling = self.settled(now)
        if (zone, day_start) == (ruling.zone, ruling.day_start):
            return ruling
        first = ruling.date_of(now) + A_DAY
        following = BusinessCalendar(zone, day_start, ruling.start_of(first), first)
        return replace(ruling, following=following)

    def settled(self, now: datetime) -> "BusinessCalendar":
        """The calendar in force at `now`, without a change that is yet to come."""
        if self.following is not None and self.is_over(now):
            return replace(self.following, previous=replace(self, following=None))
        return replace(self, following=None)
