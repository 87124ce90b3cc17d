"""The menu as guests read it: one language, what may be ordered now, rendered once per change."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from app.core import clock
from app.core.cache import CachedMenu, CachedPage
from app.core.clock import instant_text
from app.core.errors import PermissionDeniedError
from app.core.language import negotiate, pick
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.services.menu.image_fields import shown
from app.services.menu.loading import MenuAtHand, MenuCatalog
from app.services.menu.snapshot import (
    Availability,
    GroupEntry,
    ItemEntry,
    MenuSnapshot,
    OptionEntry,
    Orderable,
    SlotEntry,
    Texts,
)


class MenuPage(NamedTuple):
    """A rendered menu; `age` in seconds where it is an old one, None where it is current."""

    page: CachedPage
    age: int | None


class MenuReadingService:
    def __init__(
        self,
        catalog: MenuCatalog,
        at_hand: Callable[[], MenuAtHand | None],
        principal: Principal,
    ) -> None:
        self._catalog = catalog
        self._at_hand = at_hand
        self._principal = principal

    async def page(self, accept_language: str | None, at: datetime | None) -> MenuPage:
        """The menu in the language that fits the header best.

        Args:
            at: render it as it stands at this instant, for staff; by default now. Who plans is
                never shown an old menu.

        Raises:
            PermissionDeniedError: `at` from somebody who may not see the menu's planning.
            DatabaseUnavailableError: the current menu can't be had, and no old one will do.
        """
        if at is not None and not self._principal.may(Permission.MENU_MANAGE_READ):
            raise PermissionDeniedError(permission=str(Permission.MENU_MANAGE_READ))
        if at is None:
            menu, age = self._at_hand() or MenuAtHand(await self._catalog.current(), None)
            return MenuPage(page_of(menu, accept_language, clock.now()), age)
        snapshot = await self._catalog.snapshot()
        return MenuPage(render_page(snapshot, _language(snapshot, accept_language), at), None)


def page_of(menu: CachedMenu, accept_language: str | None, now: datetime) -> CachedPage:
    """The menu's page at `now` in the language that fits the header best, rendered once."""
    snapshot: MenuSnapshot = menu.snapshot
    language = _language(snapshot, accept_language)
    page = menu.pages.get(language)
    if page is None or not page.is_valid_at(now):
        page = menu.pages[language] = render_page(snapshot, language, now)
    return page


def _language(snapshot: MenuSnapshot, accept_language: str | None) -> str:
    store = snapshot.store
    return negotiate(accept_language, store.languages, store.default_language)


def render_page(snapshot: MenuSnapshot, language: str, now: datetime) -> CachedPage:
    """The menu's JSON, valid until it changes by itself."""
    snapshot = snapshot.at(now)
    until = snapshot.next_change(now)
    menu = {"valid_until": until and instant_text(until), **_Page(snapshot, language, now).menu()}
    return CachedPage(orjson.dumps(menu), language, until)


