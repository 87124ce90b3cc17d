"""Editing option groups and their options. A group is shared: a change holds for all its items."""

from dataclasses import replace
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InUseError, InvalidRequestError
from app.core.ids import uuid7
from app.core.words import Words
from app.models.menu import Availability, Option, OptionGroup
from app.models.store import Store
from app.repositories.menu import OptionGroupRepository, OptionRepository
from app.repositories.store import StoreReader
from app.schemas.base import Page
from app.schemas.menu import (
    OptionGroupInput,
    OptionGroupOutput,
    OptionGroupPatch,
    OptionInput,
)
from app.services.menu.availability import apply_availability
from app.services.menu.editing import apply_patch
from app.services.menu.journal import MenuJournal, check_texts
from app.services.menu.outputs import group_output
from app.services.menu.selection_checks import (
    bounds_errors,
    choices_errors,
    choosable,
    use_errors,
)

OPTION_FIELDS = ("price", "max_quantity", "is_default", "allergens_added", "allergens_removed")


class OptionEditingService:
    def __init__(
        self,
        groups: OptionGroupRepository,
        options: OptionRepository,
        stores: StoreReader,
        journal: MenuJournal,
    ) -> None:
        self._groups = groups
        self._options = options
        self._stores = stores
        self._journal = journal

    async def all(self, *, archived: bool) -> Page[OptionGroupOutput]:
        """The live groups (or the archived ones) with their live options, whole."""
        rows = await self._groups.all(archived=archived)
        return Page(data=[group_output(row) for row in rows], next_cursor=None)

    async def add(self, wanted: OptionGroupInput) -> OptionGroupOutput:
        """A new group with its options."""
        store = await self._stores.get()
        check_texts(store, name=wanted.name)
        position = wanted.position
        if position is None:
            position = await self._groups.next_position()
        group = OptionGroup(
            id=uuid7(),
            names=wanted.name,
            min_select=wanted.min_select,
            max_select=wanted.max_select,
            free_quota=wanted.free_quota,
            position=position,
        )
        _check_bounds(group)
        await self._groups.add(group)
        await self._put_options(group, wanted.options, store)
        await self._groups.reload(group)
        _check_choices(group)
        output = group_output(group)
        self._journal.changed("option_group", "created", output)
        return output

    async def change(
        self, group_id: UUID, wanted: OptionGroupPatch, expected: int | None
    ) -> OptionGroupOutput:
        """Change what was sent.

        Raises:
            InvalidRequestError: bounds that contradict each other, the options, or an item's own.
        """
        group = await self._groups.get_live(group_id, expected)
        store = await self._stores.get()
        check_texts(store, name=wanted.name)
        changed = apply_patch(group, wanted, "options")
        _check_bounds(group)
        if wanted.options is not None:
            changed |= await self._put_options(group, wanted.options, store)
        if not changed:
            return group_output(group)
        await self._groups.touch(group)
        await self._groups.reload(group)
        _check_choices(group)
        await self._check_uses(group)
        output = group_output(group)
        self._journal.changed("option_group", "updated", output)
        return output

    async def archive(self, group_id: UUID, expected: int | None) -> None:
        """Retire a group that no item offers.

        Raises:
            InUseError: live items offer it; `item_ids` names some of them.
        """
        group = await self._groups.get_live(group_id, expected)
        links = await self._groups.links(group_id)
        if links:
            some = [str(link.item_id) for link in links[:20]]
            raise InUseError(
                Words(
                    "Items still offer the group: take it off them first.",
                    "이 옵션 그룹을 쓰는 메뉴가 있습니다. 먼저 메뉴에서 빼 주세요.",
                ),
                item_ids=some,
            )
        group.archived_at = clock.now()
        await self._groups.touch(group)
        self._journal.changed("option_group", "archived", group_output(group))

    async def _put_options(
        self, group: OptionGroup, wanted: list[OptionInput], store: Store
    ) -> bool:
        """Make the group's options those of the list, in its order; whether anything changed."""
        for place, one in enumerate(wanted):
            check_texts(store, f"/options/{place}", name=one.name)
        present = await self._options.lock_of_group(group.id)
        _check_ids(wanted, present)
        changed = False
        for place, one in enumerate(wanted):
            if one.id is None:
                await self._options.add(self._new_option(group.id, one, place, store))
                changed = True
            else:
                changed |= await self._change_option(present.pop(one.id), one, place, store)
        for option in present.values():
            option.archived_at = clock.now()
            await self._options.touch(option)
            changed = True
        return changed

    def _new_option(self, group_id: UUID, wanted: OptionInput, place: int, store: Store) -> Option:
        option = Option(
            id=uuid7(),
            group_id=group_id,
            names=wanted.name,
            position=place,
            availability=Availability.AVAILABLE,
            **{name: getattr(wanted, name) for name in OPTION_FIELDS},
        )
        if wanted.availability is not None:
            pointer = f"/options/{place}/availability"
            apply_availability(option, wanted.availability, store, self._journal.actor, pointer)
        return option

    async def _change_option(
        self, option: Option, wanted: OptionInput, place: int, store: Store
    ) -> bool:
        values = {name: getattr(wanted, name) for name in OPTION_FIELDS}
        sent = {name: value for name, value in values.items() if name in wanted.model_fields_set}
        if wanted.name is not None:
            sent["names"] = wanted.name
        sent["position"] = place
        different = {key: value for key, value in sent.items() if getattr(option, key) != value}
        price = option.price
        for name, value in different.items():
            setattr(option, name, value)
        changed = bool(different)
        if wanted.availability is not None:
            pointer = f"/options/{place}/availability"
            changed |= apply_availability(
                option, wanted.availability, store, self._journal.actor, pointer
            )
        if changed:
            await self._options.touch(option)
        if option.price != price:
            await self._journal.price_changed("option", option.id, price, option.price)
        return changed

    async def _check_uses(self, group: OptionGroup) -> None:
        """The group's new bounds and options must suffice for what items say for themselves."""
        bounds = (group.min_select, group.max_select)
        for link in await self._groups.links(group.id):
            own = (link.min_select, link.max_select)
            for error in use_errors("", own, bounds, choosable(group)):
                # Bounds of the item's own are no place in this request: its options are.
                pointer = error.pointer and "/options"
                detail = _of_item(link.item_id, error.detail)
                _refuse(replace(error, pointer=pointer, detail=detail))


def _of_item(item_id: UUID, detail: Words) -> Words:
    return Words(f"Of item {item_id}: {detail.en}", f"메뉴 {item_id}: {detail.ko}")


def _check_ids(wanted: list[OptionInput], present: dict[UUID, Option]) -> None:
    seen: set[UUID] = set()
    errors = []
    for place, one in enumerate(wanted):
        if one.id is not None and (one.id not in present or one.id in seen):
            detail = Words(
                "Not a live option of this group, or named twice.",
                "이 그룹에 없는 옵션이거나 두 번 있습니다.",
            )
            errors.append(FieldError(f"/options/{place}/id", "unknown", detail))
        if one.id is not None:
            seen.add(one.id)
    if errors:
        raise InvalidRequestError(errors=errors)


def _check_bounds(group: OptionGroup) -> None:
    _refuse(*bounds_errors("", group.min_select, group.max_select, group.free_quota))


def _check_choices(group: OptionGroup) -> None:
    _refuse(*choices_errors("", group.min_select, group.max_select, choosable(group)))


def _refuse(*errors: FieldError) -> None:
    if errors:
        raise InvalidRequestError(errors=errors)
