"""A store's menu as files see it: its rows joined, each thing with its key."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.language import pick
from app.repositories.menu_file import MenuFileRows, Row
from app.services.menu_matching import keys_of


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
class StoredMenu:
    """Everything in display order; options by group, items by category, links by item."""

    categories: Sequence[Thing]
    items: dict[UUID, list[Thing]]
    groups: Sequence[Thing]
    options: dict[UUID, list[Thing]]
    links: dict[UUID, list[Row]]

    def all_items(self) -> list[Thing]:
        return [item for category in self.categories for item in self.items[category.id]]


def stored_menu(rows: MenuFileRows, default_language: str) -> StoredMenu:
    """Join the rows. Links to archived groups fall away."""
    categories = _things(rows.categories, default_language)
    members = _by(rows.items, "category_id")
    ordered = [row for category in categories for row in members[category.id]]
    items: dict[UUID, list[Thing]] = defaultdict(list)
    for item in _things(ordered, default_language):
        items[item.row["category_id"]].append(item)
    groups = _things(rows.groups, default_language)
    options = _by(rows.options, "group_id")
    live = {group.id for group in groups}
    return StoredMenu(
        categories,
        items,
        groups,
        {group.id: _things(options[group.id], default_language) for group in groups},
        _by([link for link in rows.links if link["group_id"] in live], "item_id"),
    )


def _things(rows: Sequence[Row], language: str) -> list[Thing]:
    names = [pick(row["names"], language, language) for row in rows]
    bases = [row.get("external_ref") or name for row, name in zip(rows, names, strict=True)]
    keys = keys_of(bases)
    return [Thing(*one) for one in zip(rows, keys, names, strict=True)]


def _by(rows: Sequence[Row], column: str) -> dict[Any, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found
