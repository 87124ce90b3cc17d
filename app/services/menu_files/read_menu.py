"""A menu file as it was read, and where in the file each part of it stands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import ValidationError

from app.core.errors import FieldError, MenuFileInvalidError
from app.core.reader_words import reader_error
from app.schemas.menu_file import ImportNote, MenuFile

FileFormat = Literal["json", "csv", "square"]
MAX_ERRORS = 100


@dataclass(slots=True)
class Places:
    """Where the parts of a document come from in a table.

    `rows` has the row of each part by the part's pointer, `columns` the column of each field;
    both count from 1. In JSON, where pointers say it all, both are empty.
    """

    rows: dict[str, int] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)

    def located(self, error: FieldError) -> FieldError:
        """The error with its row, and with its column where one is to blame."""
        parts = error.pointer.split("/")
        for end in range(len(parts), 0, -1):
            row = self.rows.get("/".join(parts[:end]))
            if row is not None:
                names = [*parts[end:], ""][:2]
                if "items" in parts and "option_groups" in parts[:end] and names[0] == "key":
                    names[0] = "group"
                return replace(error, row=row, column=self._column(names))
        return error

    def _column(self, rest: Sequence[str]) -> int | None:
        names = [":".join(rest), *rest]
        return next((self.columns[name] for name in names if name in self.columns), None)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What the store has already: keys of option groups, and references of items."""

    groups: Collection[str] = ()
    references: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class ReadMenu:
    """A menu file.

    `languages` are those that a table speaks for, by field: texts in others stay as they are.
    `own_groups` are groups that belong to one item: the place of the group → category and item.
    `adds` are lists of items that add to what is there instead of replacing it.
    `unsaid_category` is the place of what holds the items whose category the file doesn't say.
    """

    file: MenuFile
    format: FileFormat
    places: Places = field(default_factory=Places)
    languages: Mapping[str, frozenset[str]] | None = None
    own_groups: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    warnings: Sequence[FieldError] = ()
    unsaid_category: int | None = None
    adds: frozenset[str] = frozenset()


def checked_file(document: Any, places: Places, errors: Sequence[FieldError] = ()) -> MenuFile:
    """The document as a menu file.

    Args:
        errors: what was wrong before; a document that has such is read to find more.

    Raises:
        MenuFileInvalidError: with all that is wrong.
    """
    found = list(errors)
    try:
        file = MenuFile.model_validate(document)
    except ValidationError as error:
        more = [
            places.located(reader_error(_pointer(one["loc"]), one))
            for one in error.errors(include_url=False)
        ]
        # A cell that could not be read is not missing as well; and one that says something for
        # five days is wrong once.
        known: set[tuple[object, ...]] = {(one.row, one.column) for one in errors}
        for one in more:
            told = (one.row, one.column, one.detail)
            if one.row is None or not {told, told[:2]} & known:
                found.append(one)
                known.add(told)
    if found:
        raise refusal(found)
    return file


def note(read: ReadMenu, warning: FieldError, language: str) -> ImportNote:
    """A warning about a place of the file, in `language`."""
    place = warning if warning.row is not None else read.places.located(warning)
    pointer = warning.pointer if place.row is None else None
    detail = warning.detail[language]
    return ImportNote(row=place.row, pointer=pointer, code=warning.code, detail=detail)


def refusal(errors: Sequence[FieldError]) -> MenuFileInvalidError:
    """The first errors in the order of the file, and how many there are.

    In a table the pointer is `/row/column`: it has no fields to point at.
    """
    ordered = sorted(errors, key=lambda error: (error.row or 0, error.column or 0))
    shown = [
        error
        if error.row is None
        else replace(error, pointer=_pointer([n for n in (error.row, error.column) if n]))
        for error in ordered[:MAX_ERRORS]
    ]
    return MenuFileInvalidError(errors=shown, error_count=len(errors))


def _pointer(location: Sequence[int | str]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)
