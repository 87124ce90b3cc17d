"""What the sets of a file consist of, and which slots of the store that makes of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.errors import FieldError
from app.core.ids import uuid7
from app.core.language import pick
from app.repositories.menu_file import Row
from app.schemas.menu_file import FieldChange, ItemPart, SlotPart
from app.services.menu.set_checks import choice_errors, set_errors
from app.services.menu_files.import_plan import FinalSlot, ImportPlan, Placed
from app.services.menu_files.matching import keys_of, match
from app.services.menu_files.merging import Languages, with_other_languages
from app.services.menu_files.stored_menu import Slot, StoredMenu


def fill_sets(
    plan: ImportPlan,
    stored: StoredMenu,
    items: Sequence[tuple[Placed, ItemPart]],
    language: str,
    languages: Languages | None,
) -> None:
    """Put into the plan what the sets will consist of.

    Args:
        language: the store's default, in which slots without keys are called.
        languages: by field those that the file speaks for; None when for all.
    """
    maker = _Maker(_called(stored, items, language), language, languages)
    keys = {one.id: part.key or _base(part, one, language) for one, part in items}
    keys |= {thing.id: thing.key for thing in stored.all_items()}
    for item, part in items:
        present = stored.slots.get(item.id, [])
        if "set_slots" not in part.model_fields_set and item.stored is not None:
            plan.final_slots[item.id] = [_kept(slot) for slot in present]
            continue
        wanted = maker.slots(item, part.set_slots, present)
        plan.final_slots[item.id] = wanted
        before, after = [_kept(slot) for slot in present], wanted
        if [_said(one) for one in before] != [_said(one) for one in after]:
            shown = [[_shown(one, keys) for one in several] for several in (before, after)]
            change = FieldChange(field="set_slots", before=shown[0], after=shown[1])
            item.changes.append(change)
            plan.sets.append((before, after))
    for thing in stored.all_items():
        kept = [_kept(slot) for slot in stored.slots.get(thing.id, ())]
        plan.final_slots.setdefault(thing.id, kept)


def final_set_errors(plan: ImportPlan) -> Iterator[FieldError]:
    """Sets consist of live dishes and never of sets, also those that the file leaves alone."""
    live = plan.final_items.keys()
    slots = {item_id: several for item_id, several in plan.final_slots.items() if item_id in live}
    sets = {item_id for item_id, several in slots.items() if several}
    # What the file itself offers is told where it stands.
    offered = {
        choice["item_id"]
        for several in slots.values()
        for slot in several
        for choice in slot.choices
        if not slot.pointer
    }
    for item_id, several in slots.items():
        pointer = plan.final_items[item_id]
        if pointer:
            least = [slot.row["min_select"] for slot in several]
            yield from set_errors(f"{pointer}/set_slots", least, offered=item_id in offered)
        for slot in several:
            if slot.pointer:
                chosen = [
                    (f"{slot.pointer}/choices/{at}/key", choice["item_id"])
                    for at, choice in enumerate(slot.choices)
                ]
                yield from choice_errors(chosen, live, sets)


def _called(
    stored: StoredMenu, items: Sequence[tuple[Placed, ItemPart]], language: str
) -> dict[str, UUID]:
    """What an item may be called: by its key in the file or the store, or by its name."""
    bases = [_base(part, one, language) for one, part in items]
    known = [(part.key, one.id) for one, part in items]
    known += zip(keys_of(bases), [one.id for one, _ in items], strict=True)
    known += [(thing.key, thing.id) for thing in stored.all_items()]
    return {key: item_id for key, item_id in reversed(known) if key}


def _base(part: ItemPart, item: Placed, language: str) -> str:
    return part.external_ref or pick(item.row["names"], language, language)


class _Maker:
    def __init__(
        self, called: Mapping[str, UUID], language: str, languages: Languages | None
    ) -> None:
        self._called = called
        self._language = language
        self._spoken = None if languages is None else languages.get("name", frozenset())

    def slots(
        self, item: Placed, parts: Sequence[SlotPart], present: Sequence[Slot]
    ) -> list[FinalSlot]:
        """The parts as slots; one that has the key or the name of a stored one is that one."""
        wanted = [(one.key, pick(one.name, self._language, self._language)) for one in parts]
        found = match(wanted, [(slot.thing.key, slot.thing.name) for slot in present])
        made = []
        for place, (part, at) in enumerate(zip(parts, found, strict=True)):
            row: Row = {} if at is None else present[at].thing.row
            row = row | {
                "id": uuid7() if at is None else present[at].thing.id,
                "item_id": item.id,
                "names": self._names(row, part),
                "min_select": part.min,
                "max_select": part.max,
                "position": place,
            }
            pointer = f"{item.pointer}/set_slots/{place}"
            made.append(FinalSlot(row, self._choices(part, row["id"]), pointer))
        return made

    def _names(self, row: Row, part: SlotPart) -> dict[str, str] | None:
        if self._spoken is None or not row:
            return part.name
        return with_other_languages(row["names"], part.name, self._spoken)

    def _choices(self, part: SlotPart, slot_id: UUID) -> list[Row]:
        return [
            {
                "slot_id": slot_id,
                "item_id": self._called.get(choice.key),
                "position": place,
                "upcharge": choice.upcharge,
            }
            for place, choice in enumerate(part.choices)
        ]


def _kept(slot: Slot) -> FinalSlot:
    return FinalSlot(slot.thing.row, slot.choices)


def _said(slot: FinalSlot) -> tuple[Any, ...]:
    """What a slot says; its place in the list says the rest."""
    row = slot.row
    choices = [(one["item_id"], one["upcharge"]) for one in slot.choices]
    return (row["id"], row["names"], row["min_select"], row["max_select"], choices)


def _shown(slot: FinalSlot, keys: Mapping[Any, str]) -> dict[str, Any]:
    """In the words of files: ids say nothing to who reads what would change."""
    return {
        "name": slot.row["names"],
        "min": slot.row["min_select"],
        "max": slot.row["max_select"],
        "choices": [
            {"key": keys.get(one["item_id"]), "upcharge": one["upcharge"]} for one in slot.choices
        ],
    }
