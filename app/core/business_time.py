"""Business dates: the day that a sale counts for, in the store's own zone.

A store's day starts at its cut-off (05:00 unless set), so that a sale at 01:30 belongs to the
evening before. Pure functions; the time zone database comes from the system or from `tzdata`.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone such as `Asia/Seoul`."""
    return name in available_timezones()


def business_date(instant: datetime, zone: str, day_start: time) -> date:
    """The business date of an aware `instant` in `zone`, whose days start at `day_start`."""
    local = instant.astimezone(ZoneInfo(zone))
    today = local.date()
    return today if local.time() >= day_start else today - timedelta(days=1)


def business_day_end(instant: datetime, zone: str, day_start: time) -> datetime:
    """The aware instant at which the business day of `instant` ends (exclusive)."""
    following = business_date(instant, zone, day_start) + timedelta(days=1)
    return datetime.combine(following, day_start, tzinfo=ZoneInfo(zone))
