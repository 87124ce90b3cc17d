"""Times of the menu on the wire: dayparts, dates on which they differ, and planned prices."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from app.core.words import UnreadableValueError, shape
from app.schemas.base import Input, Instant, Price

M = TypeVar("M", bound=BaseModel)

YEARS = range(2000, 2200)
"""Years in which a menu can be planned; calendars of other times have surprises."""

ClockTime = Annotated[
    str,
    StringConstraints(
        pattern=shape(
            r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
            "Must be a time of 00:00 to 23:59, such as 11:00.",
            "00:00부터 23:59까지, 11:00과 같은 시각으로 적어 주세요.",
        )
    ),
]
"""A time of the store's clock such as `11:00`."""


_NO_DATE = ("Must be a date such as 2026-12-25.", "2026-12-25와 같은 날짜로 보내 주세요.")


def _a_date(value: str) -> str:
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise UnreadableValueError(*_NO_DATE) from None
    if found.isoformat() != value or found.year not in YEARS:
        raise UnreadableValueError(*_NO_DATE)
    return value


def _of_these_years(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise UnreadableValueError(
            f"Must be in the years {YEARS[0]} to {YEARS[-1]}.",
            f"{YEARS[0]}년부터 {YEARS[-1]}년까지의 시각이어야 합니다.",
        )
    return value


Day = Annotated[str, AfterValidator(_a_date), WithJsonSchema({"type": "string", "format": "date"})]
PlannedInstant = Annotated[Instant, AfterValidator(_of_these_years)]
"""An instant at which the menu can be asked for, or planned."""


class TimeWindow(Input):
    """Of one day: `end` is exclusive and `00:00` as an end is the day's end; an `end` before
    `start` is on the next day."""

    start: ClockTime
    end: ClockTime

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.start == self.end and self.start != "00:00":
            raise UnreadableValueError(
                "Start and end must differ.", "시작과 끝 시각이 달라야 합니다."
            )
        return self


class Daypart(TimeWindow):
    """A window of every week, in the store's local time; Monday is 1. It belongs to the day on
    which it starts."""

    weekday: Annotated[int, Field(ge=1, le=7)]


class DaypartException(Input):
    """The windows that start on one date, instead of its weekday's; none close it."""

    date: Day
    windows: Annotated[list[TimeWindow], Field(max_length=20)]


def _one_per_date(values: list[DaypartException]) -> list[DaypartException]:
    if len({one.date for one in values}) != len(values):
        raise UnreadableValueError("A date stands there twice.", "같은 날짜가 두 번 있습니다.")
    return values


Dayparts = Annotated[list[Daypart], Field(max_length=70)]
DaypartExceptions = Annotated[
    list[DaypartException], Field(max_length=366), AfterValidator(_one_per_date)
]


class TimedInput(Input):
    """What is offered in its `dayparts` only; none mean always."""

    dayparts: Dayparts | None = None
    daypart_exceptions: DaypartExceptions | None = None


class PriceStep(Input):
    """From `starts_at` on the item costs `price`, in minor units."""

    starts_at: PlannedInstant
    price: Price


class HappyHour(Input):
    """What the item costs in these windows of every week, in minor units; dates that differ have
    windows of their own."""

    price: Price
    windows: Annotated[list[Daypart], Field(min_length=1, max_length=70)]
    exceptions: DaypartExceptions = Field(default_factory=list)


def _one_per_instant(values: list[PriceStep]) -> list[PriceStep]:
    if len({one.starts_at for one in values}) != len(values):
        raise UnreadableValueError("A time stands there twice.", "같은 시각이 두 번 있습니다.")
    return values


PriceSchedule = Annotated[list[PriceStep], Field(max_length=50), AfterValidator(_one_per_instant)]
HappyHours = Annotated[list[HappyHour], Field(max_length=20)]


def stored(values: Sequence[BaseModel] | None) -> list[dict[str, Any]]:
    """A list as it is kept in the database; none is an empty one.

    What says nothing is left out: a release that doesn't know the field reads the rest.
    """
    return [one.model_dump(mode="json", exclude_defaults=True) for one in values or ()]


def kept(model: type[M], rows: Sequence[dict[str, Any]]) -> list[M]:
    """A list that `stored` has made, by this release or by the next one: it may know more."""
    return [model.model_validate(row, extra="ignore") for row in rows]
