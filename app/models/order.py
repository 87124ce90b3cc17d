"""Orders: snapshots of what was sold, which no later menu change rewrites."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.security.principals import Channel
from app.models.base import StoreModel, in_store, of_store, one_of, storage
from app.models.cancelling import LineCancellation


class OrderStatus(StrEnum):
    """접수 대기, 조리 중, 준비 완료, 제공 완료, 취소."""

    PENDING = "pending"
    PREPARING = "preparing"
    READY = "ready"
    SERVED = "served"
    CANCELLED = "cancelled"


class Order(StoreModel):
    """One submission of a basket. Its status follows from its lines.

    A `held` one waits for staff to accept it; until then it can't move. One that a merge brought
    along has its `origin_session_id`: where it goes back to if that is undone. `basket_digest` is
    of what was ordered, where the store compares it; `duplicate_of` is the earlier order that has
    the same.
    """

    __tablename__ = "orders"
    __table_args__ = (
        of_store(),
        in_store("session_id", "table_sessions"),
        in_store("table_id", "tables"),
        in_store("origin_session_id", "table_sessions"),
        in_store("duplicate_of", "orders"),
        one_of("status", OrderStatus),
        one_of("channel", Channel),
        CheckConstraint("origin_session_id <> session_id", name="origin_is_elsewhere"),
        CheckConstraint("total >= 0", name="total_not_negative"),
        CheckConstraint("number >= 1", name="number_positive"),
        UniqueConstraint("store_id", "business_date", "number"),
        Index("ix_orders_session", "store_id", "session_id", "id"),
        # Newest first by table, by channel and by status: see order_history.
        Index("ix_orders_table", "store_id", "table_id", "business_date", "number"),
        Index("ix_orders_channel", "store_id", "channel", "business_date", "number"),
        Index("ix_orders_status", "store_id", "status", "business_date", "number"),
        Index("ix_orders_updated", "store_id", "updated_at", "id"),
        # No room on the page would help: a change of `updated_at` is one of its index too.
        storage(autovacuum_vacuum_scale_factor=0.02),
    )

    number: Mapped[int]
    business_date: Mapped[date]
    session_id: Mapped[UUID]
    table_id: Mapped[UUID]
    channel: Mapped[str]
    status: Mapped[str]
    total: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    note: Mapped[str | None]
    client_created_at: Mapped[datetime | None]
    placed_by: Mapped[dict[str, Any]]
    held: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    origin_session_id: Mapped[UUID | None]
    number_prefix: Mapped[str | None]
    basket_digest: Mapped[bytes | None]
    duplicate_of: Mapped[UUID | None]
    lines: Mapped[list["OrderLine"]] = relationship(
        lazy="raise", order_by="OrderLine.position", viewonly=True
    )

    @property
    def is_waiting(self) -> bool:
        """Whether staff are still to accept it; of a cancelled one `held` says that they never did."""
        return self.held and self.status != OrderStatus.CANCELLED

    @property
    def display_number(self) -> str:
        """The number as it was called when the order was placed, such as `T-12`."""
        return f"{self.number_prefix}-{self.number}" if self.number_prefix else str(self.number)


class OrderLine(StoreModel):
    """One dish of an order, or a set, or what was chosen in a set (`parent_line_id`).

    A set's line counts in totals, its parts' lines sum to it and don't; the kitchen works on the
    parts, and the set's status follows from theirs. `set_share` is what the `per_set` units of a
    part carry of one portion's price.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        in_store("order_id", "orders"),
        in_store("item_id", "items"),
        in_store("parent_line_id", "order_lines"),
        in_store("slot_id", "set_slots"),
        one_of("status", OrderStatus),
        CheckConstraint(
            "quantity >= 1 AND (parent_line_id IS NOT NULL OR quantity <= 99)",
            name="quantity_in_range",
        ),
        CheckConstraint(
            "num_nulls(parent_line_id, slot_id, slot_names, per_set, set_share) IN (0, 5)",
            name="part_is_whole",
        ),
        CheckConstraint(
            "cancelled_quantity BETWEEN 0 AND quantity"
            " AND (status = 'cancelled') = (cancelled_quantity = quantity)",
            name="cancelled_fits_status",
        ),
        CheckConstraint(
            "CASE WHEN parent_line_id IS NULL THEN unit_price + options_total >= 0"
            " AND total = (unit_price + options_total) * (quantity - cancelled_quantity)"
            " ELSE per_set >= 1 AND set_share >= 0 AND total >= 0"
            " AND quantity % per_set = 0 AND cancelled_quantity % per_set = 0"
            " AND total = (set_share + options_total * per_set)"
            " * ((quantity - cancelled_quantity) / per_set) END",
            name="total_adds_up",
        ),
        Index("ix_order_lines_order", "store_id", "order_id"),
        Index("ix_order_lines_item", "store_id", "item_id", "order_id"),
        storage(fillfactor=85, autovacuum_vacuum_scale_factor=0.02),
    )

    order_id: Mapped[UUID]
    position: Mapped[int]
    item_id: Mapped[UUID]
    names: Mapped[dict[str, str]]
    quantity: Mapped[int]
    cancelled_quantity: Mapped[int]
    unit_price: Mapped[int] = mapped_column(BigInteger)
    options_total: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str | None]
    seat: Mapped[int | None]
    status: Mapped[str]
    total: Mapped[int] = mapped_column(BigInteger)
    allergens: Mapped[list[str]] = mapped_column(server_default=text("'{}'"), default=list)
    parent_line_id: Mapped[UUID | None]
    slot_id: Mapped[UUID | None]
    slot_names: Mapped[dict[str, str] | None]
    per_set: Mapped[int | None]
    set_share: Mapped[int | None] = mapped_column(BigInteger)
    added_by: Mapped[dict[str, Any] | None]
    options: Mapped[list["OrderLineOption"]] = relationship(
        lazy="raise", order_by="OrderLineOption.position", viewonly=True
    )
    cancellations: Mapped[list[LineCancellation]] = relationship(
        lazy="raise", order_by=LineCancellation.id, viewonly=True
    )


class OrderLineOption(StoreModel):
    __tablename__ = "order_line_options"
    __table_args__ = (
        in_store("order_line_id", "order_lines"),
        in_store("option_id", "options"),
        CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity_in_range"),
        Index("ix_order_line_options_line", "store_id", "order_line_id"),
    )

    order_line_id: Mapped[UUID]
    position: Mapped[int]
    option_id: Mapped[UUID]
    group_names: Mapped[dict[str, str]]
    names: Mapped[dict[str, str]]
    quantity: Mapped[int]
    price: Mapped[int] = mapped_column(BigInteger)
