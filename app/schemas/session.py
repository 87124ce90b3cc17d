"""Table sessions on the wire."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from app.schemas.base import Cursor, Id, Input, Instant, Limit, Note, Output, Query

GuestCount = Annotated[int, Field(ge=1, le=200)]


class SessionOpenInput(Input):
    guest_count: GuestCount | None = None
    note: Note | None = None


class SessionPatch(Input):
    guest_count: GuestCount | None = None
    note: Note | None = None


class SessionCloseInput(Input):
    """`force` (managers, with a reason) cancels what is still pending or preparing."""

    force: bool = False
    reason: Annotated[Note, Field(min_length=1)] | None = None


class SessionTable(Output):
    id: Id
    number: int


class SessionOutput(Output):
    id: Id
    table: SessionTable
    status: Literal["open", "closed"]
    guest_count: int | None
    note: str | None
    opened_at: Instant
    closed_at: Instant | None
    order_count: int
    total: int
    created_at: Instant
    updated_at: Instant
    version: int


class SessionPinOutput(Output):
    """What guests type to join this session, where the store asks for it."""

    session_id: Id
    pin: str


class SessionFilter(Query):
    status: Literal["open", "closed"] | None = None
    table_id: Id | None = None
    business_date: date | None = Field(default=None, description="Opened on this business date.")
    from_: Instant | None = Field(default=None, alias="from")
    to: Instant | None = None
    cursor: Cursor | None = None
    limit: Limit = 50
