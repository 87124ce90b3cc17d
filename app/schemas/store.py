"""Stores on the wire."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, Field, PlainSerializer

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
    created_at: Instant
    updated_at: Instant
    version: int
