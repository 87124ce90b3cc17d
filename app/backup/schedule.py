"""When the next backup is due: asked of the repository, not of a timetable.

A backup is due when the newest good one is older than the last time at which one had to begin. So
a service that was down at four makes it up when it returns, and one that restarts does it once.

And when the log has gone over to another timeline: after a failover, the segments that a lost
primary had not sent are nowhere; after a restore, the older backups lead where nobody went.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.backup.catalogue import Catalogue, Kind


@dataclass(frozen=True, slots=True)
class Plan:
    """Every day at `at` (UTC); a full one on `full_weekday` (ISO: 1 is Monday)."""

    at: time
    full_weekday: int

    def last_day(self, now: datetime) -> datetime:
        """The last time, up to now, at which a backup had to begin."""
        today = now.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
        return today if today <= now else today - timedelta(days=1)

    def last_full(self, now: datetime) -> datetime:
        """The last time, up to now, at which a full one had to begin."""
        day = self.last_day(now)
        return day - timedelta(days=(day.isoweekday() - self.full_weekday) % 7)


TIMELINE = slice(8)
"""Where a segment's name has its timeline, in hexadecimal digits."""


def due(catalogue: Catalogue, now: datetime, plan: Plan) -> Kind | None:
    """What has to be made now; None when nothing has."""
    good = catalogue.good
    if not any(
        one.kind is Kind.FULL and one.started >= plan.last_full(now) for one in good
    ):  # the very first one too
        return Kind.FULL
    if not any(one.started >= plan.last_day(now) for one in good):
        return Kind.DIFF
    if (catalogue.wal_newest or "")[TIMELINE] > good[-1].wal_stop[TIMELINE]:
        return Kind.INCR
    return None
