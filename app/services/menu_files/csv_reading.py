"""Reading this project's own table of a menu. `docs/menu-import.md` describes it."""

from collections.abc import Callable, Sequence
from typing import Any

from app.core.errors import FieldError
from app.core.words import UnreadableValueError, Words
from app.schemas.menu_file import (
    CELLS,
    CategoryPart,
    GroupPart,
    ItemPart,
    OptionPart,
    UsePart,
)
from app.services.menu_files.cells import cell_value
from app.services.menu_files.csv_header import Column, read_header
from app.services.menu_files.read_menu import Places, ReadMenu, checked_file
from app.services.menu_files.spreadsheet import Row

AVAILABILITY = ("status", "until", "stock")
FIELDS: dict[str, tuple[str, ...]] = {
    "category": ("key", *CategoryPart.plain_fields()),
    "item": ("category", "key", *ItemPart.plain_fields(), *AVAILABILITY),
    "group": ("key", *GroupPart.plain_fields()),
    "option": ("group", "key", *OptionPart.plain_fields(), *AVAILABILITY),
    "use": ("item", "group", *(name for name in UsePart.plain_fields() if name != "prices")),
    "price": ("item", "group", "key", "price"),
    "slot": ("item", "key", "name", "min_select", "max_select"),
    "choice": ("item", "key", "price"),
}
"""Which columns each kind of row may fill."""
EMPTIED = {"external_ref", "description", "origin", "until", "stock"}
"""What an empty cell empties; elsewhere it leaves things as they are."""
ALIASES = {"min": "min_select", "max": "max_select", "upcharge": "price"}
"""Fields of slots and choices whose columns have another name."""

UNSAID = "#unsaid"
"""Stands for the category of the items whose rows have none."""

Document = dict[str, Any]


def read_own_csv(rows: Sequence[Row], currency: str, default_language: str) -> ReadMenu:
    """The menu that a table describes.

    Args:
        rows: the header first.
        currency: what the amounts are of, ISO 4217.
        default_language: what columns such as `name` are in, when they don't say.

    Raises:
        MenuFileInvalidError: names each wrong row and column.
    """
    columns = read_header(rows[0], default_language)
    reader = _Reader(columns, currency)
    for row in rows[1:]:
        reader.read(row)
    spoken: dict[str, set[str]] = {}
    for column in columns:
        if column.language is not None:
            spoken.setdefault(column.name, set()).add(column.language)
    file = checked_file(reader.document(), reader.places, reader.errors)
    languages = {name: frozenset(tags) for name, tags in spoken.items()}
    return ReadMenu(file, "csv", reader.places, languages, unsaid_category=reader.unsaid_category)


