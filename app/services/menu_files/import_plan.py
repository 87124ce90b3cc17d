"""What an import will do: a file and a stored menu → rows to add, to change and to archive.

Nothing here touches the database, so that a dry run is the same thing without its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.errors import FieldError
from app.core.language import pick
from app.repositories.menu_file import Row
from app.schemas.menu_file import FieldChange, ImportChange, PartCounts, PartKind
from app.services.menu_files.stored_menu import Thing


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """`now` is aware; it says which "sold out until" is over."""

    default_language: str
    now: datetime
    archive_missing: bool = False
    set_availability: bool = False


@dataclass(slots=True)
class Placed:
    """A part of the file with its row as it will be, or a row of the store that stays.

    `pointer` and `key` are the part's in the file; a row that stays has neither.
    """

    row: Row
    stored: Thing | None
    pointer: str = ""
    key: str | None = None
    changes: list[FieldChange] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        found: UUID = self.row["id"]
        return found


@dataclass(slots=True)
class FinalSlot:
    """A part of a set as it will be, with the rows of what it offers; `item_id` is None in those
    of things that are not there. `pointer` is its part's in the file."""

    row: Row
    choices: Sequence[Row]
    pointer: str = ""


@dataclass(slots=True)
class KindPlan:
    """What happens to the things of one kind."""

    added: list[Placed] = field(default_factory=list)
    changed: list[Placed] = field(default_factory=list)
    archived: list[Thing] = field(default_factory=list)
    unchanged: int = 0

    def note(self, placed: Sequence[Placed]) -> None:
        """Sort parts of the file by what happens to them."""
        for one in placed:
            if one.stored is None:
                self.added.append(one)
            elif one.changes:
                self.changed.append(one)
            else:
                self.unchanged += 1

    def counts(self) -> PartCounts:
        return PartCounts(
            created=len(self.added),
            updated=len(self.changed),
            unchanged=self.unchanged,
            archived=len(self.archived),
        )


@dataclass(slots=True)
class ImportPlan:
    """`links` are the whole lists of those items whose lists change, by item, and `links_before`
    what they were; `sets` the slots before and after of those whose slots do.

    What is `final` is the menu as it will be, for the checks: groups and their options by group,
    links and slots by item, each with the pointer of its part where the file has it.
    """

    kinds: dict[PartKind, KindPlan] = field(
        default_factory=lambda: {
            "category": KindPlan(),
            "item": KindPlan(),
            "option_group": KindPlan(),
            "option": KindPlan(),
        }
    )
    links: dict[UUID, list[Row]] = field(default_factory=dict)
    links_before: dict[UUID, list[Row]] = field(default_factory=dict)
    sets: list[tuple[list[FinalSlot], list[FinalSlot]]] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)
    warnings: list[FieldError] = field(default_factory=list)
    final_items: dict[UUID, str] = field(default_factory=dict)
    final_groups: dict[UUID, Placed] = field(default_factory=dict)
    final_options: dict[UUID, list[Placed]] = field(default_factory=dict)
    final_links: dict[UUID, list[tuple[Row, str]]] = field(default_factory=dict)
    final_slots: dict[UUID, list[FinalSlot]] = field(default_factory=dict)

    @property
    def changes_anything(self) -> bool:
        return any(one.added or one.changed or one.archived for one in self.kinds.values())

    def changes(self, language: str) -> list[ImportChange]:
        """Everything that changes, from the whole to the part."""
        found = []
        for kind, plan in self.kinds.items():
            for change, several in (("created", plan.added), ("updated", plan.changed)):
                found += [_change(kind, change, one.row, one.changes, language) for one in several]
            found += [_change(kind, "archived", one.row, [], language) for one in plan.archived]
        return found


def _change(
    kind: PartKind, change: Any, row: Row, fields: list[FieldChange], language: str
) -> ImportChange:
    name = pick(row["names"], language, language)
    shown = fields if change == "updated" else []
    return ImportChange(kind=kind, change=change, name=name, fields=shown)
