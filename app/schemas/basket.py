"""The basket that a party shares, on the wire."""

from typing import Annotated

from pydantic import Field

from app.schemas.audit import ActorOutput
from app.schemas.base import Id, Input, Instant, Note, Output
from app.schemas.order import LineInput, QuoteLineOutput

MAX_LINES = 100


class BasketLineInput(LineInput):
    """A line under an id that the client chose; `version` is the one that it has read.

    Without a version the line is new.
    """

    id: Id
    version: Annotated[int, Field(ge=1)] | None = None


class BasketLineRef(Input):
    """A line to take out, as the client has read it."""

    id: Id
    version: Annotated[int, Field(ge=1)]


class BasketInput(Input):
    """Lines to put in or change, and lines to take out. All others stay as they are."""

    lines: Annotated[list[BasketLineInput], Field(max_length=MAX_LINES)]
    removed: Annotated[list[BasketLineRef], Field(max_length=MAX_LINES, default_factory=list)]


class BasketSubmitInput(Input):
    """`expected_total` is the total that the client showed."""

    note: Note | None = None
    expected_total: Annotated[int, Field(ge=0)] | None = None
    client_created_at: Instant | None = None
    confirm_duplicate: bool = Field(
        default=False, description="It is meant: the same was ordered a moment ago."
    )


class BasketOption(Output):
    option_id: Id
    quantity: int


class BasketChoice(Output):
    slot_id: Id
    item_id: Id
    quantity: int
    options: list[BasketOption]


class BasketLineStored(Output):
    """A line as it was put in: what `session.basket_updated` tells of it."""

    id: Id
    item_id: Id
    quantity: int
    options: list[BasketOption]
    choices: list[BasketChoice]
    note: str | None
    seat: int | None
    added_by: ActorOutput = Field(description="The tablet or guest's phone that put the line in.")
    created_at: Instant
    updated_at: Instant
    version: int


class BasketProblem(Output):
    """Why a line can't be ordered now; the pointer is into the line."""

    pointer: str
    code: str
    detail: str


class BasketLineOutput(BasketLineStored):
    quote: QuoteLineOutput | None = Field(description="Null while the line can't be ordered.")
    problems: list[BasketProblem]


class BasketOutput(Output):
    """The basket at today's prices; `total` is that of the lines that can be ordered."""

    session_id: Id
    lines: list[BasketLineOutput]
    total: int
    currency: str


class BasketEventData(Output):
    """What `session.basket_updated` tells: all lines, without prices, which depend on the hour."""

    session_id: Id
    lines: list[BasketLineStored]
