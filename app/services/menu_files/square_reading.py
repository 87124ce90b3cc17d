"""Reading the item library that Square exports as CSV.

A row is a variation, and its token too: one that is renamed stays the same option. An item with one
variation has its price; with several, an option group of its own with a required choice, whose
cheapest option costs nothing more. Of modifier sets the file has only the names: items get the
store's option groups of those names.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import FieldError
from app.core.words import UnreadableValueError, Words
from app.services.menu_files.money_text import read_amount
from app.services.menu_files.read_menu import KnownNames, Places, ReadMenu, checked_file
from app.services.menu_files.spreadsheet import Row

MODIFIERS = "modifier set - "
SIZE = {"ko": {"ko": "사이즈", "en": "Size"}}
OTHER = {"ko": "기타"}
ALCOHOL = "alcohol"
YES, NO = ("y", "yes", "true"), ("n", "no", "false")
SHOWN = "customer-facing name"
"""What guests read, where it differs from what the staff call it."""
CATEGORY_COLUMNS = ("reporting category", "category", "categories")
HEADER_WITHIN = 10
"""Square's template has some rows of instructions above its header."""
FIELD_COLUMNS = {
    "name": "item name",
    "description": "description",
    "price": "price",
    "external_ref": "token",
    "options": "variation name",
    "tags": "contains alcohol",
}


