"""Ordering the same again, on the wire."""

from pydantic import Field

from app.schemas.base import Id, Output
from app.schemas.order import LineInput, OrderInput, QuoteLineOutput


class ReorderProblem(Output):
    """Why a line can't be had now: a pointer into its `wanted`, a code, and words."""

    pointer: str
    code: str
    detail: str


class ReorderLineOutput(Output):
    """A line of the old order with the portions that were not cancelled.

    `wanted` is what would be ordered again, `was` what these portions cost then; `now` is what
    they cost today, null when they can't be had, which `problems` explain.
    """

    line_id: Id
    item_id: Id
    name: str
    wanted: LineInput
    was: int
    now: QuoteLineOutput | None
    price_change: int | None = Field(description="What the line costs more than then, or less.")
    problems: list[ReorderProblem]


class ReorderQuoteOutput(Output):
    """The same basket at today's prices. Nothing is stored or reserved.

    `order` has the lines that can be had, with their total: a body for `POST /orders` as it is.
    It is null when nothing is left to order.
    """

    lines: list[ReorderLineOutput]
    total: int
    currency: str
    order: OrderInput | None
