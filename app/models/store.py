"""The tenant, where to find it, and its hot counter row."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Model, of_store


class Store(Model):
    """A restaurant, café or stall: everything else belongs to exactly one."""

    __tablename__ = "stores"
    __table_args__ = (CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),)

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    timezone: Mapped[str]
    currency: Mapped[str]
    default_language: Mapped[str]
    languages: Mapped[list[str]]
    business_day_start: Mapped[time]
    ordering_paused: Mapped[bool]
    settlement_required: Mapped[bool]
    ordering_url: Mapped[str | None]
    guest_pin_required: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    guest_first_order_held: Mapped[bool] = mapped_column(
        server_default=text("false"), default=False
    )
    guest_cancel_allowed: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def id(self) -> UUID:
        return self.store_id


class StoreDirectory(Model):
    """Which store a code names: the one table that is not a store's own (the shard map)."""

    __tablename__ = "store_directory"
    __table_args__ = (of_store(),)

    code: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]


class StoreCounters(Model):
    """The store's hot row, locked last in every transaction that changes something.

    `event_seq` numbers events without gaps, `order_number` the orders of `business_date`;
    `catalog_version` grows with each change to what may be ordered.
    """

    __tablename__ = "store_counters"
    __table_args__ = (
        of_store(),
        {"postgresql_with": {"fillfactor": 50}},
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    catalog_version: Mapped[int] = mapped_column(BigInteger, default=1)
    business_date: Mapped[date | None]
    order_number: Mapped[int] = mapped_column(default=0)
