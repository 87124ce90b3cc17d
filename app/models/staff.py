"""People who sign in, and the token families of people and devices."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from app.core.security.permissions import Role
from app.core.security.tokens import generation
from app.models.base import StoreModel, in_store, of_store, one_of, storage


class Staff(StoreModel):
    __tablename__ = "staff"
    __table_args__ = (
        of_store(),
        one_of("role", Role),
        CheckConstraint("username = lower(username)", name="username_is_lower_case"),
        Index(
            "uq_staff_live_username",
            "store_id",
            "username",
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
    )

    username: Mapped[str]
    display_name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    must_change_password: Mapped[bool]
    active: Mapped[bool]
    archived_at: Mapped[datetime | None]


class SignIn(StoreModel):
    """A token family: all tokens that came from one sign-in. Ending it ends them all.

    Access tokens from before `outdated_at` must be exchanged: what they say no longer holds. A
    guest's family has its session, and `accepted_at` once staff accepted an order of it; after a
    merge also the session that it came from.
    """

    __tablename__ = "sign_ins"
    __table_args__ = (
        of_store(),
        in_store("staff_id", "staff"),
        in_store("device_id", "devices"),
        in_store("session_id", "table_sessions"),
        in_store("origin_session_id", "table_sessions"),
        CheckConstraint("origin_session_id <> session_id", name="origin_is_elsewhere"),
        one_of("kind", ("staff", "device", "guest")),
        CheckConstraint(
            "(kind = 'staff') = (staff_id IS NOT NULL)"
            " AND (kind = 'device') = (device_id IS NOT NULL)"
            " AND (kind = 'guest') = (session_id IS NOT NULL)",
            name="subject_fits_kind",
        ),
        Index("ix_sign_ins_of_staff", "store_id", "staff_id", "id"),
        Index(
            "ix_sign_ins_revoked_at", "revoked_at", postgresql_where=text("revoked_at IS NOT NULL")
        ),
        Index(
            "ix_sign_ins_outdated_at",
            "outdated_at",
            postgresql_where=text("outdated_at IS NOT NULL"),
        ),
        Index(
            "ix_sign_ins_device",
            "store_id",
            "device_id",
            postgresql_where=text("device_id IS NOT NULL"),
        ),
        Index(
            "ix_sign_ins_session",
            "store_id",
            "session_id",
            postgresql_where=text("session_id IS NOT NULL"),
        ),
        # None on `expires_at`, which each refresh of a tablet moves: those updates stay on their page.
        storage(fillfactor=80, autovacuum_vacuum_scale_factor=0.05),
    )

    kind: Mapped[str]
    staff_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]
    user_agent: Mapped[str | None]
    outdated_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    origin_session_id: Mapped[UUID | None]

    def revoke(self, reason: str, now: datetime) -> None:
        """End it with all its tokens; ending it again changes nothing."""
        if self.revoked_at is None:
            self.revoked_at, self.revoked_reason = now, reason

    def outdate(self, now: datetime) -> datetime:
        """Have its access tokens exchanged; from when on that holds."""
        # A clock that was set back must not make older tokens good again.
        earlier = self.outdated_at
        self.outdated_at = max(now, earlier + timedelta(microseconds=1)) if earlier else now
        return self.outdated_at

    @property
    def generation(self) -> int:
        """What an access token of the family carries; one with a lower number is outdated."""
        return generation(self.outdated_at)


class RefreshToken(StoreModel):
    """One rotation of a family; only the SHA-256 of its secret is kept."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        in_store("sign_in_id", "sign_ins"),
        UniqueConstraint("store_id", "token_hash"),
        Index("ix_refresh_tokens_sign_in", "store_id", "sign_in_id"),
        Index("ix_refresh_tokens_expires_at", "store_id", "expires_at"),
        storage(fillfactor=80, autovacuum_vacuum_scale_factor=0.05),
    )

    sign_in_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
