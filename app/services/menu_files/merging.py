"""One part of a file and the row that it speaks of → the row as it will be, and what differs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.models.menu import Availability
from app.repositories.menu_file import Row
from app.schemas.menu_file import (
    CELLS,
    COLUMNS,
    PLANS,
    AvailabilityPart,
    FieldChange,
    Part,
)
from app.schemas.timing import stored
from app.services.menu_files.exporting import availability_state
from app.services.pricing.price_plan import settled

AVAILABILITY_COLUMNS = ("availability", "sold_out_until", "stock")
Languages = Mapping[str, frozenset[str]]
State = tuple[str, datetime | None, int | None]
"""Status, end and stock."""
UNSET: State = (str(Availability.AVAILABLE), None, None)


@dataclass(frozen=True, slots=True)
class Merged:
    """`row` is what will be stored; no `changes` when that is what is stored already. `kept` is the
    availability that the part would change and doesn't."""

    row: Row
    changes: list[FieldChange]
    kept: FieldChange | None = None


@dataclass(frozen=True, slots=True)
class MergeTerms:
    """`languages` are by field those that the file speaks for; None when for all. `adds` are lists
    that add to what is there; `set_availability` is of what is there, too."""

    now: datetime
    languages: Languages | None = None
    adds: frozenset[str] = frozenset()
    set_availability: bool = False


def merge(part: Part, row: Row | None, terms: MergeTerms) -> Merged:
    """What the part makes of `row`, or of nothing.

    What the part doesn't say stays, or takes the default. A position is left to the caller when
    the part has none; so is the name of a new category.
    """
    after = dict(row or {})
    changes = []
    kept = None
    said = _said(part, row, terms.now)
    for name, value in said.items():
        if value is None and name in ("position", "name"):
            continue
        column = COLUMNS.get(name, name)
        after[column] = value
        if row is None:
            continue
        if terms.languages is not None and CELLS.get(name) == "texts":
            spoken = terms.languages.get(name, frozenset())
            after[column] = with_other_languages(row[column], value, spoken)
        if name in terms.adds:
            after[column] = list(dict.fromkeys([*row[column], *value]))
        if row[column] != after[column]:
            changes.append(FieldChange(field=name, before=row[column], after=after[column]))
    if "availability" in type(part).model_fields:
        state = getattr(part, "availability")  # noqa: B009 - of some parts
        change = _merge_availability(state, row, after, terms)
        changes += [change] if change and terms.set_availability else []
        kept = None if terms.set_availability else change
    return Merged(after, changes, kept)


def _said(part: Part, row: Row | None, now: datetime) -> dict[str, Any]:
    """The values of what the part says (of all its fields, without `row`) as the database keeps
    them.

    A planned price that has begun is the price, as an `until` that has passed means available.
    """
    names = [*part.plain_fields(), *({"image"} & type(part).model_fields.keys())]
    said = {
        name: getattr(part, name) for name in names if row is None or name in part.model_fields_set
    }
    for name in PLANS & said.keys():
        said[name] = stored(said[name])
    if said.get("image") is not None:
        said["image"] = said["image"].model_dump()
    if said.get("price_schedule"):
        in_order = sorted(said["price_schedule"], key=lambda step: step["starts_at"])
        price = said["price"] if "price" in said or row is None else row["price"]
        said["price"], said["price_schedule"] = settled(price, in_order, now)
    return said


def with_other_languages(
    stored: Mapping[str, str] | None, sent: Mapping[str, str] | None, spoken: frozenset[str]
) -> dict[str, str] | None:
    """The texts, with those that are stored in languages of which the file doesn't speak."""
    kept = {tag: text for tag, text in (stored or {}).items() if tag not in spoken}
    return kept | dict(sent or {}) or None


def _merge_availability(
    part: AvailabilityPart | None, row: Row | None, after: Row, terms: MergeTerms
) -> FieldChange | None:
    """Put what the part says into `after`, if that is new or asked for; how it differs from what
    holds, if anything is there."""
    before = UNSET if row is None else availability_state(row, terms.now)
    said = before if part is None else _wanted(part, before[2], terms.now)
    if row is None or (terms.set_availability and said != before):
        after.update(zip(AVAILABILITY_COLUMNS, said, strict=True))
    if row is None or said == before:
        return None
    return FieldChange(field="availability", before=_shown(before), after=_shown(said))


def _wanted(part: AvailabilityPart, stock: int | None, now: datetime) -> State:
    """A stock that is not mentioned goes on counting, unless it is used up and there is more."""
    state = availability_state(
        {"availability": str(part.status), "sold_out_until": part.until, "stock": part.stock}, now
    )
    if "stock" in part.model_fields_set:
        return state
    return (*state[:2], None if part.status is Availability.AVAILABLE and stock == 0 else stock)


def _shown(state: State) -> dict[str, Any]:
    return dict(zip(("status", "until", "stock"), state, strict=True))
