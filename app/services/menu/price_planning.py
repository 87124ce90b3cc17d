"""Planning prices: changes that take effect by themselves, and happy hours. Each is audited."""

from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError
from app.core.words import Words
from app.models.menu import Item
from app.repositories.menu import ItemRepository
from app.schemas.menu import ItemOutput
from app.schemas.timing import HappyHour, PriceStep, kept, stored
from app.services.menu.journal import MenuJournal
from app.services.menu.outputs import coming_prices, item_output, regular_price


class PricePlanningService:
    def __init__(self, items: ItemRepository, journal: MenuJournal) -> None:
        self._items = items
        self._journal = journal

    async def schedule(
        self, item_id: UUID, wanted: list[PriceStep], expected: int | None
    ) -> ItemOutput:
        """Replace what is planned and not yet in force. What has taken effect stays.

        Raises:
            NotFoundError: no such item, or it is archived.
            VersionMismatchError: `expected` is not the current version.
            InvalidRequestError: a change that would start in the past.
        """
        item = await self._items.get_live(item_id, expected)
        now = clock.now()
        errors = [
            FieldError(
                f"/{place}/starts_at",
                "past",
                Words("Must be in the future.", "지금보다 나중이어야 합니다."),
            )
            for place, step in enumerate(wanted)
            if step.starts_at <= now
        ]
        if errors:
            raise InvalidRequestError(errors=errors)
        settle_price(item)
        before = item.price_schedule
        in_order = sorted(wanted, key=lambda step: step.starts_at)
        after = stored(in_order)
        if before == after:
            return item_output(item)
        item.price_schedule = after
        return await self._changed(item, "price-schedule-changed", before, after)

    async def set_happy_hours(
        self, item_id: UUID, wanted: list[HappyHour], expected: int | None
    ) -> ItemOutput:
        """Replace the item's happy hours.

        Raises:
            NotFoundError: no such item, or it is archived.
            VersionMismatchError: `expected` is not the current version.
        """
        item = await self._items.get_live(item_id, expected)
        before = stored(kept(HappyHour, item.happy_hours))
        after = stored(wanted)
        if before == after:
            return item_output(item)
        item.happy_hours = after
        return await self._changed(item, "happy-hours-changed", before, after)

    async def _changed(self, item: Item, action: str, before: object, after: object) -> ItemOutput:
        await self._items.touch(item)
        await self._journal.prices_planned(action, item.id, before, after)
        output = item_output(item)
        self._journal.changed("item", "updated", output)
        return output


def settle_price(item: Item) -> None:
    """Write down as the item's price what planned changes have made of it by now.

    To be called before a price is set by hand, which would otherwise stay below what was planned
    earlier. The item must be locked; what it costs does not change.
    """
    item.price, item.price_schedule = regular_price(item), stored(coming_prices(item))
