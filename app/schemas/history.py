"""What orders and sessions are looked for by.

Both lists come newest first; with `updated_after` they come by change instead, oldest change
first, for systems that keep a copy.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from app.core.keyset import InstantPlace, NumberPlace, Place, read_place
from app.core.security.principals import Channel
from app.core.words import UnreadableValueError
from app.models.order import OrderStatus
from app.schemas.base import Id, Instant, Limit, Query, QueryDate, not_before

PlaceCursor = Annotated[Place, BeforeValidator(read_place, json_schema_input_type=str)]


def _list(value: object) -> object:
    """`pending,preparing` → both."""
    if isinstance(value, list):
        return [part for one in value for part in str(one).split(",")]
    return value


class HistoryFilter(Query):
    """What both have in common: rows that match all that is given."""

    table_id: Id | None = None
    channel: Channel | None = Field(default=None, description="Who ordered.")
    item_id: Id | None = Field(default=None, description="What was ordered, in sets too.")
    business_date: QueryDate | None = None
    business_date_from: QueryDate | None = None
    business_date_to: Annotated[QueryDate, not_before("business_date_from")] | None = Field(
        default=None, description="The last one, included."
    )
    from_: Instant | None = Field(default=None, alias="from")
    to: Annotated[Instant, not_before("from_")] | None = Field(
        default=None, description="Before this time."
    )
    updated_after: Instant | None = Field(
        default=None,
        description="Changed after this time; the oldest change comes first. Changes that overlap"
        " in time may become visible in another order: ask from a minute before the newest"
        " `updated_at` that you know, or follow GET /events, which misses nothing.",
    )
    limit: Limit = 50

    @property
    def dates(self) -> tuple[date | None, date | None]:
        """First and last business date, both included."""
        first, last = self.business_date_from, self.business_date_to
        if self.business_date is not None:
            first = max(first or self.business_date, self.business_date)
            last = min(last or self.business_date, self.business_date)
        return first, last


def _fits(place: Place, info: ValidationInfo, newest_first: Any) -> Place:
    """The place, if it is one in the order that is asked for."""
    changes = info.data.get("updated_after") is not None
    of_changes = isinstance(place, InstantPlace) and place.of == "updated"
    if changes != of_changes or not (changes or newest_first(place)):
        raise UnreadableValueError(
            "Must be the next_cursor of this list, with the same filters.",
            "같은 조건으로 조회한 이 목록의 next_cursor를 보내 주세요.",
        )
    return place


class OrderFilter(HistoryFilter):
    status: Annotated[list[OrderStatus], BeforeValidator(_list)] | None = Field(
        default=None, description="One status, or several with commas."
    )
    session_id: Id | None = None
    cursor: PlaceCursor | None = None

    @field_validator("cursor")
    @classmethod
    def _of_this_list(cls, value: Place | None, info: ValidationInfo) -> Place | None:
        return value and _fits(value, info, lambda place: isinstance(place, NumberPlace))


class SessionFilter(HistoryFilter):
    """Times and business dates are those of the opening."""

    status: Literal["open", "closed"] | None = None
    cursor: PlaceCursor | None = None

    @field_validator("cursor")
    @classmethod
    def _of_this_list(cls, value: Place | None, info: ValidationInfo) -> Place | None:
        return value and _fits(value, info, lambda place: isinstance(place, InstantPlace))
