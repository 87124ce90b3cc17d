"""A store's menu at one catalog version, as plain data: what pricing and the menu page read.

A snapshot is immutable and holds no session, so one may serve many requests of a worker until
the catalog version moves. What depends on the time ("sold out until 17:00") is asked with the
instant and never stored. `app/repositories/menu.py` loads it; archived things are not in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

from app.core.business_calendar import BusinessCalendar
from app.services.menu.dayparts import ALWAYS, Opening
from app.services.orders.store_switches import OrderingRules
from app.services.pricing.price_plan import HappyHour, PlannedPrice, PricePlan

Texts = Mapping[str, str]
"""A text by language tag."""


class Orderable(StrEnum):
    """Whether a thing can be ordered at an instant."""

    AVAILABLE = "available"
    SOLD_OUT = "sold_out"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class StoreProfile:
    """What of a store bears on its menu and orders. `currency` is ISO 4217."""

    store_id: UUID
    code: str
    name: str
    calendar: BusinessCalendar
    currency: str
    default_language: str
    languages: tuple[str, ...]
    rules: OrderingRules = field(default_factory=OrderingRules)

    def changes_after(self, now: datetime) -> list[datetime | None]:
        """The instants to come at which what guests read of the store changes by itself."""
        coming = self.calendar.following
        zone = coming.since if coming is not None and not self.calendar.is_over(now) else None
        return [zone, *self.rules.changes_after(now, self.calendar)]


@dataclass(frozen=True, slots=True)
class Availability:
    """What staff set: a status, for `sold_out` perhaps an end, and perhaps a counted stock."""

    status: Orderable = Orderable.AVAILABLE
    until: datetime | None = None
    stock: int | None = None

    def at(self, now: datetime) -> Orderable:
        """What holds at the aware instant `now`: an `until` that has come ends a sold-out."""
        if self.status is Orderable.HIDDEN:
            return Orderable.HIDDEN
        if self.status is Orderable.SOLD_OUT and (self.until is None or now < self.until):
            return Orderable.SOLD_OUT
        return Orderable.SOLD_OUT if self.stock == 0 else Orderable.AVAILABLE

    def changes_after(self, now: datetime) -> datetime | None:
        """The next instant at which the answer of `at` changes by itself."""
        waits = self.status is Orderable.SOLD_OUT and self.until is not None and now < self.until
        return self.until if waits else None


@dataclass(frozen=True, slots=True)
class OptionEntry:
    """An option as one item offers it: `price` has the item's override in it."""

    id: UUID
    names: Texts
    price: int
    max_quantity: int
    is_default: bool
    position: int
    allergens_added: tuple[str, ...]
    allergens_removed: tuple[str, ...]
    availability: Availability

    def most_at(self, now: datetime) -> int:
        """How many units of it one portion may have at `now`."""
        if self.availability.at(now) is not Orderable.AVAILABLE:
            return 0
        stock = self.availability.stock
        return self.max_quantity if stock is None else min(self.max_quantity, stock)


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """An option group as one item offers it: the item's overrides are in it.

    `min_select` and `max_select` count units: an option taken twice counts twice. `options` are
    in menu order.
    """

    id: UUID
    names: Texts
    min_select: int
    max_select: int
    free_quota: int
    position: int
    options: tuple[OptionEntry, ...]

    def can_be_chosen(self, now: datetime) -> bool:
        """Whether enough options are left to choose what the group requires."""
        if self.min_select == 0:
            return True
        return sum(option.most_at(now) for option in self.options) >= self.min_select


@dataclass(frozen=True, slots=True)
class ChoiceEntry:
    """An item that a set offers in one of its slots. `upcharge` is per unit of it."""

    item: "ItemEntry"
    upcharge: int


