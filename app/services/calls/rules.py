"""How a service request moves, and when two are equal. Pure."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.models import ServiceRequest, ServiceRequestStatus

Status = ServiceRequestStatus

_AFTER: dict[Status, list[Status]] = {
    Status.OPEN: [Status.ACKNOWLEDGED, Status.DONE, Status.CANCELLED],
    Status.ACKNOWLEDGED: [Status.DONE, Status.CANCELLED],
    Status.DONE: [],
    Status.CANCELLED: [],
}


def allowed_after(status: str, *, at_table: bool = False) -> list[Status]:
    """Where a request may go.

    Args:
        at_table: by its guests, who may take it back until somebody is on the way.
    """
    allowed = _AFTER[Status(status)]
    if at_table:
        return [Status.CANCELLED] if status == Status.OPEN else []
    return allowed


def advance(request: ServiceRequest, target: Status, actor: dict[str, Any], now: datetime) -> None:
    """Bring the request to a state that may follow. What is done at once is acknowledged too."""
    if target is Status.CANCELLED:
        request.cancelled_at, request.cancelled_by = now, actor
    elif request.acknowledged_at is None:
        request.acknowledged_at, request.acknowledged_by = now, actor
    if target is Status.DONE:
        request.done_at, request.done_by = now, actor
    request.status = target


def fingerprint(items: Iterable[tuple[UUID, int]], note: str | None) -> bytes:
    """SHA-256 of what is asked for, whatever the order of its items."""
    return hashlib.sha256(orjson.dumps([sorted(items), note])).digest()


def seconds_until(request: ServiceRequest, end: datetime | None) -> int | None:
    """Whole seconds from the asking to `end`, rounded down."""
    return None if end is None else max(int((end - request.created_at).total_seconds()), 0)
