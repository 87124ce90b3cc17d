"""Making an item a set (세트), and saying what guests choose in it.

A set consists of dishes, never of sets. Its item and those that it offers are locked together, by
id: an order takes the counted ones among them in that order.
"""

from typing import Any
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError
from app.core.ids import uuid7
from app.core.words import Words
from app.models.menu import Item
from app.models.menu_set import SetChoice, SetSlot
from app.repositories.menu import ItemRepository
from app.repositories.menu_set import SetSlotRepository
from app.repositories.store import StoreReader
from app.schemas.menu import ItemOutput
from app.schemas.menu_set import ItemSetInput, SetSlotInput
from app.services.menu.journal import MenuJournal, check_texts
from app.services.menu.outputs import item_output
from app.services.menu.set_checks import choice_errors, set_errors


class SetEditingService:
    def __init__(
        self,
        items: ItemRepository,
        slots: SetSlotRepository,
        stores: StoreReader,
        journal: MenuJournal,
    ) -> None:
        self._items = items
        self._slots = slots
        self._stores = stores
        self._journal = journal

    async def put(self, item_id: UUID, wanted: ItemSetInput, expected: int | None) -> ItemOutput:
        """Make the item's slots those of the list; those that are left out are archived. A list
        that says what already holds changes nothing.

        Raises:
            InvalidRequestError: no such slot or item, a set within a set, or nothing required.
        """
        dishes = {choice.item_id for slot in wanted.set_slots for choice in slot.choices}
        live = await self._slots.lock_items({item_id, *dishes})
        item = await self._items.get_live(item_id, expected)
        store = await self._stores.get()
        for place, slot in enumerate(wanted.set_slots):
            check_texts(store, f"/set_slots/{place}", name=slot.name)
        present = await self._slots.of_item(item_id)
        await self._check(item, wanted.set_slots, present, live)
        if _said(wanted.set_slots) == _holding(item.slots):
            return item_output(item)
        before = _upcharges(item.slots)
        for place, slot in enumerate(wanted.set_slots):
            await self._put_slot(item, slot, place, present)
        for left in present.values():
            left.archived_at = clock.now()
            await self._slots.touch(left)
        await self._items.touch(item)
        await self._items.reload(item)
        await self._journal.upcharges_changed(item.id, before, _upcharges(item.slots))
        output = item_output(item)
        self._journal.changed("item", "updated", output)
        return output

    async def _put_slot(
        self, item: Item, wanted: SetSlotInput, place: int, present: dict[UUID, SetSlot]
    ) -> None:
        slot = present.pop(wanted.id) if wanted.id is not None else None
        if slot is None:
            slot = SetSlot(id=uuid7(), item_id=item.id)
        slot.names = wanted.name
        slot.min_select, slot.max_select = wanted.min, wanted.max
        slot.position = place
        await (self._slots.add(slot) if wanted.id is None else self._slots.touch(slot))
        choices = [
            SetChoice(
                store_id=self._slots.store_id,
                slot_id=slot.id,
                item_id=choice.item_id,
                position=number,
                upcharge=choice.upcharge,
            )
            for number, choice in enumerate(wanted.choices)
        ]
        await self._slots.replace_choices(slot.id, choices)

    async def _check(
        self,
        item: Item,
        wanted: list[SetSlotInput],
        present: dict[UUID, SetSlot],
        live: set[UUID],
    ) -> None:
        ids = {choice.item_id for slot in wanted for choice in slot.choices}
        sets = await self._slots.sets_among(ids) | {item.id}
        errors = _id_errors(wanted, present)
        for place, slot in enumerate(wanted):
            chosen = [
                (f"/set_slots/{place}/choices/{at}/item_id", choice.item_id)
                for at, choice in enumerate(slot.choices)
            ]
            errors += choice_errors(chosen, live, sets)
        offered = bool(wanted) and await self._slots.is_offered(item.id)
        errors += set_errors("/set_slots", [slot.min for slot in wanted], offered=offered)
        if errors:
            raise InvalidRequestError(errors=errors)


def _id_errors(wanted: list[SetSlotInput], present: dict[UUID, SetSlot]) -> list[FieldError]:
    errors, seen = [], set()
    for place, slot in enumerate(wanted):
        if slot.id is not None and (slot.id not in present or slot.id in seen):
            detail = Words(
                "Not a part of this set, or named twice.",
                "이 세트에 없는 구성이거나 두 번 있습니다.",
            )
            errors.append(FieldError(f"/set_slots/{place}/id", "unknown", detail))
        seen.add(slot.id)
    return errors


def _said(slots: list[SetSlotInput]) -> list[tuple[Any, ...]]:
    """What a request says of the slots, as `_holding` has it."""
    return [
        (one.id, one.name, one.min, one.max, [(of.item_id, of.upcharge) for of in one.choices])
        for one in slots
    ]


def _holding(slots: list[SetSlot]) -> list[tuple[Any, ...]]:
    return [
        (
            one.id,
            one.names,
            one.min_select,
            one.max_select,
            [(of.item_id, of.upcharge) for of in one.choices],
        )
        for one in slots
    ]


def _upcharges(slots: list[SetSlot]) -> dict[str, int]:
    return {
        f"{slot.id}/{choice.item_id}": choice.upcharge for slot in slots for choice in slot.choices
    }
