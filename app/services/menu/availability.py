"""Marking items and options as sold out, available, hidden or counted (품절 관리)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError, NotFoundError
from app.core.words import Words
from app.models.menu import Availability, Item, Option
from app.models.store import Store
from app.repositories.menu import ItemRepository, OptionGroupRepository, OptionRepository
from app.repositories.store import StoreReader
from app.schemas.menu import (
    BUSINESS_DAY_END,
    AvailabilityInput,
    ItemOutput,
    OptionOutput,
)
from app.services.menu.journal import MenuJournal
from app.services.menu.outputs import availability_output, item_output, option_output


class MenuAvailabilityService:
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

    async def set_item(
        self, item_id: UUID, wanted: AvailabilityInput, expected: int | None
    ) -> ItemOutput:
        """Set an item's availability. Setting what already holds changes nothing.

        Raises:
            NotFoundError: no such item, or it is archived.
            VersionMismatchError: `expected` was given and is not the current version.
        """
        item = await self._items.get_live(item_id, expected)
        if apply_availability(item, wanted, await self._stores.get(), self._journal.actor):
            await self._items.touch(item)
            self._journal.availability_changed("item", item.id, availability_output(item))
        return item_output(item)

    async def set_option(
        self, option_id: UUID, wanted: AvailabilityInput, expected: int | None
    ) -> OptionOutput:
        """Set an option's availability, for all items that offer it.

        The group is locked first, as in `OptionEditingService`: its version covers its options.
        """
        group_id = (await self._options.get(option_id)).group_id
        group = await self._groups.get(group_id, lock=True)
        option = await self._options.get_for_change(option_id, expected)
        if option.archived_at is not None:
            raise NotFoundError
        if apply_availability(option, wanted, await self._stores.get(), self._journal.actor):
            await self._options.touch(option)
            await self._groups.touch(group)
            self._journal.availability_changed("option", option.id, availability_output(option))
        return option_output(option)


def apply_availability(
    row: Item | Option,
    wanted: AvailabilityInput,
    store: Store,
    actor: dict[str, Any],
    pointer: str = "",
) -> bool:
    """Put what `actor` wants into the row, and who it was; whether that changed anything.

    A stock that is not mentioned goes on counting. One exception: "available" said of something
    that is counted out means that there is more of it, how much nobody said; counting stops.
    """
    before = (row.availability, row.sold_out_until, row.stock)
    row.availability = str(wanted.status)
    row.sold_out_until = _until(wanted, store, pointer)
    if "stock" in wanted.model_fields_set:
        row.stock = wanted.stock
    elif wanted.status is Availability.AVAILABLE and row.stock == 0:
        row.stock = None
    if before == (row.availability, row.sold_out_until, row.stock):
        return False
    row.availability_by, row.availability_at = actor, clock.now()
    return True


def _until(wanted: AvailabilityInput, store: Store, pointer: str) -> datetime | None:
    now = clock.now()
    if wanted.until == BUSINESS_DAY_END:
        return store.calendar.end_of_day(now)
    if isinstance(wanted.until, datetime) and wanted.until <= now:
        error = FieldError(
            f"{pointer}/until",
            "past",
            Words("Must be in the future.", "지금보다 나중이어야 합니다."),
        )
        raise InvalidRequestError(errors=[error])
    return wanted.until if isinstance(wanted.until, datetime) else None
