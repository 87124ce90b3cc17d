"""One part of a file and the row that it speaks of → the row as it will be, and what differs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.models.menu import Availability
from app.repositories.menu_file import Row
from app.schemas.menu_file import CELLS, COLUMNS, AvailabilityPart, FieldChange, Part
from app.services.menu_export import availability_state

AVAILABILITY_COLUMNS = ("availability", "sold_out_until", "stock")
Languages = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Merged:
    """`row` is what will be stored; no `changes` when that is what is stored already."""

    row: Row
    changes: list[FieldChange]


def merge(part: Part, row: Row | None, now: datetime, languages: Languages | None) -> Merged:
    """What the part makes of `row`, or of nothing.

    What the part doesn't say stays, or takes the default. A position is left to the caller when
    the part has none; so is the name of a new category.

    Args:
        languages: by field those that the file speaks for; None when for all.
    """
    after = dict(row or {})
    changes = []
    for name in part.plain_fields():
        said = row is None or name in part.model_fields_set
        value = getattr(part, name)
        if not said or (value is None and name in ("position", "name")):
            continue
        column = COLUMNS.get(name, name)
        if row is not None and languages is not None and CELLS[name] == "texts":
            value = _with_other_languages(row[column], value, languages.get(name, frozenset()))
        after[column] = value
        if row is not None and row[column] != value:
            changes.append(FieldChange(field=name, before=row[column], after=value))
    if "availability" in type(part).model_fields:
        changes += _merge_availability(getattr(part, "availability"), row, after, now)  # noqa: B009 - of some parts
    return Merged(after, changes)


def _with_other_languages(
    stored: Mapping[str, str] | None, sent: Mapping[str, str] | None, spoken: frozenset[str]
) -> dict[str, str] | None:
    kept = {tag: text for tag, text in (stored or {}).items() if tag not in spoken}
    return kept | dict(sent or {}) or None


def _merge_availability(
    part: AvailabilityPart | None, row: Row | None, after: Row, now: datetime
) -> list[FieldChange]:
    if row is None:
        before: tuple[Any, ...] = (str(Availability.AVAILABLE), None, None)
        after.update(zip(AVAILABILITY_COLUMNS, before, strict=True))
    else:
        before = availability_state(row, now)
    if part is None:
        return []
    wanted = _wanted(part, before[2], now)
    if wanted == before:
        return []
    after.update(zip(AVAILABILITY_COLUMNS, wanted, strict=True))
    return [FieldChange(field="availability", before=_shown(before), after=_shown(wanted))]


def _wanted(
    part: AvailabilityPart, stock: int | None, now: datetime
) -> tuple[str, datetime | None, int | None]:
    """A stock that is not mentioned goes on counting, unless it is used up and there is more."""
    state = availability_state(
        {"availability": str(part.status), "sold_out_until": part.until, "stock": part.stock}, now
    )
    if "stock" in part.model_fields_set:
        return state
    return (*state[:2], None if part.status is Availability.AVAILABLE and stock == 0 else stock)


def _shown(state: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(("status", "until", "stock"), state, strict=True))
