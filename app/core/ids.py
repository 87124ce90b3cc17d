"""Identifiers: UUIDv7 (RFC 9562), so that ids sort by the time of their making."""

import re
from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid7

__all__ = ["new_request_id", "parse_id", "uuid7"]

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")


def parse_id(value: object) -> UUID:
    """Read an id in its one canonical form: 36 characters, lower case, with hyphens.

    Raises:
        ValueError: any other form, so that one thing never has two names.
    """
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not _CANONICAL.match(value):
        raise ValueError("must be a UUID in canonical lower-case form")
    return UUID(value)


def new_request_id() -> str:
    """An id for a request that came without one: a UUIDv7 as text."""
    return str(uuid_utils.uuid7())
