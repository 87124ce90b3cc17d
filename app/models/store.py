"""The tenant, where to find it, and its hot counter row."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.business_calendar import BusinessCalendar
from app.core.security.principals import Channel
from app.models.base import Model, of_store, one_of, storage

DUPLICATE_ACTIONS = ("flag", "confirm")
_EVERY_CHANNEL = [str(channel) for channel in Channel]
_AUTO = {"tablet": "auto", "guest": "auto", "pos": "auto"}


_RESUMING = "paused_until IS NOT NULL"
_CHANGING = "next_calendar_from IS NOT NULL"


class Store(Model):
    """A restaurant, café or stall: everything else belongs to exactly one.

    `timezone` and `business_day_start` are those of the calendar that `calendar_from` and
    `calendar_first_date` say the beginning of; it replaced the last of `past_calendars`, and the
    `next_…` ones will replace it: ask `calendar`.
    """

    __tablename__ = "stores"
    __table_args__ = (
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
        CheckConstraint(
            "max_open_service_requests BETWEEN 1 AND 100",
            name="max_open_service_requests_in_range",
        ),
        CheckConstraint(
            "cardinality(paused_channels) > 0"
            " AND paused_channels <@ ARRAY['tablet', 'guest', 'staff', 'pos']",
            name="paused_channels_known",
        ),
        CheckConstraint("ordering_paused OR paused_until IS NULL", name="until_is_of_a_pause"),
        CheckConstraint(
            "jsonb_typeof(last_order_times) = 'array'", name="last_order_times_is_list"
        ),
        CheckConstraint("jsonb_typeof(past_calendars) = 'array'", name="past_calendars_is_list"),
        CheckConstraint("max_lines_per_order BETWEEN 1 AND 100", name="max_lines_in_range"),
        CheckConstraint("max_quantity_per_order BETWEEN 1 AND 9900", name="max_quantity_in_range"),
        CheckConstraint("minimum_items_per_guest BETWEEN 1 AND 99", name="minimum_items_in_range"),
        CheckConstraint("minimum_amount_per_guest > 0", name="minimum_amount_positive"),
        CheckConstraint("duplicate_window_seconds BETWEEN 0 AND 3600", name="window_in_range"),
        one_of("duplicate_action", DUPLICATE_ACTIONS),
        CheckConstraint(
            "order_acceptance ->> 'tablet' IN ('auto', 'staff')"
            " AND order_acceptance ->> 'guest' IN ('auto', 'first_order', 'staff')"
            " AND order_acceptance ->> 'pos' IN ('auto', 'staff')",
            name="acceptance_known",
        ),
        CheckConstraint(
            "num_nulls(calendar_from, calendar_first_date) IN (0, 2)", name="calendar_is_whole"
        ),
        CheckConstraint(
            "num_nulls(next_timezone, next_business_day_start, next_calendar_from,"
            " next_first_date) IN (0, 4)",
            name="next_calendar_is_whole",
        ),
        Index("ix_stores_paused_until", "paused_until", postgresql_where=text(_RESUMING)),
        Index("ix_stores_next_calendar", "next_calendar_from", postgresql_where=text(_CHANGING)),
    )

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
    # Not read any more, `order_acceptance` says it: workers of the version before still ask for
    # it. The next release drops it.
    guest_first_order_held: Mapped[bool] = mapped_column(
        server_default=text("false"), default=False
    )
    guest_cancel_allowed: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    max_open_service_requests: Mapped[int] = mapped_column(server_default=text("10"), default=10)
    service_request_types_version: Mapped[int] = mapped_column(server_default=text("1"), default=1)
    paused_until: Mapped[datetime | None]
    paused_channels: Mapped[list[str]] = mapped_column(
        server_default=text("'{tablet,guest,staff,pos}'"), default=lambda: list(_EVERY_CHANNEL)
    )
    pause_message: Mapped[dict[str, str] | None]
    last_order_times: Mapped[list[dict[str, Any]]] = mapped_column(
        server_default=text("'[]'"), default=list
    )
    max_lines_per_order: Mapped[int | None]
    max_quantity_per_order: Mapped[int | None]
    minimum_items_per_guest: Mapped[int | None]
    minimum_amount_per_guest: Mapped[int | None] = mapped_column(BigInteger)
    duplicate_window_seconds: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    duplicate_action: Mapped[str] = mapped_column(server_default=text("'flag'"), default="flag")
    order_acceptance: Mapped[dict[str, str]] = mapped_column(
        server_default=text("""'{"pos": "auto", "guest": "auto", "tablet": "auto"}'"""),
        default=lambda: dict(_AUTO),
    )
    order_number_prefixes: Mapped[dict[str, str]] = mapped_column(
        server_default=text("'{}'"), default=dict
    )
    calendar_from: Mapped[datetime | None]
    calendar_first_date: Mapped[date | None]
    past_calendars: Mapped[list[dict[str, Any]]] = mapped_column(
        server_default=text("'[]'"), default=list
    )
    next_timezone: Mapped[str | None]
    next_business_day_start: Mapped[time | None]
    next_calendar_from: Mapped[datetime | None]
    next_first_date: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def id(self) -> UUID:
        return self.store_id

    @property
    def calendar(self) -> BusinessCalendar:
        """Its business days: as they are, as they were, and a change that is yet to come."""
        past = None
        for row in self.past_calendars:
            past = BusinessCalendar(
                row["timezone"],
                time.fromisoformat(row["business_day_start"]),
                row["since"] and datetime.fromisoformat(row["since"]),
                row["first_date"] and date.fromisoformat(row["first_date"]),
                past,
            )
        coming = None
        if self.next_timezone is not None and self.next_business_day_start is not None:
            coming = BusinessCalendar(
                self.next_timezone,
                self.next_business_day_start,
                self.next_calendar_from,
                self.next_first_date,
            )
        return BusinessCalendar(
            self.timezone,
            self.business_day_start,
            self.calendar_from,
            self.calendar_first_date,
            past,
            coming,
        )

    @calendar.setter
    def calendar(self, wanted: BusinessCalendar) -> None:
        coming = wanted.following
        self.timezone, self.business_day_start = wanted.zone, wanted.day_start
        self.calendar_from, self.calendar_first_date = wanted.since, wanted.first_date
        self.past_calendars = [_stored(one) for one in reversed(list(wanted.past()))]
        self.next_timezone = coming.zone if coming else None
        self.next_business_day_start = coming.day_start if coming else None
        self.next_calendar_from = coming.since if coming else None
        self.next_first_date = coming.first_date if coming else None


def _stored(calendar: BusinessCalendar) -> dict[str, Any]:
    return {
        "timezone": calendar.zone,
        "business_day_start": calendar.day_start.isoformat("minutes"),
        "since": calendar.since and calendar.since.isoformat(),
        "first_date": calendar.first_date and calendar.first_date.isoformat(),
    }


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
        storage(fillfactor=50, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=500),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    catalog_version: Mapped[int] = mapped_column(BigInteger, default=1)
    business_date: Mapped[date | None]
    order_number: Mapped[int] = mapped_column(default=0)


class MenuClock(Model):
    """What the clock does to a store's menu: told up to and with `told_until`, next at `due_at`.

    An edit sets `due_at` to `told_until`: when the next change is due must be worked out anew.
    """

    __tablename__ = "menu_clocks"
    __table_args__ = (
        of_store(),
        Index("ix_menu_clocks_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    told_until: Mapped[datetime]
    due_at: Mapped[datetime | None]
