"""The event log on the wire."""

from typing import Any

from app.schemas.base import Instant, Limit, Output, Query, WholeNumber


class EventFilter(Query):
    after: WholeNumber = 0
    limit: Limit = 50


class EventOutput(Output):
    seq: int
    type: str
    occurred_at: Instant
    actor: dict[str, Any]
    data: Any


class EventsOutput(Output):
    """A stretch of the log. Ask again with `after=next_after`."""

    data: list[EventOutput]
    next_after: int
    has_more: bool
