"""Table sessions on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from app.schemas.base import Id, Input, Instant, Note, Output

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


Reason = Annotated[Note, Field(min_length=1)]


class SessionMoveInput(Input):
    table_id: Id
    reason: Reason | None = None


class SessionMergeInput(Input):
    into_session_id: Id
    reason: Reason | None = None


class SessionUnmergeInput(Input):
    """`table_id` where the party sits from now on, if not at its old table."""

    table_id: Id | None = None
    reason: Reason | None = None


class SessionReopenInput(Input):
    reason: Reason | None = None


class SplitLineInput(Input):
    line_id: Id
    quantity: Annotated[int, Field(ge=1, le=99)]


class SessionSplitInput(Input):
    """Which portions go to a new session at `table_id`."""

    lines: Annotated[list[SplitLineInput], Field(min_length=1, max_length=500)]
    table_id: Id
    reason: Reason | None = None


class SessionTablesInput(Input):
    """Which further tables the party has. Its own one may be named or not."""

    table_ids: Annotated[list[Id], Field(max_length=50)]
    reason: Reason | None = None


class SessionTable(Output):
    id: Id
    number: int


class SessionOutput(Output):
    id: Id
    table: SessionTable
    linked_tables: list[SessionTable] = Field(
        description="The further tables of a large party, by number; none once it is closed."
    )
    status: Literal["open", "closed"]
    guest_count: int | None
    note: str | None = Field(description="For the staff: null for tablets and guests.")
    opened_at: Instant
    closed_at: Instant | None
    merged_into_id: Id | None = Field(description="The session that its orders went to (합석).")
    order_count: int
    total: int
    created_at: Instant
    updated_at: Instant
    version: int


class SessionPinOutput(Output):
    """What guests type to join this session, where the store asks for it."""

    session_id: Id
    pin: str
