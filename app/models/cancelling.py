"""Why portions were cancelled: what a store's staff choose from, and what was chosen."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Model, StoreModel, in_store, of_store


class CancelReasonList(Model):
    """A store's own list of reasons, in its order; a store without a row has the usual one.

    Each of `reasons` is `{code, names, for_guests, archived}`. A code never leaves the list:
    archived ones explain the history.
    """

    __tablename__ = "cancel_reason_lists"
    __table_args__ = (of_store(),)

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    reasons: Mapped[list[dict[str, Any]]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class LineCancellation(StoreModel):
    """Portions of a line that were cancelled at once: how many, by whom (`actor`), and why.

    The reason's texts are copied, as all words of an order are. The quantities of a line's
    cancellations sum to its `cancelled_quantity`.
    """

    __tablename__ = "line_cancellations"
    __table_args__ = (
        in_store("order_line_id", "order_lines"),
        CheckConstraint("quantity >= 1", name="quantity_positive"),
        Index("ix_line_cancellations_line", "store_id", "order_line_id"),
    )

    order_line_id: Mapped[UUID]
    quantity: Mapped[int]
    reason_code: Mapped[str]
    reason_names: Mapped[dict[str, str]]
    reason: Mapped[str | None]
    actor: Mapped[dict[str, Any]]
