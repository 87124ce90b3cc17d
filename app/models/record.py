"""What is only ever appended: events, answers by idempotency key, the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Computed, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Model, of_store, storage


class Event(Model):
    """One committed fact, numbered without gaps in commit order within its store."""

    __tablename__ = "events"
    __table_args__ = (
        of_store(),
        Index("ix_events_occurred_at", "store_id", "occurred_at"),
        storage(autovacuum_vacuum_scale_factor=0.02),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    type: Mapped[str]
    occurred_at: Mapped[datetime]
    actor: Mapped[dict[str, Any]]
    table_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]]


class IdempotencyRecord(Model):
    """The first answer to a key, kept for its retries."""

    __tablename__ = "idempotency_records"
    __table_args__ = (
        of_store(),
        Index("ix_idempotency_records_created_at", "store_id", "created_at"),
        storage(autovacuum_vacuum_scale_factor=0.02),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[str]
    headers: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class AuditEntry(Model):
    """Who did what, when and why. The application may add entries and read them, nothing else."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        of_store(),
        Index("ix_audit_entries_actor", "store_id", "actor_id", "id"),
        Index("ix_audit_entries_target", "store_id", "target_id", "id"),
        Index("ix_audit_entries_action", "store_id", "action", "id"),
        Index("ix_audit_entries_target_kind", "store_id", "target_kind", "id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[dict[str, Any]]
    # For its index: behind row-level security a condition on `actor ->> 'id'` would not reach one.
    actor_id: Mapped[str | None] = mapped_column(Computed("actor ->> 'id'", persisted=True))
    action: Mapped[str]
    target_kind: Mapped[str]
    target_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    details: Mapped[dict[str, Any]]
