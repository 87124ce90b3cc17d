"""Credentials beside token families: API keys and stream tickets; and what slows guessing down."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.security.permissions import ApiScope
from app.models.base import Model, StoreModel, of_store, storage

_SCOPES = ", ".join(f"'{scope}'" for scope in ApiScope)


class ApiKey(StoreModel):
    """What a POS signs in with. Its text is shown once; only the SHA-256 of it is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (
        of_store(),
        UniqueConstraint("store_id", "prefix"),
        CheckConstraint(
            f"cardinality(scopes) > 0 AND scopes <@ ARRAY[{_SCOPES}]", name="scopes_known"
        ),
        Index(
            "ix_api_keys_revoked_at", "revoked_at", postgresql_where=text("revoked_at IS NOT NULL")
        ),
        Index(
            "ix_api_keys_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")
        ),
    )

    name: Mapped[str]
    scopes: Mapped[list[str]]
    prefix: Mapped[str]
    key_hash: Mapped[bytes]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class StreamTicket(Model):
    """Opens one stream for `principal` within a minute; its use deletes it."""

    __tablename__ = "stream_tickets"
    __table_args__ = (of_store(), Index("ix_stream_tickets_expires_at", "store_id", "expires_at"))

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_hash: Mapped[bytes] = mapped_column(primary_key=True)
    principal: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime]


class Throttle(Model):
    """A bucket (GCRA) of attempts at a secret; `key` is a SHA-256, and no store's data is here.

    `tat` is when the bucket will be full again (the theoretical arrival time). The API reaches
    this table through functions only.
    """

    __tablename__ = "throttles"
    __table_args__ = (
        Index("ix_throttles_tat", "tat"),
        storage(fillfactor=70, autovacuum_vacuum_scale_factor=0.05),
    )

    key: Mapped[bytes] = mapped_column(primary_key=True)
    tat: Mapped[datetime]
    failures: Mapped[int]
