"""The event log on the wire."""

from typing import Annotated, Any

from pydantic import Field

from app.schemas.base import Instant, Output, Query, QueryInt


class EventFilter(Query):
    after: Annotated[QueryInt, Field(ge=0)] = 0
    limit: Annotated[QueryInt, Field(ge=1, le=200)] = 50


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