def square_table(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows from the header of Square's table on; none when it isn't one."""
    for place, row in enumerate(rows[:HEADER_WITHIN]):
        if "item name" in {cell.strip().lower() for cell in row.cells}:
            return rows[place:]
    return ()


@dataclass(slots=True)
class _Variation:
    row: int
    token: str
    name: str
    price: int
    kind: str
    """What of the item varies, such as Size, where Square knows it."""


@dataclass(slots=True)
class _Item:
    row: int
    name: str
    category: str
    description: str
    sku: str
    shown: str
    sets: list[str]
    tags: list[str]
    variations: list[_Variation] = field(default_factory=list)


class _Table:
    """The columns by name, whatever their order and letters' case."""

    def __init__(self, header: Row) -> None:
        names = [cell.strip() for cell in header.cells]
        self.numbers: dict[str, int] = {}
        for number, name in enumerate(names, 1):
            self.numbers.setdefault(name.lower(), number)
        self.sets = [
            (number, name[len(MODIFIERS) :].strip())
            for number, name in enumerate(names, 1)
            if name.lower().startswith(MODIFIERS)
        ]

    def cell(self, row: Row, name: str) -> str:
        return self.at(row, self.numbers.get(name, 0))

    def says(self, row: Row, name: str, words: Collection[str]) -> bool:
        return self.cell(row, name).lower() in words

    @staticmethod
    def at(row: Row, number: int) -> str:
        return row.cells[number - 1].strip() if 0 < number <= len(row.cells) else ""

    def category(self, row: Row) -> str:
        """The one that reports count for, else the first; without what Square adds to it."""
        cells = [self.cell(row, name) for name in CATEGORY_COLUMNS]
        first = next((cell for cell in cells if cell), "")
        return re.sub(r"\s*\(#[^)]*\)\s*\Z", "", first.partition(",")[0]).strip()

    def places(self) -> Places:
        columns = {
            name: self.numbers[column]
            for name, column in FIELD_COLUMNS.items()
            if column in self.numbers
        }
        return Places(columns=columns)


def read_square_csv(
    rows: Sequence[Row], currency: str, default_language: str, known: KnownNames
) -> ReadMenu:
    """The menu of Square's item library.

    Args:
        rows: the header first.
        currency: what the prices are of, ISO 4217.
        default_language: what the texts are taken to be in.
        known: groups for modifier sets; references, of which an item keeps the one it has.

    Raises:
        MenuFileInvalidError: names each wrong row and column.
    """
    table = _Table(rows[0])
    errors: list[FieldError] = []
    items = _items(table, rows[1:], currency, errors)
    document = _Document(table.places(), default_language, known)
    for item in items:
        document.add(item)
    parts = {"option_groups": document.groups, "categories": list(document.categories.values())}
    file = checked_file(parts, document.places, errors)
    spoken = frozenset({default_language})
    languages = {"name": spoken, "description": spoken}
    return ReadMenu(
        file,
        "square",
        document.places,
        languages,
        document.own_groups,
        document.warnings,
        adds=frozenset({"tags"}),
    )


def _items(
    table: _Table, rows: Sequence[Row], currency: str, errors: list[FieldError]
) -> list[_Item]:
    """Rows of one name and category are one item, until a variation's name comes again."""
    open_items: dict[tuple[str, str], _Item] = {}
    items = []
    for row in rows:
        if table.says(row, "archived", YES) or table.says(row, "sellable", NO):
            continue
        variation = _variation(table, row, currency, errors)
        called = (table.cell(row, "item name"), table.category(row))
        item = open_items.get(called)
        if item is None or variation.name in {one.name for one in item.variations}:
            sets = [name for number, name in table.sets if table.at(row, number).lower() == "y"]
            item = open_items[called] = _Item(
                row.number,
                *called,
                description=table.cell(row, "description"),
                sku=table.cell(row, "sku"),
                shown=table.cell(row, SHOWN),
                sets=sets,
                tags=[],
            )
            items.append(item)
        if ALCOHOL not in item.tags and table.says(row, "contains alcohol", YES):
            item.tags.append(ALCOHOL)
        item.variations.append(variation)
    return items


def _variation(table: _Table, row: Row, currency: str, errors: list[FieldError]) -> _Variation:
    text, price = table.cell(row, "price"), 0
    column = table.numbers.get("price")
    if not text or text.lower() == "variable":
        detail = Words(
            "Needs a price: one that is asked for at the till can't be ordered at a table.",
            "가격이 필요합니다. 계산대에서 정하는 가격으로는 테이블에서 주문할 수 없습니다.",
        )
        errors.append(FieldError("/price", "price-missing", detail, row.number, column))
    else:
        try:
            price = read_amount(text, currency)
        except UnreadableValueError as error:
            errors.append(FieldError("/price", "unreadable", error.words, row.number, column))
    name = table.cell(row, "variation name") or "Regular"
    kind = "" if table.cell(row, "option name 2") else table.cell(row, "option name 1")
    return _Variation(row.number, table.cell(row, "token"), name, price, kind)


class _Document:
    def __init__(self, places: Places, language: str, known: KnownNames) -> None:
        self.places = places
        self._language = language
        self._known = known
        self.groups: list[dict[str, Any]] = []
        self.categories: dict[str, dict[str, Any]] = {}
        self.own_groups: dict[int, tuple[int, int]] = {}
        self.warnings: list[FieldError] = []
        self._warned: set[str] = set()

    def add(self, item: _Item) -> None:
        name = item.category or OTHER.get(self._language, "Other")
        if name not in self.categories:
            self.places.rows[f"/categories/{len(self.categories)}"] = item.row
            self.categories[name] = {"key": name, "items": []}
        category = list(self.categories).index(name)
        items = self.categories[name]["items"]
        self.places.rows[f"/categories/{category}/items/{len(items)}"] = item.row
        uses = self._uses(item, (category, len(items)))
        single = len(item.variations) == 1
        items.append(
            {
                "name": {self._language: item.shown or item.name},
                "description": {self._language: item.description} if item.description else None,
                "price": min(one.price for one in item.variations),
                "option_groups": uses,
                **({"tags": item.tags} if item.tags else {}),
            }
        )
        references = [one.token for one in item.variations if one.token]
        references = references or ([item.sku] if single and item.sku else [])
        if references:
            had = (one for one in references if one in self._known.references)
            items[-1]["external_ref"] = next(had, references[0])

    def _uses(self, item: _Item, place: tuple[int, int]) -> list[dict[str, Any]]:
        uses = []
        if len(item.variations) > 1:
            key = f"#size-{len(self.groups)}"
            uses.append({"key": key, "min_select": None, "max_select": None, "prices": None})
            self._add_sizes(item, key)
            self.own_groups[len(self.groups) - 1] = place
        for name in item.sets:
            if name in self._known.groups:
                uses.append({"key": name})
            elif name not in self._warned:
                self._warned.add(name)
                detail = Words(
                    f"Add an option group “{name[:100]}” and import again: its options are not in the file.",
                    f"옵션 내용이 파일에 없습니다. 이름이 “{name[:100]}”인 옵션 그룹을 만든 뒤 다시 가져와 주세요.",
                )
                self.warnings.append(FieldError("", "modifier-set-unknown", detail, item.row))
        return uses

    def _add_sizes(self, item: _Item, key: str) -> None:
        pointer = f"/option_groups/{len(self.groups)}"
        self.places.rows[pointer] = item.row
        least = min(one.price for one in item.variations)
        tokens = [one.token for one in item.variations]
        # One token for all of them, as older files have it, is the item's.
        known = all(tokens) and len(set(tokens)) == len(tokens)
        references = [{"external_ref": token} if known else {} for token in tokens]
        for at, one in enumerate(item.variations):
            self.places.rows[f"{pointer}/options/{at}"] = one.row
        self.groups.append(
            {
                "key": key,
                "name": self._size(item),
                "min_select": 1,
                "max_select": 1,
                "options": [
                    {"name": {self._language: one.name}, "price": one.price - least} | reference
                    for one, reference in zip(item.variations, references, strict=True)
                ],
            }
        )

    def _size(self, item: _Item) -> dict[str, str]:
        kinds = {one.kind for one in item.variations}
        if len(kinds) == 1 and (kind := kinds.pop()):
            return {self._language: kind}
        return SIZE.get(self._language, {self._language: "Size"})