class _Page:
    """Renders the shape of `MenuOutput`; plain dicts, since a menu has thousands of parts."""

    def __init__(self, snapshot: MenuSnapshot, language: str, now: datetime) -> None:
        self._snapshot = snapshot
        self._language = language
        self._now = now
        self._options: dict[int, dict[str, Any]] = {}

    def menu(self) -> dict[str, Any]:
        return {
            "store": self._store(),
            "language": self._language,
            "currency": self._snapshot.store.currency,
            "categories": self._categories(),
        }

    def _store(self) -> dict[str, Any]:
        """The store with what its guests' orders keep to."""
        store, rules, now = self._snapshot.store, self._snapshot.store.rules, self._now
        pause, last = rules.paused_at(now), rules.last_order_at(now, store.calendar)
        return {
            "id": str(store.store_id),
            "code": store.code,
            "name": store.name,
            "timezone": store.calendar.at(now).zone,
            "currency": store.currency,
            "default_language": store.default_language,
            "languages": list(store.languages),
            "ordering_paused": pause is not None,
            "paused_channels": sorted(pause.channels) if pause else [],
            "paused_until": pause and pause.until and instant_text(pause.until),
            "pause_message": self._text(pause.message) if pause else None,
            "last_order_at": last and instant_text(last),
            "last_order_passed": last is not None and now >= last,
            "max_lines_per_order": rules.max_lines,
            "max_quantity_per_order": rules.max_quantity,
            "minimum_items_per_guest": rules.minimum_items_per_guest,
            "minimum_amount_per_guest": rules.minimum_amount_per_guest,
        }

    def _categories(self) -> list[dict[str, Any]]:
        """Categories that have something to show; an empty page on a tablet helps nobody."""
        shown = []
        for category in self._snapshot.categories:
            items = [self._snapshot.items[item_id] for item_id in category.item_ids]
            visible = [self._item(item) for item in items if self._is_served(item)]
            if visible:
                shown.append(
                    {
                        "id": str(category.id),
                        "name": self._text(category.names),
                        "description": self._text(category.descriptions),
                        "position": category.position,
                        "items": visible,
                    }
                )
        return shown

    def _item(self, item: ItemEntry) -> dict[str, Any]:
        return {
            "id": str(item.id),
            "category_id": str(item.category_id),
            "name": self._text(item.names),
            "description": self._text(item.descriptions),
            "price": item.prices.at(self._now),
            "regular_price": item.prices.regular_at(self._now),
            "tax_class": item.tax_class,
            "allergens": item.allergens,
            "tags": item.tags,
            "origin": self._text(item.origin),
            "image": shown(item.image),
            "position": item.position,
            "availability": self._availability(item.availability, item.at(self._now)),
            "option_groups": [
                self._group(group)
                for group in item.groups
                if any(self._is_visible(option) for option in group.options)
            ],
            "set_slots": [self._slot(slot) for slot in item.slots],
        }

    def _slot(self, slot: SlotEntry) -> dict[str, Any]:
        return {
            "id": str(slot.id),
            "name": self._text(slot.names),
            "min": slot.min_select,
            "max": slot.max_select,
            "choices": [
                self._choice(one.item, one.upcharge)
                for one in slot.choices
                if self._is_served(one.item)
            ],
        }

    def _choice(self, item: ItemEntry, upcharge: int) -> dict[str, Any]:
        return {
            "item_id": str(item.id),
            "name": self._text(item.names),
            "upcharge": upcharge,
            "allergens": item.allergens,
            "tags": item.tags,
            "availability": self._availability(item.availability, item.at(self._now)),
        }

    def _group(self, group: GroupEntry) -> dict[str, Any]:
        return {
            "id": str(group.id),
            "name": self._text(group.names),
            "min_select": group.min_select,
            "max_select": group.max_select,
            "free_quota": group.free_quota,
            "position": group.position,
            "options": [self._shared(one) for one in group.options if self._is_visible(one)],
        }

    def _shared(self, option: OptionEntry) -> dict[str, Any]:
        """The option, rendered once for all items that have the same entry."""
        shown = self._options.get(id(option))
        if shown is None:
            shown = self._options[id(option)] = self._option(option)
        return shown

    def _option(self, option: OptionEntry) -> dict[str, Any]:
        now = option.availability.at(self._now)
        return {
            "id": str(option.id),
            "name": self._text(option.names),
            "price": option.price,
            "max_quantity": option.max_quantity,
            "is_default": option.is_default,
            "position": option.position,
            "allergens_added": option.allergens_added,
            "allergens_removed": option.allergens_removed,
            "availability": self._availability(option.availability, now),
        }

    def _is_served(self, item: ItemEntry) -> bool:
        """Left out are hidden items and those of another time of day: no dinner guest wants to
        read of breakfasts, and `valid_until` says when to look again."""
        return self._is_visible(item) and item.opening.open_at(self._now)

    @staticmethod
    def _is_visible(entry: ItemEntry | OptionEntry) -> bool:
        return entry.availability.status is not Orderable.HIDDEN

    def _availability(self, own: Availability, now: Orderable) -> dict[str, Any]:
        """`until` only where the thing's own sold-out ends then; stock is the staff's to know."""
        until = own.changes_after(self._now)
        return {"status": str(now), "until": until and instant_text(until)}

    def _text(self, texts: Texts | None) -> str | None:
        if not texts:
            return None
        return pick(texts, self._language, self._snapshot.store.default_language)
