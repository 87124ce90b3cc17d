"""Service requests (직원 호출): what a store's guests can ask for, and what they have asked for."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.security.principals import Channel
from app.models.base import Model, StoreModel, in_store, of_store, one_of


class ServiceRequestStatus(StrEnum):
    """요청됨, 확인, 완료, 취소."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DONE = "done"
    CANCELLED = "cancelled"


WAITING = (ServiceRequestStatus.OPEN, ServiceRequestStatus.ACKNOWLEDGED)
"""Somebody at a table still waits for it."""

IS_WAITING = "status IN ('open', 'acknowledged')"


class ServiceRequestType(StoreModel):
    """Something that guests can ask for, such as water. Archived, never deleted.

    `code` is a word by which clients choose a picture; the store's catalogue has its version in
    `stores.service_request_types_version`.
    """

    __tablename__ = "service_request_types"
    __table_args__ = (
        of_store(),
        CheckConstraint("max_quantity BETWEEN 1 AND 99", name="max_quantity_in_range"),
        CheckConstraint("cooldown_seconds BETWEEN 0 AND 3600", name="cooldown_in_range"),
    )

    code: Mapped[str | None]
    names: Mapped[dict[str, str]]
    position: Mapped[int]
    max_quantity: Mapped[int]
    cooldown_seconds: Mapped[int]
    active: Mapped[bool]
    archived_at: Mapped[datetime | None]


class ServiceRequest(StoreModel):
    """One call from a table; without `session_id` when nobody had opened one there.

    Two equal ones never wait in one scope: that of the session or the free table where they were
    made. One that a merge brought along is a scope of its own and knows where it came from.
    """

    __tablename__ = "service_requests"
    __table_args__ = (
        of_store(),
        in_store("table_id", "tables"),
        in_store("session_id", "table_sessions"),
        in_store("origin_session_id", "table_sessions"),
        one_of("status", ServiceRequestStatus),
        one_of("channel", Channel),
        CheckConstraint("origin_session_id <> session_id", name="origin_is_elsewhere"),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)"
            " AND (done_at IS NULL) = (done_by IS NULL)"
            " AND (cancelled_at IS NULL) = (cancelled_by IS NULL)",
            name="steps_have_actors",
        ),
        CheckConstraint(
            "CASE status WHEN 'open' THEN num_nonnulls(acknowledged_at, done_at, cancelled_at) = 0"
            " WHEN 'acknowledged' THEN acknowledged_at IS NOT NULL"
            " AND num_nonnulls(done_at, cancelled_at) = 0"
            " WHEN 'done' THEN acknowledged_at IS NOT NULL AND done_at IS NOT NULL"
            " AND cancelled_at IS NULL"
            " ELSE cancelled_at IS NOT NULL AND done_at IS NULL END",
            name="steps_fit_status",
        ),
        Index(
            "uq_service_requests_waiting",
            "store_id",
            "scope_id",
            "fingerprint",
            unique=True,
            postgresql_where=text(IS_WAITING),
        ),
        Index("ix_service_requests_session", "store_id", "session_id", "id"),
        Index("ix_service_requests_table", "store_id", "table_id", "id"),
        Index("ix_service_requests_created_at", "store_id", "created_at"),
    )

    table_id: Mapped[UUID]
    session_id: Mapped[UUID | None]
    origin_session_id: Mapped[UUID | None]
    scope_id: Mapped[UUID]
    fingerprint: Mapped[bytes]
    channel: Mapped[str]
    status: Mapped[str]
    note: Mapped[str | None]
    requested_by: Mapped[dict[str, Any]]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[dict[str, Any] | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[dict[str, Any] | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[dict[str, Any] | None]
    items: Mapped[list["ServiceRequestItem"]] = relationship(
        lazy="raise", order_by="ServiceRequestItem.position", viewonly=True
    )


class ServiceRequestItem(Model):
    """How many of a type were asked for, under the names that it had then."""

    __tablename__ = "service_request_items"
    __table_args__ = (
        in_store("request_id", "service_requests"),
        in_store("type_id", "service_request_types"),
        CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity_in_range"),
        Index("ix_service_request_items_type", "store_id", "type_id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    type_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    code: Mapped[str | None]
    names: Mapped[dict[str, str]]
    quantity: Mapped[int]
