"""Areas and tables on the wire."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.schemas.base import Id, Input, Instant, Name, Output, Query
from app.schemas.service_request import BoardServiceRequest
from app.schemas.session import SessionOutput


class AreaInput(Input):
    name: Name
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None


class AreaPatch(Input):
    name: Name | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None


class AreaOutput(Output):
    id: Id
    name: str
    position: int
    archived_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


TableNumber = Annotated[int, Field(ge=1, le=9999)]
Capacity = Annotated[int, Field(ge=1, le=200)]


class TableInput(Input):
    number: TableNumber
    label: Name | None = None
    area_id: Id | None = None
    capacity: Capacity | None = None


class TablePatch(Input):
    number: TableNumber | None = None
    label: Name | None = None
    area_id: Id | None = None
    capacity: Capacity | None = None


class TableOutput(Output):
    id: Id
    number: int
    label: str | None
    area_id: Id | None
    capacity: int | None
    state: Literal["free", "occupied"]
    session_id: Id | None
    archived_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


def _flag(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


Flag = Annotated[bool, BeforeValidator(_flag), Field(strict=True)]


class ArchivedFilter(Query):
    archived: Flag = False


class BoardOrder(Output):
    id: Id
    number: int
    display_number: str
    status: str
    held: bool
    duplicate_of: Id | None
    total: int
    created_at: Instant


class BoardEntry(Output):
    """One table of the staff screen."""

    table: TableOutput
    session: SessionOutput | None
    total: int
    orders_by_status: dict[str, int]
    newest_orders: list[BoardOrder]
    open_service_requests: list[BoardServiceRequest] = Field(
        description="Those that wait, the oldest first: open ones, and those on their way."
    )


class BoardOutput(Output):
    """Every table in one answer. `event_seq` is where the event stream goes on from."""

    tables: list[BoardEntry]
    event_seq: int