class _Reader:
    """Puts rows into a document. `option`, `use` and `price` rows without the key of what they
    belong to belong to what stands above them.
    """

    def __init__(self, columns: Sequence[Column], currency: str) -> None:
        self._columns = columns
        self._currency = currency
        self.places = Places()
        for column in columns:
            self.places.columns.setdefault(column.name, column.number)
            if column.language is not None:
                self.places.columns[f"{column.name}:{column.language}"] = column.number
        for field, name in ALIASES.items():
            if name in self.places.columns:
                self.places.columns[field] = self.places.columns[name]
        self.errors: list[FieldError] = []
        self._groups: list[Document] = []
        self._categories: list[Document] = []
        self._by_key: dict[tuple[str, str], tuple[Document, str]] = {}
        self._by_name: dict[tuple[str, str], tuple[Document, str]] = {}
        self._last: dict[str, tuple[Document, str]] = {}
        self._lists: set[str] = set()
        self.unsaid_category: int | None = None

    def document(self) -> Document:
        """What was read. A table that has `use` rows names the groups of all its items, one that
        has `slot` rows the slots."""
        for category in self._categories:
            for item in category["items"]:
                for name in self._lists:
                    item.setdefault(name, [])
        return {"option_groups": self._groups, "categories": self._categories}

    def read(self, row: Row) -> None:
        cells = {
            column: row.cells[column.number - 1].strip()
            for column in self._columns
            if column.number <= len(row.cells)
        }
        kind = next((cell.lower() for at, cell in cells.items() if at.name == "kind"), "") or "item"
        if kind not in FIELDS:
            self._refuse(
                row,
                "kind",
                "unknown",
                Words(
                    f"Must be one of {', '.join(FIELDS)}.",
                    f"다음 중 하나여야 합니다: {', '.join(FIELDS)}",
                ),
            )
            return
        values = self._values(row, kind, cells)
        handle: Callable[[Row, Document], None] = getattr(self, f"_read_{kind}")
        handle(row, values)

    def _values(self, row: Row, kind: str, cells: dict[Column, str]) -> Document:
        values: Document = {}
        for column, cell in cells.items():
            if column.name in FIELDS[kind]:
                self._put(row, column, cell, values)
            elif cell and column.name != "kind":
                self._refuse(
                    row,
                    column,
                    "misplaced",
                    Words(f"Not for a row of kind {kind}.", f"{kind} 행에는 쓸 수 없는 열입니다."),
                )
        said = {name: value for name, value in values.items() if value != {} or name in EMPTIED}
        return {name: None if value == {} else value for name, value in said.items()}

    def _put(self, row: Row, column: Column, cell: str, values: Document) -> None:
        if column.language is not None:
            texts = values.setdefault(column.name, {})
            if cell:
                texts[column.language] = cell
        elif cell:
            self._convert(row, column, cell, values)
        elif column.name in EMPTIED:
            values[column.name] = None
        elif CELLS[column.name] in ("labels", "plan"):
            values[column.name] = []

    def _convert(self, row: Row, column: Column, cell: str, values: Document) -> None:
        try:
            values[column.name] = cell_value(column.name, cell, self._currency)
        except UnreadableValueError as error:
            self._refuse(row, column, "unreadable", error.words)

    def _refuse(self, row: Row, column: Column | str, code: str, detail: Words) -> None:
        name = column if isinstance(column, str) else column.name
        number = self.places.columns.get(name) if isinstance(column, str) else column.number
        self.errors.append(FieldError(f"/{name}", code, detail, row.number, number))

    def _add(self, kind: str, row: Row, part: Document, pointer: str) -> None:
        """Remember where the part stands, and what it can be called by."""
        self.places.rows[pointer] = row.number
        self._last[kind] = (part, pointer)
        if "key" in part:
            self._by_key.setdefault((kind, part["key"]), (part, pointer))
        for name in (part.get("name") or {}).values():
            self._by_name.setdefault((kind, name), (part, pointer))

    def _called(self, kind: str, called: str) -> tuple[Document, str] | None:
        """By key before by name: one's name in some language may be another's key."""
        return self._by_key.get((kind, called)) or self._by_name.get((kind, called))

    def _owner(self, kind: str, row: Row, values: Document) -> tuple[Document, str] | None:
        called = values.pop(kind, None)
        owner = self._last.get(kind) if called is None else self._called(kind, called)
        if owner is None:
            self._refuse(
                row,
                kind,
                "unknown",
                Words(f"No row above is this {kind}.", f"위에 해당하는 {kind} 행이 없습니다."),
            )
        return owner

    def _read_group(self, row: Row, values: Document) -> None:
        self._groups.append(values)
        self._add("group", row, self._groups[-1], f"/option_groups/{len(self._groups) - 1}")

    def _read_option(self, row: Row, values: Document) -> None:
        owner = self._owner("group", row, values)
        if owner is not None:
            group, pointer = owner
            options = group.setdefault("options", [])
            options.append(_with_availability(values))
            self.places.rows[f"{pointer}/options/{len(options) - 1}"] = row.number

    def _read_category(self, row: Row, values: Document) -> None:
        self._categories.append(values | {"items": []})
        self._add("category", row, self._categories[-1], f"/categories/{len(self._categories) - 1}")

    def _read_item(self, row: Row, values: Document) -> None:
        category, pointer = self._home(row, values.pop("category", None))
        category["items"].append(_with_availability(values))
        place = f"{pointer}/items/{len(category['items']) - 1}"
        self._add("item", row, category["items"][-1], place)

    def _home(self, row: Row, called: str | None) -> tuple[Document, str]:
        """The category of an item; one that no row has described is described by its key."""
        if called is None:
            if self.unsaid_category is None:
                self.unsaid_category = len(self._categories)
                self._categories.append({"key": UNSAID, "items": []})
            return self._categories[self.unsaid_category], f"/categories/{self.unsaid_category}"
        if self._called("category", called) is None:
            self._read_category(row, {"key": called})
        return self._called("category", called) or self._last["category"]

    def _read_use(self, row: Row, values: Document) -> None:
        self._lists.add("option_groups")
        owner = self._owner("item", row, values)
        if owner is not None:
            item, pointer = owner
            uses = item.setdefault("option_groups", [])
            uses.append({"key": values.pop("group", ""), **values})
            self._last["use"] = (uses[-1], "")
            self.places.rows[f"{pointer}/option_groups/{len(uses) - 1}"] = row.number

    def _read_price(self, row: Row, values: Document) -> None:
        owner = self._owner("item", row, values)
        uses = owner[0].get("option_groups", []) if owner is not None else []
        called = values.get("group")
        use = next((one for one in reversed(uses) if called in (None, one["key"])), None)
        if use is None:
            self._refuse(
                row,
                "group",
                "unknown",
                Words(
                    "No use row of the item is of this group.",
                    "이 메뉴에 이 그룹의 use 행이 없습니다.",
                ),
            )
        elif "key" not in values or "price" not in values:
            self._refuse(
                row,
                "price",
                "missing",
                Words("Needs the option's key and a price.", "옵션의 key와 가격이 필요합니다."),
            )
        else:
            use.setdefault("prices", {})[values["key"]] = values["price"]

    def _read_slot(self, row: Row, values: Document) -> None:
        self._lists.add("set_slots")
        owner = self._owner("item", row, values)
        if owner is not None:
            item, pointer = owner
            slots = item.setdefault("set_slots", [])
            renamed = {"min_select": "min", "max_select": "max"}
            slots.append({renamed.get(name, name): value for name, value in values.items()})
            slots[-1]["choices"] = []
            self.places.rows[f"{pointer}/set_slots/{len(slots) - 1}"] = row.number

    def _read_choice(self, row: Row, values: Document) -> None:
        owner = self._owner("item", row, values)
        slots = owner[0].get("set_slots") if owner is not None else None
        if owner is None or not slots:
            self._refuse(
                row,
                "item",
                "unknown",
                Words(
                    "No slot row of the item stands above.", "위에 이 메뉴의 slot 행이 없습니다."
                ),
            )
            return
        choices = slots[-1]["choices"]
        choices.append({"upcharge" if name == "price" else name: values[name] for name in values})
        place = f"{owner[1]}/set_slots/{len(slots) - 1}/choices/{len(choices) - 1}"
        self.places.rows[place] = row.number


def _with_availability(values: Document) -> Document:
    """`status`, `until` and `stock` are one thing in the file; without any of them, unsaid."""
    said = {name: values.pop(name) for name in AVAILABILITY if name in values}
    if any(value is not None for value in said.values()):
        values["availability"] = said
    return values
