"""The slots of sets and what they offer."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, select

from app.core.ids import uuid7
from app.models.menu import Item
from app.models.menu_set import SetChoice, SetSlot
from app.repositories.base import StoreRepository, held


class SetSlotRepository(StoreRepository[SetSlot]):
    model = SetSlot

    async def of_item(self, item_id: UUID) -> dict[UUID, SetSlot]:
        """The live slots of a set, whose item must be locked."""
        query = self.select().where(SetSlot.item_id == item_id, SetSlot.archived_at.is_(None))
        return {row.id: row for row in await self._session.scalars(query)}

    async def lock_items(self, ids: Collection[UUID]) -> set[UUID]:
        """The live items among `ids`, locked by id: none is archived or made a set meanwhile."""
        query = (
            select(Item.id)
            .where(Item.store_id == self.store_id, Item.id.in_(ids), Item.archived_at.is_(None))
            .order_by(Item.id)
        )
        return set(await self._session.scalars(held(query)))

    async def sets_among(self, ids: Collection[UUID]) -> set[UUID]:
        """Which of the items are sets."""
        query = select(SetSlot.item_id).where(
            SetSlot.store_id == self.store_id,
            SetSlot.item_id.in_(ids),
            SetSlot.archived_at.is_(None),
        )
        return set(await self._session.scalars(query))

    async def is_offered(self, item_id: UUID) -> bool:
        """Whether a live set offers the item."""
        query = (
            select(SetChoice.slot_id)
            .join(
                SetSlot,
                (SetSlot.store_id == SetChoice.store_id) & (SetSlot.id == SetChoice.slot_id),
            )
            .join(Item, (Item.store_id == SetSlot.store_id) & (Item.id == SetSlot.item_id))
            .where(
                SetChoice.store_id == self.store_id,
                SetChoice.item_id == item_id,
                SetSlot.archived_at.is_(None),
                Item.archived_at.is_(None),
            )
            .limit(1)
        )
        return await self._session.scalar(query) is not None

    async def replace_choices(self, slot_id: UUID, choices: Sequence[SetChoice]) -> None:
        """The slot offers these from now on, and no others."""
        await self._session.execute(
            delete(SetChoice).where(
                SetChoice.store_id == self.store_id, SetChoice.slot_id == slot_id
            )
        )
        self._session.add_all(choices)
        await self._session.flush()

    async def copy(self, slots: Sequence[SetSlot], item_id: UUID) -> None:
        """Give the item, which has none, slots like these with the same choices."""
        for slot in slots:
            row = await self.add(slot.copy(id=uuid7(), item_id=item_id))
            choices = [
                SetChoice(
                    store_id=self.store_id,
                    slot_id=row.id,
                    item_id=choice.item_id,
                    position=choice.position,
                    upcharge=choice.upcharge,
                )
                for choice in slot.choices
            ]
            await self.replace_choices(row.id, choices)
