"""Where parties sit, the tablets that stand there, and the parties' visits."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.security.permissions import DeviceKind
from app.models.base import Model, StoreModel, in_store, of_store, one_of, storage


class Area(StoreModel):
    __tablename__ = "areas"
    __table_args__ = (of_store(),)

    name: Mapped[str]
    position: Mapped[int]
    archived_at: Mapped[datetime | None]


class Table(StoreModel):
    __tablename__ = "tables"
    __table_args__ = (
        of_store(),
        in_store("area_id", "areas"),
        CheckConstraint("number BETWEEN 1 AND 9999", name="number_in_range"),
        CheckConstraint("capacity > 0", name="capacity_positive"),
        Index(
            "uq_tables_live_number",
            "store_id",
            "number",
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
    )

    number: Mapped[int]
    label: Mapped[str | None]
    area_id: Mapped[UUID | None]
    capacity: Mapped[int | None]
    archived_at: Mapped[datetime | None]


class Device(StoreModel):
    """A tablet on a table, or a screen of the store; revocable by itself."""

    __tablename__ = "devices"
    __table_args__ = (
        of_store(),
        in_store("table_id", "tables"),
        one_of("kind", DeviceKind),
        CheckConstraint("(kind = 'table') = (table_id IS NOT NULL)", name="table_fits_kind"),
    )

    name: Mapped[str]
    kind: Mapped[str]
    table_id: Mapped[UUID | None]
    paired_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class TableAccess(Model):
    """What lets tablets and guests in at a table: a password's hash, and its QR code's token.

    The token itself is kept, so that the code can be printed again; see docs/adr/0006.
    """

    __tablename__ = "table_access"
    __table_args__ = (
        in_store("table_id", "tables"),
        CheckConstraint("(guest_token IS NULL) = (guest_token_at IS NULL)", name="token_has_time"),
        Index("ix_table_access_guest_token", "guest_token"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    table_id: Mapped[UUID] = mapped_column(primary_key=True)
    password_hash: Mapped[str | None]
    guest_token: Mapped[str | None]
    guest_token_at: Mapped[datetime | None]


class PairingCode(StoreModel):
    """A code of one use; only its SHA-256 is kept, and it lives for minutes."""

    __tablename__ = "pairing_codes"
    __table_args__ = (
        in_store("table_id", "tables"),
        one_of("kind", DeviceKind),
        CheckConstraint("(kind = 'table') = (table_id IS NOT NULL)", name="table_fits_kind"),
        Index("ix_pairing_codes_code_hash", "code_hash"),
    )

    code_hash: Mapped[bytes]
    kind: Mapped[str] = mapped_column(server_default=text("'table'"))
    table_id: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_by: Mapped[UUID]


# Four digits of the server's strong random numbers: whoever opens the session, it has one.
_NEW_PIN = (
    "lpad(((('x' || substr((gen_random_uuid())::text, 1, 7)))::bit(28)::integer % 10000)::text,"
    " 4, '0')"
)


class SessionStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class TableSession(StoreModel):
    """One party's visit to a table. At most one is open per table."""

    __tablename__ = "table_sessions"
    __table_args__ = (
        of_store(),
        in_store("table_id", "tables"),
        in_store("merged_into_id", "table_sessions"),
        one_of("status", SessionStatus),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
        CheckConstraint("guest_count > 0", name="guest_count_positive"),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        CheckConstraint("merged_into_id IS NULL OR status = 'closed'", name="merged_is_closed"),
        Index(
            "uq_table_sessions_open",
            "store_id",
            "table_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_table_sessions_at_table", "store_id", "table_id", "opened_at", "id"),
        Index("ix_table_sessions_opened", "store_id", "opened_at", "id"),
        Index("ix_table_sessions_updated", "store_id", "updated_at", "id"),
        Index(
            "ix_table_sessions_open_opened",
            "store_id",
            "opened_at",
            "id",
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_table_sessions_merged_into",
            "store_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        storage(fillfactor=85, autovacuum_vacuum_scale_factor=0.02),
    )

    table_id: Mapped[UUID]
    status: Mapped[str]
    guest_count: Mapped[int | None]
    note: Mapped[str | None]
    opened_at: Mapped[datetime]
    opened_by: Mapped[dict[str, Any]]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    merged_into_id: Mapped[UUID | None]
    guest_pin: Mapped[str] = mapped_column(server_default=text(_NEW_PIN))


class SessionTable(Model):
    """A table at which a party sits: its session's own, and those that are linked to it.

    A trigger of `table_sessions` keeps the own ones. The key is what keeps two parties from one
    table, in whichever way they come to it; see docs/adr/0017.
    """

    __tablename__ = "session_tables"
    __table_args__ = (
        in_store("table_id", "tables"),
        in_store("session_id", "table_sessions"),
        Index("ix_session_tables_session", "store_id", "session_id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    table_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID]
