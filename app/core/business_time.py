"""Business dates: the day that a sale counts for, in the store's own zone.

A store's day starts at its cut-off (05:00 unless set), so that a sale at 01:30 belongs to the
evening before. Pure functions; the time zone database comes from the system or from `tzdata`.
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@cache
def _zones() -> frozenset[str]:
    """The names of the time zone database, the same on every host.

    A host may know more: `localtime` is whatever it is set to. `Factory` says that nothing is set.
    """
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(names) - {"Factory"}


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone such as `Asia/Seoul`."""
    return name in _zones()


@lru_cache(maxsize=8192)
def instant_of(day: date, at: time, zone: str) -> datetime:
    """The first instant (UTC) at which the clocks of `zone` show `at` on `day`, or a later time.

    A time that comes twice is its first coming; one that is skipped is the instant of the skip.
    """
    wall, place = datetime.combine(day, at), ZoneInfo(zone)
    found = wall.replace(tzinfo=place).astimezone(UTC)
    if found.astimezone(place).replace(tzinfo=None) == wall:
        return found
    before = int(wall.replace(tzinfo=place, fold=1).timestamp())
    skipped = range(before, int(found.timestamp()) + 1)
    place_of_skip = bisect_left(
        skipped,
        wall,
        key=lambda second: datetime.fromtimestamp(second, place).replace(tzinfo=None),
    )
    return datetime.fromtimestamp(skipped[place_of_skip], UTC)


def business_date(instant: datetime, zone: str, day_start: time) -> date:
    """The business date of an aware `instant` in `zone`, whose days start at `day_start`."""
    today = instant.astimezone(ZoneInfo(zone)).date()
    return today if instant >= instant_of(today, day_start, zone) else today - timedelta(days=1)
