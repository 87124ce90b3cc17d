"""What time alone changes in a store: the model of its business days, pauses and returns."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from tests.machine.state import Apply, Json, State

A_DAY = timedelta(days=1)
OFFSETS = {
    "Asia/Seoul": timedelta(hours=9),
    "Pacific/Kiritimati": timedelta(hours=14),
    "Pacific/Pago_Pago": timedelta(hours=-11),
}
"""Zones without summer time, as far apart as any two on earth."""


class Calendar(NamedTuple):
    """Business days that begin at `day_start` in `zone`; one that replaced another says since when."""

    zone: str = "Asia/Seoul"
    day_start: time = time(5)
    since: datetime | None = None
    first: date = date.min

    def instant(self, day: date, local: time) -> datetime:
        return datetime.combine(day, local, UTC) - OFFSETS[self.zone]

    def date_of(self, now: datetime) -> date:
        start = timedelta(hours=self.day_start.hour)
        return max((now + OFFSETS[self.zone] - start).date(), self.first)

    def end_of_day(self, now: datetime) -> datetime:
        return self.instant(self.date_of(now) + A_DAY, self.day_start)


class ClockModel(State):
    calendar = Calendar()
    planned: Calendar | None = None

    @property
    def today(self) -> str:
        return self.calendar.date_of(self.now).isoformat()

    def last_order_passed(self) -> bool:
        local = self.switches["last_order"]
        if local is None:
            return False
        day = self.calendar.date_of(self.now)
        on = day if local > self.calendar.day_start else day + A_DAY
        return self.now >= self.calendar.instant(on, local)

    def pass_to(self, now: datetime) -> None:
        """What is over by now ends, and is told."""
        self.now = now
        over = _is_due(self.switches["until"], now)
        if over:
            self.switches |= {"paused": [], "until": None}
        begun = self.planned is not None and _is_due(self.planned.since, now)
        if begun and self.planned is not None:
            self.calendar, self.planned = self.planned, None
        if over or begun:
            self.tell("menu.changed", "store")
        for id_, row in (self.menu | self.options).items():
            if _is_due(row["until"], now):
                row.update(status="available", until=None)
                self.tell("item.availability_changed", id_)

    def plan_calendar(self, zone: str, day_start: time) -> Apply:
        """From the next business day on: the store has sold something today."""
        holds, now = self.planned or self.calendar, self.now
        wanted = (zone, day_start)
        first = self.calendar.date_of(now) + A_DAY
        planned = Calendar(*wanted, self.calendar.end_of_day(now), first)
        back = wanted == (self.calendar.zone, self.calendar.day_start)

        def apply(_: Json) -> None:
            if wanted != (holds.zone, holds.day_start):
                self.planned = None if back else planned
                self.tell("menu.changed", "store")

        return apply


def _is_due(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and now >= instant
