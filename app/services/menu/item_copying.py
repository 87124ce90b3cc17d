"""Making an item from another one."""

from uuid import UUID

from app.core import clock
from app.core.ids import uuid7
from app.models.menu import Availability, Item
from app.repositories.menu import CategoryRepository, ItemRepository, OptionGroupRepository
from app.repositories.menu_arranging import copied_link, shared_by_copies
from app.repositories.menu_set import SetSlotRepository
from app.repositories.store import StoreReader
from app.schemas.menu import ItemOutput
from app.schemas.menu_arranging import ItemCopyInput
from app.services.menu.journal import MenuJournal, check_texts
from app.services.menu.outputs import item_output


class ItemCopyingService:
    def __init__(
        self,
        items: ItemRepository,
        categories: CategoryRepository,
        groups: OptionGroupRepository,
        slots: SetSlotRepository,
        stores: StoreReader,
        journal: MenuJournal,
    ) -> None:
        self._items = items
        self._categories = categories
        self._groups = groups
        self._slots = slots
        self._stores = stores
        self._journal = journal

    async def copy(self, item_id: UUID, wanted: ItemCopyInput | None) -> ItemOutput:
        """A copy with its groups, own prices, times, picture and the parts of a set, last in the
        category.

        It is hidden, so that no tablet shows it before somebody has made it another dish. What is
        of one item only it doesn't take over: the stock, and the reference of another system.

        Raises:
            NotFoundError: no such item, or it is archived.
        """
        name = wanted.name if wanted else None
        check_texts(await self._stores.get(), name=name)
        model = await self._items.get(item_id)
        category_id = model.category_id
        await self._categories.get(category_id, lock=True)
        # By id, as orders take them. What became a part meanwhile is locked as it is found.
        await self._slots.lock_items({item_id, *_dishes(model)})
        model = await self._items.get_live(item_id)
        links = model.group_links
        await self._slots.lock_items(_dishes(model))
        await self._groups.shared({link.group_id for link in links})
        values = shared_by_copies(model) | {"category_id": category_id}
        if name is not None:
            values["names"] = name
        position = await self._items.next_position_in(category_id)
        copy = Item(
            **values,
            id=uuid7(),
            position=position,
            availability=Availability.HIDDEN,
            availability_by=self._journal.actor,
            availability_at=clock.now(),
        )
        await self._items.add(copy)
        await self._slots.copy(model.slots, copy.id)
        await self._items.replace_links(copy, [copied_link(link, copy.id) for link in links])
        output = item_output(copy)
        self._journal.changed("item", "created", output)
        return output


def _dishes(item: Item) -> set[UUID]:
    """What a set offers."""
    return {choice.item_id for slot in item.slots for choice in slot.choices}
