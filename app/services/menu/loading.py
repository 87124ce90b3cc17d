"""Bringing a store's menu from its rows into a snapshot, and keeping it for the worker."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from typing import NamedTuple
from uuid import UUID

from app.core.cache import CachedMenu, MenuCache
from app.core.database import Database
from app.core.events import EventHub
from app.models import menu as rows
from app.models.store import Store
from app.repositories.menu import MenuRepository, MenuRows, catalog_version
from app.services.menu.dayparts import Opening, opening_of, within
from app.services.menu.snapshot import (
    Availability,
    CategoryEntry,
    ChoiceEntry,
    GroupEntry,
    ItemEntry,
    MenuSnapshot,
    OptionEntry,
    Orderable,
    SlotEntry,
    StoreProfile,
)
from app.services.orders.store_switches import OrderingRules, Pause
from app.services.pricing.price_plan import plan_of


class MenuAtHand(NamedTuple):
    """A menu that can be shown without a question.

    `age` is None when it is the current one. Otherwise the database is away, and has been asked
    for the last time so many seconds ago: an old menu is better than none (RFC 9111, 4.2.4), since
    orders are checked against today's anyway.
    """

    menu: CachedMenu
    age: int | None


def menu_at_hand(cache: MenuCache, hub: EventHub, store_id: UUID) -> MenuAtHand | None:
    """The store's menu, if this worker has it and knows how old it is."""
    # Asked first, also where no menu is known: asking makes the hub follow the store.
    version = hub.catalog_version(store_id)
    menu = cache.known(store_id)
    if menu is None:
        return None
    if version == menu.catalog_version:
        return MenuAtHand(menu, None)
    age = hub.seconds_away(store_id)
    return None if age is None else MenuAtHand(menu, age)


class MenuCatalog:
    """The menu of one store as this worker knows it.

    Opens transactions of its own: call it before the request's own one has begun.
    """

    def __init__(self, database: Database, cache: MenuCache, store_id: UUID) -> None:
        self._database = database
        self._cache = cache
        self._store_id = store_id

    async def current(self) -> CachedMenu:
        """The menu at the current catalog version: one round trip when this worker has it."""
        version = await catalog_version(self._database, self._store_id)
        return await self._cache.get(self._store_id, version, self._load)

    async def known(self) -> MenuSnapshot:
        """The menu as last seen here, without asking: for who checks the version later."""
        menu = self._cache.known(self._store_id) or await self.current()
        snapshot: MenuSnapshot = menu.snapshot
        return snapshot

    async def snapshot(self) -> MenuSnapshot:
        """The menu at the current catalog version."""
        snapshot: MenuSnapshot = (await self.current()).snapshot
        return snapshot

    async def _load(self) -> CachedMenu:
        async with self._database.transaction(self._store_id) as unit:
            repository = MenuRepository(unit, await unit.session(), self._store_id)
            loaded = await repository.live_rows()
        return CachedMenu(loaded.catalog_version, build_snapshot(loaded))


def store_profile(store: Store) -> StoreProfile:
    """What of the store's row bears on menus and orders."""
    return StoreProfile(
        store_id=store.store_id,
        code=store.code,
        name=store.name,
        calendar=store.calendar,
        currency=store.currency,
        default_language=store.default_language,
        languages=tuple(store.languages),
        rules=ordering_rules(store),
    )


def ordering_rules(store: Store) -> OrderingRules:
    """The store's switches."""
    pause = None
    if store.ordering_paused:
        channels = frozenset(store.paused_channels)
        pause = Pause(channels, store.paused_until, store.pause_message)
    return OrderingRules(
        pause=pause,
        last_orders={
            one["weekday"]: time.fromisoformat(one["at"]) for one in store.last_order_times
        },
        max_lines=store.max_lines_per_order,
        max_quantity=store.max_quantity_per_order,
        minimum_items_per_guest=store.minimum_items_per_guest,
        minimum_amount_per_guest=store.minimum_amount_per_guest,
        duplicate_window=store.duplicate_window_seconds,
        duplicate_action=store.duplicate_action,
        acceptance=store.order_acceptance,
        prefixes=store.order_number_prefixes,
    )


def availability_of(row: rows.Item | rows.Option) -> Availability:
    """What staff set for an item or option."""
    return Availability(Orderable(row.availability), row.sold_out_until, row.stock)


