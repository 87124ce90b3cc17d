"""Stores on the wire."""

import re
from datetime import date, time
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints

from app.core.business_time import is_zone
from app.core.money import is_currency
from app.core.security.principals import Channel
from app.core.words import UnreadableValueError, shape
from app.schemas.auth import StoreCode, Username
from app.schemas.base import (
    VISIBLE,
    ByLanguage,
    Id,
    Input,
    Instant,
    LanguageTag,
    Name,
    Output,
    Price,
    clean_text,
)
from app.schemas.timing import ClockTime


def _zone(value: str) -> str:
    if not is_zone(value):
        raise UnreadableValueError(
            "Must be an IANA time zone such as Asia/Seoul.",
            "Asia/Seoul과 같은 IANA 시간대여야 합니다.",
        )
    return value


def _currency(value: str) -> str:
    if not is_currency(value):
        raise UnreadableValueError(
            "Must be an ISO 4217 code such as KRW.", "KRW와 같은 ISO 4217 통화 코드여야 합니다."
        )
    return value


class StoreInput(Input):
    """What an operator says when a store opens."""

    code: StoreCode
    name: Name
    timezone: Annotated[str, AfterValidator(_zone)]
    currency: Annotated[str, AfterValidator(_currency)]
    default_language: LanguageTag
    languages: Annotated[list[LanguageTag], Field(default_factory=list)]
    owner: Username
    business_day_start: time = time(5, 0)


LocalTime = Annotated[time, PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str)]


