"""A menu file as one table, which spreadsheets can edit. `docs/menu-import.md` describes it."""

from collections.abc import Iterator
from typing import Any

from app.core.clock import instant_text
from app.schemas.menu_file import CELLS, ItemPart, MenuFile, Part
from app.services.menu_files.cells import cell_text
from app.services.menu_files.spreadsheet import write_rows

Column = tuple[str, str | None]


def csv_bytes(file: MenuFile) -> bytes:
    """Groups with their options, then categories, then items, each with its uses and prices, and with its
    slots and choices."""
    columns = _columns(file)
    currency = file.currency or ""
    return write_rows(
        [
            [name if language is None else f"{name}:{language}" for name, language in columns],
            *([_cell(row, *column, currency) for column in columns] for row in _rows(file)),
        ]
    )


def _columns(file: MenuFile) -> list[Column]:
    """Name and language of each column; texts have one for each language that is used."""
    first = file.default_language or ""
    used = {first} | set(file.languages or ())
    for row in _rows(file):
        for name in CELLS:
            if CELLS[name] == "texts":
                used |= set(row.get(name) or ())
    ordered = [first, *sorted(used - {first})]
    return [
        (name, language)
        for name, cell in CELLS.items()
        for language in (ordered if cell == "texts" else [None])
    ]


def _rows(file: MenuFile) -> Iterator[dict[str, Any]]:
    for group in file.option_groups:
        yield {"kind": "group"} | _flat(group)
        for option in group.options:
            yield {"kind": "option", "group": group.key} | _flat(option)
    for category in file.categories:
        yield {"kind": "category"} | _flat(category)
    for category in file.categories:
        for item in category.items:
            yield {"kind": "item", "category": category.key} | _flat(item)
            yield from _uses(item)
            yield from _slots(item)


def _uses(item: ItemPart) -> Iterator[dict[str, Any]]:
    for use in item.option_groups:
        where = {"item": item.key, "group": use.key}
        yield {"kind": "use", **where, "min_select": use.min_select, "max_select": use.max_select}
        for key, price in (use.prices or {}).items():
            yield {"kind": "price", **where, "key": key, "price": price}


def _slots(item: ItemPart) -> Iterator[dict[str, Any]]:
    for slot in item.set_slots:
        bounds = {"min_select": slot.min, "max_select": slot.max}
        yield {"kind": "slot", "item": item.key, "key": slot.key, "name": slot.name} | bounds
        for choice in slot.choices:
            offered = {"key": choice.key, "price": choice.upcharge}
            yield {"kind": "choice", "item": item.key} | offered


def _flat(part: Part) -> dict[str, Any]:
    """The key, the plain fields and the availability, each a column."""
    values = {name: getattr(part, name) for name in ("key", *part.plain_fields())}
    availability = getattr(part, "availability", None)
    if availability is not None:
        until = availability.until
        values["status"] = str(availability.status)
        values["until"] = None if until is None else instant_text(until)
        values["stock"] = availability.stock
    return values


def _cell(row: dict[str, Any], name: str, language: str | None, currency: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if language is not None:
        text: str = value.get(language, "")
        return text
    return cell_text(name, value, currency)
