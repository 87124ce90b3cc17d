"""Menus for tests of pure rules: builders whose defaults are an ordinary Korean stew."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from app.core.business_calendar import BusinessCalendar
from app.core.ids import uuid7
from app.services.menu.snapshot import (
    Availability,
    CategoryEntry,
    GroupEntry,
    ItemEntry,
    MenuSnapshot,
    OptionEntry,
    Orderable,
    StoreProfile,
)

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
SOLD_OUT = Availability(Orderable.SOLD_OUT)
HIDDEN = Availability(Orderable.HIDDEN)
STORE = StoreProfile(
    store_id=uuid7(),
    code="hanok",
    name="한옥식당",
    calendar=BusinessCalendar("Asia/Seoul", time(5)),
    currency="KRW",
    default_language="ko",
    languages=("ko", "en"),
)


def option(price: int = 0, **changes: Any) -> OptionEntry:
    entry = OptionEntry(
        id=uuid7(),
        names={"ko": "두부 추가", "en": "Extra tofu"},
        price=price,
        max_quantity=1,
        is_default=False,
        position=0,
        allergens_added=(),
        allergens_removed=(),
        availability=Availability(),
    )
    return replace(entry, **changes)


def group(*options: OptionEntry, **changes: Any) -> GroupEntry:
    entry = GroupEntry(
        id=uuid7(),
        names={"ko": "토핑", "en": "Toppings"},
        min_select=0,
        max_select=99,
        free_quota=0,
        position=0,
        options=options,
    )
    return replace(entry, **changes)


def item(*groups: GroupEntry, price: int = 9000, **changes: Any) -> ItemEntry:
    entry = ItemEntry(
        id=uuid7(),
        category_id=uuid7(),
        names={"ko": "김치찌개", "en": "Kimchi stew"},
        descriptions=None,
        price=price,
        tax_class="standard",
        allergens=(),
        tags=(),
        origin=None,
        position=0,
        availability=Availability(),
        groups=groups,
    )
    return replace(entry, **changes)


def menu(*items: ItemEntry) -> MenuSnapshot:
    category = CategoryEntry(uuid7(), {"ko": "찌개"}, None, 0, tuple(one.id for one in items))
    return MenuSnapshot(STORE, 1, (category,), {one.id: one for one in items})
