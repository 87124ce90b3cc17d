"""Marking many items and options at once: the fish is sold out, and all that is made of it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.errors import FieldError, InvalidRequestError
from app.core.words import Words
from app.models.menu import Item, Option, OptionGroup
from app.models.store import Store
from app.repositories.menu import ItemRepository, OptionGroupRepository, OptionRepository
from app.repositories.store import StoreReader
from app.schemas.menu_arranging import BulkAvailabilityInput, BulkAvailabilityOutput
from app.services.menu.availability import apply_availability
from app.services.menu.journal import MenuJournal
from app.services.menu.outputs import availability_output, item_output, option_output


class BulkAvailabilityService:
    def __init__(
        self,
        items: ItemRepository,
        groups: OptionGroupRepository,
        options: OptionRepository,
        stores: StoreReader,
        journal: MenuJournal,
    ) -> None:
        self._items = items
        self._groups = groups
        self._options = options
        self._stores = stores
        self._journal = journal

    async def set(self, wanted: BulkAvailabilityInput) -> BulkAvailabilityOutput:
        """Set what is wanted for all of them or for none; an event for each one that changed.

        Items are locked first, then groups, then options, each in the order of their ids: as
        orders and single changes lock them.

        Raises:
            InvalidRequestError: something is named twice, or is no live item or option.
        """
        store = await self._stores.get()
        group_ids = await self._options.group_ids(wanted.options)
        items = await self._items.lock_all(wanted.items)
        groups = await self._groups.lock_all(group_ids)
        options = await self._options.lock_all(wanted.options)
        errors = [
            *_errors("items", wanted.items, items),
            *_errors("options", wanted.options, options),
        ]
        if errors:
            raise InvalidRequestError(errors=errors)
        for item in items.values():
            await self._set_item(item, wanted, store)
        touched = [
            option.group_id
            for option in options.values()
            if await self._set_option(option, wanted, store)
        ]
        await self._touch(groups, touched)
        return BulkAvailabilityOutput(
            items=[item_output(items[one]) for one in wanted.items],
            options=[option_output(options[one]) for one in wanted.options],
        )

    async def _set_item(self, item: Item, wanted: BulkAvailabilityInput, store: Store) -> None:
        if apply_availability(item, wanted, store, self._journal.actor):
            await self._items.touch(item)
            self._journal.availability_changed("item", item.id, availability_output(item))

    async def _set_option(
        self, option: Option, wanted: BulkAvailabilityInput, store: Store
    ) -> bool:
        changed = apply_availability(option, wanted, store, self._journal.actor)
        if changed:
            await self._options.touch(option)
            self._journal.availability_changed("option", option.id, availability_output(option))
        return changed

    async def _touch(self, groups: Mapping[UUID, OptionGroup], ids: list[UUID]) -> None:
        """A group's version covers its options."""
        for group_id in dict.fromkeys(ids):
            await self._groups.touch(groups[group_id])


def _errors(name: str, wanted: list[UUID], live: Mapping[UUID, Any]) -> list[FieldError]:
    errors = []
    for place, one in enumerate(wanted):
        if one not in live:
            errors.append(
                FieldError(
                    f"/{name}/{place}",
                    "unknown",
                    Words("There is no such live one.", "없거나 보관된 항목입니다."),
                )
            )
        elif one in wanted[:place]:
            errors.append(
                FieldError(f"/{name}/{place}", "repeated", Words("Named twice.", "두 번 있습니다."))
            )
    return errors[:20]
