"""Places of things in their lists, and what a copy shares with its model."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, cast, func, inspect, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from app.core import clock
from app.models.menu import Item, ItemOptionGroup
from app.repositories.base import Repository, held

OWN_OF_ITEM = {
    "store_id",
    "id",
    "created_at",
    "updated_at",
    "version",
    "archived_at",
    "position",
    "availability",
    "sold_out_until",
    "availability_by",
    "availability_at",
    "stock",
    "external_ref",
}


class ArrangingRepository(Repository):
    async def lock_live(self, model: Any, *among: Any) -> list[UUID]:
        """The ids of all live rows that fulfil the conditions, locked in the order of their ids."""
        query = (
            select(model.id)
            .where(model.store_id == self.store_id, model.archived_at.is_(None), *among)
            .order_by(model.id)
        )
        return list(await self._session.scalars(held(query)))

    async def place(self, model: Any, ids: Sequence[UUID]) -> bool:
        """Put the rows in this order, in one statement; whether any of them moved.

        Those that move get a new version, and no row of theirs may have been read before.
        """
        wanted = (
            func.unnest(cast(list(ids), ARRAY(Uuid)))
            .table_valued("id", with_ordinality="place", name="wanted")
            .render_derived()
        )
        moved = await self._session.execute(
            update(model)
            .where(
                model.store_id == self.store_id,
                model.id == wanted.c.id,
                model.position != wanted.c.place - 1,
            )
            .values(position=wanted.c.place - 1, version=model.version + 1, updated_at=clock.now())
            .returning(model.id)
            .execution_options(synchronize_session=False)
        )
        return bool(moved.all())


def shared_by_copies(item: Item) -> dict[str, Any]:
    """The item's columns that a copy has too: all but its identity, place and availability."""
    return {name: getattr(item, name) for name in _columns(Item) if name not in OWN_OF_ITEM}


def copied_link(link: ItemOptionGroup, item_id: UUID) -> ItemOptionGroup:
    """The same use of the group by another item."""
    values = {name: getattr(link, name) for name in _columns(ItemOptionGroup)}
    return ItemOptionGroup(**(values | {"item_id": item_id}))


def _columns(model: type[Any]) -> list[str]:
    return [attribute.key for attribute in inspect(model).column_attrs]
