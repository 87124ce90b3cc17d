"""Service requests (직원 호출) on the wire."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from app.core.security.principals import Channel
from app.core.words import UnreadableValueError, shape
from app.models.service_request import ServiceRequestStatus
from app.schemas.audit import ActorOutput
from app.schemas.base import (
    Cursor,
    Id,
    Input,
    Instant,
    Limit,
    LocalizedName,
    Note,
    Output,
    Query,
    not_before,
)
from app.schemas.order import TableRef

Code = Annotated[
    str,
    StringConstraints(
        pattern=shape(
            r"^[a-z0-9]+(-[a-z0-9]+)*$",
            "Must be lower-case letters and digits, with hyphens between them.",
            "영문 소문자와 숫자로, 사이에만 하이픈을 넣어 주세요.",
        ),
        max_length=40,
    ),
]
"""A word by which clients choose a picture, such as `wet-wipe`."""


class ServiceRequestTypeInput(Input):
    """With `id` it is a type that the store has, or had. `cooldown_seconds` is how long guests
    wait from one request for it to the next."""

    id: Id | None = None
    code: Code | None = None
    name: LocalizedName
    max_quantity: Annotated[int, Field(ge=1, le=99)] = 1
    cooldown_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    active: bool = True


class ServiceRequestTypesInput(Input):
    """The whole list, in the order in which guests see it."""

    types: Annotated[list[ServiceRequestTypeInput], Field(max_length=50)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ids = [one.id for one in self.types if one.id is not None]
        if len(set(ids)) < len(ids):
            raise UnreadableValueError("A type stands there twice.", "같은 항목이 두 번 있습니다.")
        return self


class ServiceRequestTypeOutput(Output):
    id: Id
    code: str | None
    name: str
    names: dict[str, str] | None = Field(description="All languages; for staff only.")
    position: int
    max_quantity: int
    cooldown_seconds: int
    active: bool
    archived_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


class ServiceRequestTypesOutput(Output):
    """What can be asked for. `version` is the list's own, for `If-Match`."""

    data: list[ServiceRequestTypeOutput]
    next_cursor: str | None
    version: int


class ServiceRequestItemInput(Input):
    type_id: Id
    quantity: Annotated[int, Field(ge=1, le=99)] = 1


class ServiceRequestInput(Input):
    """Staff name the table; a tablet or guest calls from its own."""

    items: Annotated[list[ServiceRequestItemInput], Field(min_length=1, max_length=20)]
    note: Note | None = None
    table_id: Id | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({one.type_id for one in self.items}) < len(self.items):
            raise UnreadableValueError(
                "A type stands there twice: use its quantity.",
                "같은 항목이 두 번 있습니다. quantity로 개수를 정해 주세요.",
            )
        return self


class ServiceRequestItemOutput(Output):
    """Under the names that the type had when it was asked for."""

    type_id: Id
    code: str | None
    name: str
    names: dict[str, str] | None = Field(description="All languages; for staff only.")
    quantity: int


class ServiceRequestOutput(Output):
    """A call from a table. The seconds count from `created_at`, whole ones, rounded down."""

    id: Id
    table: TableRef
    session_id: Id | None = Field(description="Null when it came from a free table.")
    channel: Channel
    status: ServiceRequestStatus
    items: list[ServiceRequestItemOutput]
    note: str | None = Field(
        description="What staff or a POS system wrote is null for tablets and guests."
    )
    requested_by: ActorOutput
    acknowledged_at: Instant | None
    acknowledged_by: ActorOutput | None
    seconds_to_acknowledge: int | None
    done_at: Instant | None
    done_by: ActorOutput | None
    seconds_to_done: int | None
    cancelled_at: Instant | None
    cancelled_by: ActorOutput | None
    created_at: Instant
    updated_at: Instant
    version: int


class BoardServiceRequest(Output):
    """A waiting call as the staff screen shows it."""

    id: Id
    session_id: Id | None
    status: ServiceRequestStatus
    items: list[ServiceRequestItemOutput]
    note: str | None
    acknowledged_by: ActorOutput | None
    created_at: Instant


class ServiceRequestPatch(Input):
    status: Literal["acknowledged", "done", "cancelled"]


def _list(value: object) -> object:
    """`open,acknowledged` → both."""
    if isinstance(value, list):
        return [part for one in value for part in str(one).split(",")]
    return value


class ServiceRequestFilter(Query):
    """`from` and `to` are about the time of asking, the latter exclusive."""

    status: Annotated[list[ServiceRequestStatus], BeforeValidator(_list)] | None = Field(
        default=None, description="One status, or several with commas."
    )
    table_id: Id | None = None
    session_id: Id | None = Field(
        default=None, description="Also what waits since before the party had its tables."
    )
    from_: Instant | None = Field(default=None, alias="from")
    to: Annotated[Instant, not_before("from_")] | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


GroupBy = Literal["type", "table", "hour"]


class AnswerTimesFilter(Query):
    """The requests made from `from` until before `to`; the last seven days unless given."""

    from_: Instant | None = Field(default=None, alias="from")
    to: Instant | None = None
    group_by: GroupBy = "type"


class Durations(Output):
    """Whole seconds: half of them took at most `median`, nine of ten at most `p90`."""

    median: int
    p90: int
    longest: int


class TypeRef(Output):
    id: Id
    name: str


class AnswerTimesGroup(Output):
    """One type, table or hour of the day (0 to 23, in the store's time zone).

    A request for several types counts for each of them.
    """

    type: TypeRef | None
    table: TableRef | None
    hour: int | None
    count: int
    acknowledged: int
    done: int
    cancelled: int
    seconds_to_acknowledge: Durations | None
    seconds_to_done: Durations | None


class AnswerTimesOutput(Output):
    """How long tables waited. `from` and `to` are the instants that were counted between."""

    from_: Instant = Field(alias="from")
    to: Instant
    group_by: GroupBy
    data: list[AnswerTimesGroup]