def _read_time(value: object) -> object:
    if isinstance(value, str):
        if not re.match(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z", value):
            raise UnreadableValueError(
                "Must be a local time such as 05:00.", "05:00과 같은 현지 시각으로 보내 주세요."
            )
        return time.fromisoformat(value)
    return value


def _web_url(value: str) -> str:
    """Found here, a wrong URL is one clear line; printed on forty tables, it is not."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.username is not None:
        raise UnreadableValueError(
            "Must be a URL such as https://order.example/t.",
            "https://order.example/t와 같은 URL이어야 합니다.",
        )
    return value


WebUrl = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=VISIBLE),
    AfterValidator(_web_url),
]


Message = Annotated[
    str, BeforeValidator(clean_text), StringConstraints(min_length=1, max_length=200)
]
Messages = ByLanguage[Message]
Prefix = Annotated[
    str,
    BeforeValidator(clean_text),
    StringConstraints(
        pattern=shape(
            r"^[^\s-]+$", "Must not have spaces or hyphens.", "공백이나 하이픈은 쓸 수 없습니다."
        ),
        max_length=6,
    ),
]


class LastOrder(Input):
    """When guests order last (라스트 오더), in the store's local time, on business dates of one
    weekday (Monday is 1). A time up to the cut-off is that of the night that follows."""

    weekday: Annotated[int, Field(ge=1, le=7)]
    at: ClockTime


class OrderAcceptance(Input):
    """How orders are accepted: at once, or by staff; guests' also by staff until they know the
    guest (`first_order`). What staff order themselves is accepted."""

    tablet: Literal["auto", "staff"] = "auto"
    guest: Literal["auto", "first_order", "staff"] = "auto"
    pos: Literal["auto", "staff"] = "auto"


class NumberPrefixes(Input):
    """What stands before the order's number when it is called: `T` makes `T-12`."""

    tablet: Prefix | None = None
    guest: Prefix | None = None
    staff: Prefix | None = None
    pos: Prefix | None = None


def _one_per_weekday(values: list[LastOrder]) -> list[LastOrder]:
    if len({one.weekday for one in values}) != len(values):
        raise UnreadableValueError("A weekday stands there twice.", "같은 요일이 두 번 있습니다.")
    return values


LastOrders = Annotated[list[LastOrder], Field(max_length=7), AfterValidator(_one_per_weekday)]
ChannelName = Annotated[Channel, Field(strict=False)]


SETTLEMENT = (
    "Whether a party must have settled its bill before its session closes. The service records no"
    " payments yet: a manager closes with `force`, and what was owed is audited as written off."
)


class StorePatch(Input):
    """What is left out, or null, stays. Null takes these away: `ordering_url` (back to the
    service's own), `pause_message`, `paused_until`, the limits and minimums of orders.

    A new zone or cut-off applies when the business day ends; in a store that has sold nothing
    yet, at once. Ending a pause forgets its message, channels and end.
    """

    name: Name | None = None
    languages: Annotated[list[LanguageTag], Field(min_length=1, max_length=20)] | None = None
    default_language: LanguageTag | None = None
    ordering_paused: bool | None = None
    settlement_required: bool | None = Field(default=None, description=SETTLEMENT)
    business_day_start: (
        Annotated[
            time,
            BeforeValidator(_read_time, json_schema_input_type=str),
            Field(json_schema_extra={"examples": ["05:00"]}),
        ]
        | None
    ) = None
    timezone: Annotated[str, AfterValidator(_zone)] | None = None
    ordering_url: WebUrl | None = None
    guest_pin_required: bool | None = None
    guest_cancel_allowed: bool | None = None
    max_open_service_requests: Annotated[int, Field(ge=1, le=100)] | None = None
    pause_message: Messages | None = None
    paused_until: Instant | None = None
    paused_channels: Annotated[list[ChannelName], Field(min_length=1, max_length=4)] | None = None
    last_order_times: LastOrders | None = None
    max_lines_per_order: Annotated[int, Field(ge=1, le=100)] | None = None
    max_quantity_per_order: Annotated[int, Field(ge=1, le=9900)] | None = None
    minimum_items_per_guest: Annotated[int, Field(ge=1, le=99)] | None = None
    minimum_amount_per_guest: Annotated[Price, Field(ge=1)] | None = None
    duplicate_window_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    duplicate_action: Literal["flag", "confirm"] | None = None
    order_acceptance: OrderAcceptance | None = None
    order_number_prefixes: NumberPrefixes | None = None


class OrderAcceptanceOutput(Output):
    tablet: str
    guest: str
    pos: str


class NumberPrefixesOutput(Output):
    tablet: str | None
    guest: str | None
    staff: str | None
    pos: str | None


class StoreAtTableOutput(Output):
    """The store as its tables see it."""

    id: Id
    code: str
    name: str
    timezone: str
    currency: str
    default_language: str
    languages: list[str]
    ordering_paused: bool
    guest_cancel_allowed: bool
    paused_channels: list[str]
    paused_until: Instant | None


class PendingCalendar(Output):
    """The zone and cut-off that apply from the next business day, which begins then."""

    timezone: str
    business_day_start: LocalTime
    effective_from: Instant
    first_business_date: date


class StoreOutput(Output):
    """`timezone` and `business_day_start` are those in force now."""

    id: Id
    code: str
    name: str
    timezone: str
    currency: str
    default_language: str
    languages: list[str]
    business_day_start: LocalTime
    pending_calendar: PendingCalendar | None
    ordering_paused: bool
    paused_channels: list[str]
    paused_until: Instant | None
    pause_message: dict[str, str] | None
    last_order_times: list[LastOrder]
    max_lines_per_order: int | None
    max_quantity_per_order: int | None
    minimum_items_per_guest: int | None
    minimum_amount_per_guest: int | None
    duplicate_window_seconds: int
    duplicate_action: str
    order_acceptance: OrderAcceptanceOutput
    order_number_prefixes: NumberPrefixesOutput
    settlement_required: bool = Field(description=SETTLEMENT)
    ordering_url: str | None
    guest_pin_required: bool
    guest_cancel_allowed: bool
    max_open_service_requests: int = Field(
        description="How many service requests (직원 호출) may wait at one table."
    )
    created_at: Instant
    updated_at: Instant
    version: int