def build_snapshot(loaded: MenuRows) -> MenuSnapshot:
    """Join the rows. Items of archived categories and links to archived groups fall away."""
    calendar = loaded.store.calendar
    snapshot = _build_in(calendar.zone, loaded)
    if calendar.following is None:
        return snapshot
    return replace(snapshot, following=_build_in(calendar.following.zone, loaded))


def _build_in(zone: str, loaded: MenuRows) -> MenuSnapshot:
    """The snapshot with its times of day in this zone."""
    options = defaultdict(list)
    for option in loaded.options:
        options[option.group_id].append(_option_entry(option))
    groups = {group.id: group for group in loaded.groups}
    used = defaultdict(list)
    for link in loaded.links:
        group = groups.get(link.group_id)
        if group is not None:
            used[link.item_id].append(_group_entry(group, link, options[group.id]))
    members = defaultdict(list)
    for item in loaded.items:
        members[item.category_id].append(item)
    entries = {
        item.id: _item_entry(item, tuple(used[item.id]), served, zone)
        for category in loaded.categories
        for served in [opening_of(zone, category.dayparts, category.daypart_exceptions)]
        for item in members[category.id]
    }
    for item_id, slots in _slots(loaded, entries).items():
        entries[item_id] = replace(entries[item_id], slots=slots)
    return MenuSnapshot(
        store=store_profile(loaded.store),
        catalog_version=loaded.catalog_version,
        categories=tuple(
            CategoryEntry(
                id=category.id,
                names=category.names,
                descriptions=category.descriptions,
                position=category.position,
                item_ids=tuple(item.id for item in members[category.id]),
            )
            for category in loaded.categories
        ),
        items=entries,
    )


def _slots(
    loaded: MenuRows, entries: Mapping[UUID, ItemEntry]
) -> dict[UUID, tuple[SlotEntry, ...]]:
    """The slots of each set, by its item. Choices that are off the menu fall away."""
    choices = defaultdict(list)
    for choice in loaded.choices:
        if choice.item_id in entries:
            choices[choice.slot_id].append(ChoiceEntry(entries[choice.item_id], choice.upcharge))
    slots = defaultdict(list)
    for slot in loaded.slots:
        if slot.item_id in entries:
            slots[slot.item_id].append(
                SlotEntry(
                    id=slot.id,
                    names=slot.names,
                    min_select=slot.min_select,
                    max_select=slot.max_select,
                    choices=tuple(choices[slot.id]),
                )
            )
    return {item_id: tuple(found) for item_id, found in slots.items()}


def _item_entry(
    item: rows.Item, groups: tuple[GroupEntry, ...], served: Opening, zone: str
) -> ItemEntry:
    """The item of a category that is `served` then, in a store of this zone."""
    prices = plan_of(zone, item.price, item.price_schedule, item.happy_hours)
    return ItemEntry(
        id=item.id,
        category_id=item.category_id,
        names=item.names,
        descriptions=item.descriptions,
        price=item.price,
        tax_class=item.tax_class,
        allergens=tuple(item.allergens),
        tags=tuple(item.tags),
        origin=item.origin,
        position=item.position,
        availability=availability_of(item),
        groups=groups,
        opening=within(served, opening_of(zone, item.dayparts, item.daypart_exceptions)),
        planned_prices=prices.planned,
        happy_hours=prices.happy_hours,
        image=item.image,
    )


def _option_entry(option: rows.Option) -> OptionEntry:
    return OptionEntry(
        id=option.id,
        names=option.names,
        price=option.price,
        max_quantity=option.max_quantity,
        is_default=option.is_default,
        position=option.position,
        allergens_added=tuple(option.allergens_added),
        allergens_removed=tuple(option.allergens_removed),
        availability=availability_of(option),
    )


def _group_entry(
    group: rows.OptionGroup, link: rows.ItemOptionGroup, options: list[OptionEntry]
) -> GroupEntry:
    """The group as the item offers it: what the link says goes before what the group says.

    Items share the entries of the options whose price is not their own.
    """
    own = {UUID(option_id): price for option_id, price in (link.prices or {}).items()}
    return GroupEntry(
        id=group.id,
        names=group.names,
        min_select=group.min_select if link.min_select is None else link.min_select,
        max_select=group.max_select if link.max_select is None else link.max_select,
        free_quota=group.free_quota,
        position=link.position,
        options=tuple(
            replace(option, price=own[option.id]) if option.id in own else option
            for option in options
        ),
    )
