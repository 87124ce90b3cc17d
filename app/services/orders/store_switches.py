"""When a store takes orders, and which: its switches and limits. Pure: docs/adr/0020.

The guests' side (tablets and phones) keeps to the last-order time, the limits and the guard
against duplicates; staff and POS are exempt, since a person of the house has decided. A pause
holds for the channels that it names, whoever orders there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from app.core.business_calendar import BusinessCalendar
from app.core.business_time import instant_of
from app.core.clock import instant_text
from app.core.errors import FieldError, OrderTooLargeError, StoreClosedError
from app.core.language import pick
from app.core.security.principals import Channel
from app.core.words import Words

GUESTS = frozenset({Channel.TABLET, Channel.GUEST})
"""The channels of the guests' side."""
ALL_CHANNELS = frozenset(Channel)
AUTO, STAFF, FIRST_ORDER = "auto", "staff", "first_order"
"""How orders of a channel are accepted: at once, by staff, or until staff know the guest."""


@dataclass(frozen=True, slots=True)
class Pause:
    """No orders on `channels`, until staff end it or `until` has come."""

    channels: frozenset[str] = ALL_CHANNELS
    until: datetime | None = None
    message: Mapping[str, str] | None = None

    def holds_at(self, now: datetime) -> bool:
        return self.until is None or now < self.until


class SizedLine(Protocol):
    """What the limits read of a line."""

    @property
    def quantity(self) -> int: ...


@dataclass(frozen=True, slots=True)
class OrderingRules:
    """A store's switches. `last_orders` are local times by weekday (Monday is 1) of the business
    date; amounts are minor units; `acceptance` and `prefixes` are by channel."""

    pause: Pause | None = None
    last_orders: Mapping[int, time] = field(default_factory=dict)
    max_lines: int | None = None
    max_quantity: int | None = None
    minimum_items_per_guest: int | None = None
    minimum_amount_per_guest: int | None = None
    duplicate_window: int = 0
    duplicate_action: str = "flag"
    acceptance: Mapping[str, str] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)

    def paused_at(self, now: datetime) -> Pause | None:
        """The pause that holds at the aware `now`."""
        return self.pause if self.pause is not None and self.pause.holds_at(now) else None

    def last_order_at(self, now: datetime, calendar: BusinessCalendar) -> datetime | None:
        """When guests order last on the business day of `now`; None when they may all day.

        A time that is not after the day's cut-off is that of the night that follows; one that
        the day doesn't have is its end.
        """
        if not self.last_orders:
            return None
        day, ruling = calendar.date_of(now), calendar.at(now)
        local = self.last_orders.get(day.isoweekday())
        if local is None:
            return None
        on = day if local > ruling.day_start else day + timedelta(days=1)
        return min(instant_of(on, local, ruling.zone), calendar.end_of_day(now))

    def changes_after(self, now: datetime, calendar: BusinessCalendar) -> list[datetime]:
        """The instants to come at which what guests read of these rules changes by itself."""
        found = [self.last_order_at(now, calendar)]
        if self.last_orders:
            found.append(calendar.end_of_day(now))
        if (pause := self.paused_at(now)) is not None:
            found.append(pause.until)
        return [one for one in found if one is not None and one > now]

    def check_open(
        self, channel: Channel, now: datetime, calendar: BusinessCalendar, words: tuple[str, str]
    ) -> None:
        """Refuse what may not be ordered on this channel at `now`, whatever it is.

        Args:
            words: the wanted language and the store's default.

        Raises:
            StoreClosedError: `reason` says why, `until` when orders are taken again if that is
                known, `message` what staff have to say.
        """
        pause = self.paused_at(now)
        if pause is not None and channel in pause.channels:
            said, default = pause.message, words[1]
            detail = Words(pick(said, "en", default), pick(said, "ko", default)) if said else None
            message = pick(said, *words) if said else None
            until = pause.until and instant_text(pause.until)
            raise StoreClosedError(detail, reason="paused", until=until, message=message)
        if channel in GUESTS and (last := self.last_order_at(now, calendar)) and now >= last:
            until = instant_text(calendar.end_of_day(now))
            raise StoreClosedError(reason="last-order-passed", until=until, message=None)

    def check_size(self, channel: Channel, lines: Sequence[SizedLine]) -> None:
        """Refuse an order of guests that has more than the store allows at once.

        Raises:
            OrderTooLargeError: `max_lines` and `max_quantity` are the store's limits.
        """
        if channel not in GUESTS:
            return
        errors = []
        if self.max_lines is not None and len(lines) > self.max_lines:
            detail = Words(
                f"An order has at most {self.max_lines} lines.",
                f"한 번에 {self.max_lines}개 항목까지 주문할 수 있습니다.",
            )
            errors.append(FieldError("/lines", "too-many-lines", detail))
        if self.max_quantity is not None and sum(one.quantity for one in lines) > self.max_quantity:
            detail = Words(
                f"An order has at most {self.max_quantity} portions.",
                f"한 번에 {self.max_quantity}개까지 주문할 수 있습니다.",
            )
            errors.append(FieldError("/lines", "too-many-portions", detail))
        if errors:
            raise OrderTooLargeError(
                errors=errors, max_lines=self.max_lines, max_quantity=self.max_quantity
            )

    def for_placing(
        self, channel: Channel, lines: Sequence[SizedLine], basket: str | None
    ) -> dict[str, Any] | None:
        """What the database decides by when it writes the order; None in a store without any.

        Args:
            basket: the fingerprint of what is ordered, in hex, where it is compared.
        """
        found: dict[str, Any] = {}
        if self.acceptance.get(channel) == STAFF:
            found["held"] = True
        if prefix := self.prefixes.get(channel):
            found["prefix"] = prefix
        if channel in GUESTS and (self.minimum_items_per_guest or self.minimum_amount_per_guest):
            found["minimum"] = {
                "items": self.minimum_items_per_guest or 0,
                "amount": self.minimum_amount_per_guest or 0,
                "quantity": sum(one.quantity for one in lines),
            }
        if basket is not None:
            found["basket"] = basket
            found["window"] = self.duplicate_window
            found["ask"] = self.duplicate_action == "confirm"
        return found or None