@dataclass(frozen=True, slots=True)
class SlotEntry:
    """A part of a set of which guests choose `min_select` to `max_select` units."""

    id: UUID
    names: Texts
    min_select: int
    max_select: int
    choices: tuple[ChoiceEntry, ...]

    def can_be_chosen(self, now: datetime) -> bool:
        """Whether enough is left to choose what the slot requires."""
        left = 0
        for choice in self.choices:
            if choice.item.is_served_at(now):
                stock = choice.item.availability.stock
                left += self.min_select if stock is None else stock
        return left >= self.min_select


@dataclass(frozen=True)
class ItemEntry:
    """An item with all that an order of it needs. `groups` are in the item's own order.

    An item with `slots` is a set: guests choose other items in each; none of these is a set.
    """

    id: UUID
    category_id: UUID
    names: Texts
    descriptions: Texts | None
    price: int
    tax_class: str
    allergens: tuple[str, ...]
    tags: tuple[str, ...]
    origin: Texts | None
    position: int
    availability: Availability
    groups: tuple[GroupEntry, ...]
    opening: Opening = ALWAYS
    """When it is served: its own dayparts within those of its category."""
    planned_prices: tuple[PlannedPrice, ...] = ()
    happy_hours: tuple[HappyHour, ...] = ()

    image: Mapping[str, Any] | None = None
    slots: tuple[SlotEntry, ...] = ()

    @cached_property
    def prices(self) -> PricePlan:
        """What it costs when; `price` is what it costs before any planned change."""
        return PricePlan(self.price, self.planned_prices, self.happy_hours)

    @cached_property
    def choices(self) -> dict[UUID, tuple[GroupEntry, OptionEntry]]:
        """Every option that belongs to the item, by id, with its group."""
        return {option.id: (group, option) for group in self.groups for option in group.options}

    def is_served_at(self, now: datetime) -> bool:
        """Whether it may be chosen: available, and at its time of day."""
        return self.at(now) is Orderable.AVAILABLE and self.opening.open_at(now)

    def at(self, now: datetime) -> Orderable:
        """The item's own availability, or sold out when a required group or slot can't be filled."""
        own = self.availability.at(now)
        if own is not Orderable.AVAILABLE:
            return own
        groups = all(group.can_be_chosen(now) for group in self.groups)
        slots = all(slot.can_be_chosen(now) for slot in self.slots)
        return own if groups and slots else Orderable.SOLD_OUT


@dataclass(frozen=True, slots=True)
class CategoryEntry:
    """A category and the ids of its items, in display order."""

    id: UUID
    names: Texts
    descriptions: Texts | None
    position: int
    item_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class MenuSnapshot:
    """The live menu of a store at `catalog_version`; categories are in display order.

    Times of day are of the zone in force. `following` is the same menu in the zone that replaces
    it, where one will: `at` gives the one that holds.
    """

    store: StoreProfile
    catalog_version: int
    categories: tuple[CategoryEntry, ...]
    items: Mapping[UUID, ItemEntry]
    following: "MenuSnapshot | None" = None

    def at(self, now: datetime) -> "MenuSnapshot":
        """The menu whose times of day are those of the zone in force at `now`."""
        coming = self.following
        return coming if coming is not None and self.store.calendar.is_over(now) else self

    def in_menu_order(self) -> Iterable[ItemEntry]:
        """All items, as the menu lists them."""
        for category in self.categories:
            for item_id in category.item_ids:
                yield self.items[item_id]

    def next_change(self, now: datetime) -> datetime | None:
        """The next instant after `now` at which the menu that guests see changes by itself."""
        changes = [entry.changes_after(now) for entry in self._availabilities()]
        changes += [item.prices.next_change(now) for item in self._seen()]
        changes += [item.opening.next_change(now) for item in self._seen()]
        changes += self.store.changes_after(now)
        return min((change for change in changes if change is not None), default=None)

    def _seen(self) -> Iterable[ItemEntry]:
        """All but the hidden ones."""
        hidden = Orderable.HIDDEN
        return (one for one in self.items.values() if one.availability.status is not hidden)

    def _availabilities(self) -> Iterable[Availability]:
        for item in self._seen():
            yield item.availability
            for group in item.groups:
                for option in group.options:
                    yield option.availability
