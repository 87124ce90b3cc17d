"""The header of this project's own table of a menu."""

from dataclasses import dataclass

from app.core.errors import FieldError
from app.core.language import written_tag
from app.core.words import Words
from app.schemas.menu_file import CELLS
from app.services.menu_files.read_menu import refusal
from app.services.menu_files.spreadsheet import Row


@dataclass(frozen=True, slots=True)
class Column:
    number: int
    name: str
    language: str | None


def read_header(row: Row, default_language: str) -> list[Column]:
    """The columns of the table.

    Raises:
        MenuFileInvalidError: one is unknown or stands twice, or there is nothing to know things by.
    """
    columns, errors = [], []
    seen: set[tuple[str, str | None]] = set()
    for number, cell in enumerate(row.cells, 1):
        name, _, language = cell.strip().partition(":")
        name = name.lower()
        if not name:
            continue
        kind = CELLS.get(name)
        column = Column(
            number, name, (written_tag(language) or default_language) if kind == "texts" else None
        )
        if kind is None or (language and kind != "texts"):
            errors.append(
                _error(number, cell, "unknown", Words("There is no such column.", "없는 열입니다."))
            )
        if (name, column.language) in seen:
            errors.append(
                _error(
                    number,
                    cell,
                    "repeated",
                    Words("The column stands twice.", "같은 열이 두 번 있습니다."),
                )
            )
        seen.add((name, column.language))
        columns.append(column)
    known_by = {("name", default_language), ("key", None), ("external_ref", None)}
    if not known_by & seen:
        detail = Words(
            f"Needs a column name (or name:{default_language}), key or external_ref.",
            f"name(또는 name:{default_language}), key, external_ref 가운데 한 열이 필요합니다.",
        )
        errors.append(FieldError("/name", "missing", detail, 1))
    if errors:
        raise refusal(errors)
    return columns


def _error(number: int, cell: str, code: str, detail: Words) -> FieldError:
    return FieldError(
        f"/{cell.strip()[:50].replace('~', '~0').replace('/', '~1')}", code, detail, 1, number
    )
