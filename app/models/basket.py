"""What a party is about to order: the basket that its phones and tablets share."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from app.models.base import StoreModel, in_store


class BasketLine(StoreModel):
    """A line that somebody put into the basket, by its own id; no price is kept.

    `position` is its place among the lines that came with it. One that a merge brought along has
    its `origin_session_id`: where it goes back to if that is undone.
    """

    __tablename__ = "basket_lines"
    __table_args__ = (
        in_store("session_id", "table_sessions"),
        in_store("origin_session_id", "table_sessions"),
        in_store("item_id", "items"),
        CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity_in_range"),
        CheckConstraint("seat BETWEEN 1 AND 99", name="seat_in_range"),
        CheckConstraint("origin_session_id <> session_id", name="origin_is_elsewhere"),
        Index("ix_basket_lines_session", "store_id", "session_id"),
    )

    session_id: Mapped[UUID]
    origin_session_id: Mapped[UUID | None]
    position: Mapped[int]
    item_id: Mapped[UUID]
    quantity: Mapped[int]
    options: Mapped[list[dict[str, Any]]]
    choices: Mapped[list[dict[str, Any]]]
    note: Mapped[str | None]
    seat: Mapped[int | None]
    added_by: Mapped[dict[str, Any]]
