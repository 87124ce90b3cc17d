"""Orders on the wire."""

from datetime import date
from typing import Annotated

from pydantic import Field

from app.core.security.principals import Channel
from app.models.order import OrderStatus
from app.schemas.audit import ActorOutput
from app.schemas.base import Id, Input, Instant, Note, Output
from app.schemas.cancel_reason import ReasonCode


class OrderOptionInput(Input):
    option_id: Id
    quantity: Annotated[int, Field(ge=1, le=99)] = 1


class ChoiceInput(Input):
    """What is chosen in a part of a set; `quantity` is for one portion of the set."""

    slot_id: Id
    item_id: Id
    quantity: Annotated[int, Field(ge=1, le=99)] = 1
    options: Annotated[list[OrderOptionInput], Field(max_length=50, default_factory=list)]


class LineInput(Input):
    """Only what is sent is ordered: an option group's defaults are not added.

    `choices` are for items that are sets.
    """

    item_id: Id
    quantity: int = Field(ge=1, le=99)
    options: Annotated[list[OrderOptionInput], Field(max_length=50, default_factory=list)]
    choices: Annotated[list[ChoiceInput], Field(max_length=50, default_factory=list)]
    note: Note | None = None
    seat: Annotated[int, Field(ge=1, le=99)] | None = None


class OrderInput(Input):
    """A basket. Staff name the session or the table; a tablet orders for its own table."""

    lines: Annotated[list[LineInput], Field(min_length=1, max_length=100)]
    note: Note | None = None
    expected_total: Annotated[int, Field(ge=0)] | None = None
    client_created_at: Instant | None = None
    session_id: Id | None = None
    table_id: Id | None = None
    confirm_duplicate: bool = Field(
        default=False, description="It is meant: the same was ordered a moment ago."
    )


class TableRef(Output):
    id: Id
    number: int


class OrderOptionOutput(Output):
    option_id: Id
    group: str
    name: str
    quantity: int
    price: int


class SlotRef(Output):
    """The part of a set that a dish was chosen for."""

    id: Id
    name: str


class CancellationOutput(Output):
    """Portions that were cancelled at once. `reason` is what staff wrote besides."""

    quantity: int
    reason_code: str
    reason_name: str
    reason: str | None = Field(description="For staff only.")
    actor: ActorOutput | None = Field(description="Who cancelled; for staff only.")
    cancelled_at: Instant


class OrderLineOutput(Output):
    """A dish, a set, or what was chosen in a set.

    The lines of a set's parts follow it and name it as `parent_line_id`. Their totals sum to the
    set's own exactly, so an order's total counts only lines without a parent. A set's
    `unit_price` has in it what its choices add; a part's is its share of the set for one unit,
    rounded down, and only its `total` is exact.
    """

    id: Id
    parent_line_id: Id | None
    slot: SlotRef | None = Field(description="For the parts of sets.")
    item_id: Id
    name: str
    names: dict[str, str] | None = Field(description="All languages; for staff only.")
    quantity: int
    cancelled_quantity: int
    unit_price: int
    options: list[OrderOptionOutput]
    allergens: list[str] = Field(description="Of the dish as it was configured.")
    note: str | None
    seat: int | None
    added_by: ActorOutput | None = Field(description="Who put it into the basket; for staff only.")
    status: OrderStatus
    cancellations: list[CancellationOutput] = Field(
        description="Oldest first; their quantities sum to `cancelled_quantity`."
    )
    total: int


class OrderOutput(Output):
    id: Id
    number: int
    display_number: str = Field(
        description="The number as it is called, with the prefix of its channel: `T-12`."
    )
    business_date: date
    session_id: Id
    table: TableRef
    channel: Channel
    status: OrderStatus
    held: bool = Field(description="Waits for staff to accept it, and can't move until then.")
    duplicate_of: Id | None = Field(
        description="The order of the same basket that this device placed a moment earlier."
    )
    cancel_reason_code: str | None = Field(description="Why the whole order was cancelled.")
    cancel_reason: str | None
    lines: list[OrderLineOutput]
    note: str | None
    total: int
    currency: str
    client_created_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


class QuoteChoiceOutput(Output):
    """What was chosen in a set; the totals of all choices sum to the set's."""

    slot: SlotRef
    item_id: Id
    name: str
    quantity: int
    unit_price: int
    options: list[OrderOptionOutput]
    allergens: list[str]
    total: int


class QuoteLineOutput(Output):
    item_id: Id
    name: str
    quantity: int
    unit_price: int
    options: list[OrderOptionOutput]
    allergens: list[str]
    total: int
    choices: list[QuoteChoiceOutput]


class QuoteOutput(Output):
    """What a basket would cost now. Nothing is stored or reserved."""

    lines: list[QuoteLineOutput]
    total: int
    currency: str


class StatusInput(Input):
    status: Annotated[OrderStatus, Field(strict=False)]


class CancelInput(Input):
    """`reason_code` is one of `GET /cancel-reasons`.

    Guests read the reason when it leaves nothing of their order.
    """

    reason_code: ReasonCode
    reason: Note | None = None


class CancelLineInput(CancelInput):
    quantity: Annotated[int, Field(ge=1, le=99)]
