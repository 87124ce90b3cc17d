"""A store's menu as files see it: its rows joined, each thing with its key."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.language import pick
from app.repositories.menu_file import MenuFileRows, Row
from app.services.menu_files.matching import keys_of
from app.services.pricing.price_plan import settled


@dataclass(frozen=True, slots=True)
class Thing:
    """A live row. `name` is in the store's default language."""

    row: Row
    key: str
    name: str

    @property
    def id(self) -> UUID:
        found: UUID = self.row["id"]
        return found


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of a set with the rows of what it offers; archived dishes have fallen away."""

    thing: Thing
    choices: Sequence[Row]


@dataclass(frozen=True, slots=True)
class StoredMenu:
    """Everything in display order; options by group, items by category, links and slots by item.

    Items have the price that holds outside of happy hours, and of planned ones what is to come.
    """

    categories: Sequence[Thing]
    items: dict[UUID, list[Thing]]
    groups: Sequence[Thing]
    options: dict[UUID, list[Thing]]
    links: dict[UUID, list[Row]]
    slots: dict[UUID, list[Slot]]

    def all_items(self) -> list[Thing]:
        return [item for category in self.categories for item in self.items[category.id]]


def stored_menu(rows: MenuFileRows, default_language: str, now: datetime) -> StoredMenu:
    """Join the rows as they hold at the instant `now`.

    Links to archived groups, own prices of archived options and choices of archived items fall
    away.
    """
    categories = things(rows.categories, default_language)
    members = _by([_settled(row, now) for row in rows.items], "category_id")
    ordered = [row for category in categories for row in members[category.id]]
    items: dict[UUID, list[Thing]] = defaultdict(list)
    for item in things(ordered, default_language):
        items[item.row["category_id"]].append(item)
    groups = things(rows.groups, default_language)
    options = _by(rows.options, "group_id")
    live = {group.id for group in groups}
    on_sale = {str(option["id"]) for group in groups for option in options[group.id]}
    links = [_with_prices_of(on_sale, link) for link in rows.links if link["group_id"] in live]
    return StoredMenu(
        categories,
        items,
        groups,
        {group.id: things(options[group.id], default_language) for group in groups},
        _by(links, "item_id"),
        _slots(rows, {row["id"] for row in ordered}, default_language),
    )


def _settled(row: Row, now: datetime) -> Row:
    if not row["price_schedule"]:
        return row
    price, schedule = settled(row["price"], row["price_schedule"], now)
    return row | {"price": price, "price_schedule": schedule}


def _with_prices_of(options: set[str], link: Row) -> Row:
    own: Mapping[str, int] = link["prices"] or {}
    return link | {"prices": {key: price for key, price in own.items() if key in options} or None}


def _slots(rows: MenuFileRows, items: set[UUID], language: str) -> dict[UUID, list[Slot]]:
    choices = _by([choice for choice in rows.choices if choice["item_id"] in items], "slot_id")
    return {
        item_id: [Slot(thing, choices[thing.id]) for thing in things(slots, language)]
        for item_id, slots in _by(rows.slots, "item_id").items()
        if item_id in items
    }


def things(rows: Sequence[Row], language: str) -> list[Thing]:
    """The rows, in their order, with their keys and names."""
    names = [pick(row["names"], language, language) for row in rows]
    bases = [row.get("external_ref") or name for row, name in zip(rows, names, strict=True)]
    keys = keys_of(bases)
    return [Thing(*one) for one in zip(rows, keys, names, strict=True)]


def _by(rows: Sequence[Row], column: str) -> dict[Any, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found
