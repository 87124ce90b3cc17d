"""Menus to be measured: a plain one, and one in which every feature of the menu is used."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from bench.numbers import CATEGORY, GROUP, ITEM, OPTION, SLOT, made

Row = dict[str, Any]
RICH_LANGUAGES = ("ko", "en", "ja", "zh-Hans")
ITEMS = 6
"""What the stores that take the orders sell: twice as many dishes as an order has lines."""
CATEGORIES, GROUPS, OPTIONS_EACH = 10, 12, 5
SET_EVERY, CHOICES = 10, 4


@dataclass(slots=True)
class MenuRows:
    """The rows of one store's menu; the slots and choices are those of its sets."""

    categories: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    options: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    slots: list[Row] = field(default_factory=list)
    choices: list[Row] = field(default_factory=list)


def plain_menu(count: int = ITEMS) -> MenuRows:
    """So many items in two languages, all with the same three options."""
    names = {"ko": "김치찌개", "en": "Kimchi stew"}
    describing = {
        "ko": "묵은지와 돼지고기로 오래 끓인 찌개",
        "en": "A stew of aged kimchi and pork, simmered for a long time",
    }
    menu = MenuRows(
        categories=[_category(n, {"ko": "분류", "en": "Category"}) for n in _upto(CATEGORIES)],
        groups=[_group(1, {"ko": "맵기", "en": "Spiciness"}, most=2)],
        options=[_option(n, 1, {"ko": "단계", "en": "Level"}) for n in _upto(3)],
        items=[_item(n, names, describing) for n in _upto(count)],
    )
    menu.links = [_link(n, 1, 1) for n in _upto(count)]
    return menu


def rich_menu(count: int) -> MenuRows:
    """So many items with all that a menu may have, every one on sale at any hour.

    Four languages; twelve shared groups of five options, four of them at each item, with bounds
    and prices of its own; windows in which categories and items are served, dates on which they
    differ, planned prices and happy hours; allergens, origins, pictures; each tenth item a set.
    """
    named = dict(
        zip(RICH_LANGUAGES, ("김치찌개", "Kimchi stew", "キムチチゲ", "泡菜锅"), strict=True)
    )
    sorts = dict(zip(RICH_LANGUAGES, ("분류", "Category", "分類", "分类"), strict=True))
    sizes = dict(zip(RICH_LANGUAGES, ("선택", "Choice", "選択", "选择"), strict=True))
    parts = dict(zip(RICH_LANGUAGES, ("음료", "Drink", "飲み物", "饮料"), strict=True))
    describing = {language: f"{name}. " * 12 for language, name in named.items()}
    always = {"dayparts": _windows("05:00", "05:00"), "daypart_exceptions": _holidays()}
    menu = MenuRows(
        categories=[_category(n, sorts) | always for n in _upto(CATEGORIES)],
        groups=[_group(n, sizes, most=3) | {"free_quota": n % 2} for n in _upto(GROUPS)],
        options=[
            _option(n, 1 + (n - 1) // OPTIONS_EACH, sizes) | _allergens(n)
            for n in _upto(GROUPS * OPTIONS_EACH)
        ],
        items=[_item(n, named, describing) | always | _extras(n) for n in _upto(count)],
    )
    for number in _upto(count):
        for place in _upto(4):
            group = 1 + (number + place) % GROUPS
            menu.links.append(_link(number, group, place) | _own_terms(group))
        if number % SET_EVERY == 0:
            for slot in (2 * number, 2 * number + 1):
                menu.slots.append(_slot(slot, number, parts))
                menu.choices += [_choice(slot, place) for place in _upto(CHOICES)]
    return menu


def _upto(count: int) -> Iterable[int]:
    return range(1, count + 1)


def _numbered(names: dict[str, str], number: int) -> dict[str, str]:
    return {language: f"{name} {number}" for language, name in names.items()}


def _category(number: int, names: dict[str, str]) -> Row:
    names = _numbered(names, number)
    return {"id": made(CATEGORY, number), "names": names, "position": number}


def _group(number: int, names: dict[str, str], *, most: int) -> Row:
    return {
        "id": made(GROUP, number),
        "names": names if number == 1 else _numbered(names, number),
        "min_select": 0,
        "max_select": most,
        "free_quota": 0,
        "position": number,
    }


def _option(number: int, group: int, names: dict[str, str]) -> Row:
    return {
        "id": made(OPTION, number),
        "group_id": made(GROUP, group),
        "names": _numbered(names, number),
        "price": 500 * number,
        "max_quantity": 2,
        "is_default": False,
        "position": number,
        "allergens_added": [],
        "allergens_removed": [],
        "availability": "available",
    }


def _item(number: int, names: dict[str, str], descriptions: dict[str, str]) -> Row:
    return {
        "id": made(ITEM, number),
        "category_id": made(CATEGORY, 1 + number % CATEGORIES),
        "names": _numbered(names, number),
        "descriptions": descriptions,
        "price": 9000 + 100 * number,
        "tax_class": "standard",
        "allergens": ["soybean"],
        "tags": ["spicy"],
        "position": number,
        "availability": "available",
    }


def _link(item: int, group: int, place: int) -> Row:
    return {"item_id": made(ITEM, item), "group_id": made(GROUP, group), "position": place}


def _own_terms(group: int) -> Row:
    """An item's own bounds for a group, and its own price for the group's first option."""
    first = made(OPTION, 1 + (group - 1) * OPTIONS_EACH)
    return {"min_select": 0, "max_select": 2, "prices": {str(first): 300}}


def _allergens(number: int) -> Row:
    return {"allergens_added": ["milk"] if number % 3 == 0 else []}


def _extras(number: int) -> Row:
    """A picture, an origin, a planned price, a happy hour and some counted stock."""
    later = datetime.now(UTC) + timedelta(days=30)  # noqa: TID251 - ahead of the service's clock
    digest = sha256(str(number).encode()).hexdigest()
    size = {"sha256": digest, "width": 1280, "height": 960}
    return {
        "image": {**size, "thumbnail": {"sha256": digest, "width": 320, "height": 240}},
        "origin": {"ko": "배추: 국내산, 돼지고기: 독일산", "en": "Cabbage: Korea, pork: Germany"},
        "price_schedule": [{"starts_at": later.isoformat(), "price": 9900 + 100 * number}],
        "happy_hours": [{"price": 8000 + 100 * number, "windows": _windows("15:00", "17:00")}],
        "stock": 1_000_000 if number % 4 == 0 else None,
    }


def _windows(start: str, end: str) -> list[Row]:
    return [{"weekday": day, "start": start, "end": end} for day in range(1, 8)]


def _holidays() -> list[Row]:
    return [{"date": "2020-01-01", "windows": []}]


def _slot(number: int, item: int, names: dict[str, str]) -> Row:
    return {
        "id": made(SLOT, number),
        "item_id": made(ITEM, item),
        "names": names,
        "min_select": 1,
        "max_select": 1,
        "position": number,
    }


def _choice(slot: int, place: int) -> Row:
    """Items 1 to 4, which are no sets themselves."""
    return {
        "slot_id": made(SLOT, slot),
        "item_id": made(ITEM, place),
        "position": place,
        "upcharge": 500 * (place - 1),
    }
