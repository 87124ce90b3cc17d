"""Stores on the wire."""

import re
from datetime import time
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints

from app.core.business_time import is_zone
from app.core.money import is_currency
from app.schemas.auth import StoreCode, Username
from app.schemas.base import Id, Input, Instant, LanguageTag, Name, Output


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("must be an IANA time zone such as Asia/Seoul")
    return value


def _currency(value: str) -> str:
    if not is_currency(value):
        raise ValueError("must be an ISO 4217 code such as KRW")
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
            raise ValueError("must be a local time such as 05:00")
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
        raise ValueError("must be a URL such as https://order.example/t")
    return value


WebUrl = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$"),
    AfterValidator(_web_url),
]


class StorePatch(Input):
    """What is left out, or null, stays; `ordering_url: null` goes back to the service's own."""

    name: Name | None = None
    languages: Annotated[list[LanguageTag], Field(min_length=1, max_length=20)] | None = None
    default_language: LanguageTag | None = None
    ordering_paused: bool | None = None
    settlement_required: bool | None = None
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
    guest_first_order_held: bool | None = None
    guest_cancel_allowed: bool | None = None


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


class StoreOutput(Output):
    id: Id
    code: str
    name: str
    timezone: str
    currency: str
    default_language: str
    languages: list[str]
    business_day_start: LocalTime
    ordering_paused: bool
    settlement_required: bool
    ordering_url: str | None
    guest_pin_required: bool
    guest_first_order_held: bool
    guest_cancel_allowed: bool
    created_at: Instant
    updated_at: Instant
    version: int
