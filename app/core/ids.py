"""Identifiers: UUIDv7 (RFC 9562), so that ids sort by the time of their making."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid7

from app.core.words import UnreadableValueError

__all__ = ["lowest_id", "new_request_id", "parse_id", "uuid7"]

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST = 2**48 - 1
"""An id begins with its milliseconds since 1970 in so many bits."""


def parse_id(value: object) -> UUID:
    """Read an id in its one canonical form: 36 characters, lower case, with hyphens.

    Raises:
        ValueError: any other form, so that one thing never has two names.
    """
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not _CANONICAL.match(value):
        raise UnreadableValueError(
            "Must be an id as it was given: a UUID in lower case.",
            "받은 ID(소문자 UUID)를 그대로 보내 주세요.",
        )
    return UUID(value)


def lowest_id(instant: datetime, shift: timedelta = timedelta(0)) -> UUID:
    """What no id is below that was made at this instant (aware) plus `shift`, or later."""
    milliseconds = (instant - _EPOCH + shift) // _MILLISECOND
    return UUID(int=min(max(milliseconds, 0), _LAST) << 80)


def new_request_id() -> str:
    """An id for a request that came without one: a UUIDv7 as text."""
    return str(uuid_utils.uuid7())
