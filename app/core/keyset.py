"""Where a page of a list went out: cursors, which clients pass back without reading them.

A cursor names the last row by what its list is sorted by, so that the next page goes on from there
whatever has come or changed meanwhile. One of another list, or of another order of the same list,
is refused.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from app.core.ids import parse_id
from app.core.words import UnreadableValueError

InstantOf = Literal["opened", "updated"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class NumberPlace:
    """After this order number of this business date."""

    business_date: date
    number: int

    def __str__(self) -> str:
        return f"number.{self.business_date:%Y%m%d}.{self.number}"


@dataclass(frozen=True, slots=True)
class InstantPlace:
    """After the row with this id, which was opened or updated at this time."""

    of: InstantOf
    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.of}.{(self.at - _EPOCH) // _MICROSECOND}.{self.id}"


Place = NumberPlace | InstantPlace


def read_place(value: object) -> Place:
    """The place that a cursor names. Raise ValueError when it is none."""
    text = value if isinstance(value, str) else ""
    try:
        if found := re.fullmatch(r"number\.([0-9]{8})\.([0-9]{1,10})", text, re.ASCII):
            number = int(found[2])
            if number <= _LARGEST_NUMBER:
                day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date()
                return NumberPlace(day, number)
        if found := re.fullmatch(r"(opened|updated)\.([0-9]{1,18})\.(.+)", text, re.ASCII):
            of: Any = found[1]
            return InstantPlace(of, _EPOCH + int(found[2]) * _MICROSECOND, parse_id(found[3]))
    except (ValueError, OverflowError):
        pass
    raise UnreadableValueError(
        "Must be the next_cursor of this list.", "이 목록의 next_cursor를 보내 주세요."
    )
