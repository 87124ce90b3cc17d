"""Categories, items, option groups and options of one store."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import aliased, selectinload

from app.core.database import Database
from app.core.errors import NotFoundError
from app.models.menu import Category, Item, ItemOptionGroup, Option, OptionGroup
from app.models.menu_set import SetChoice, SetSlot
from app.models.store import Store, StoreCounters
from app.repositories.base import Repository, RowT, StoreRepository, held, held_shared

CATALOG_VERSION = "SELECT catalog_version FROM event_heads(ARRAY[%s::uuid])"


async def catalog_version(database: Database, store_id: UUID) -> int:
    """The store's current catalog version, in one round trip: each `GET /menu` asks for it."""
    row = await database.call(CATALOG_VERSION, (store_id,))
    if row is None:
        raise NotFoundError
    return int(row[0])


@dataclass(frozen=True, slots=True)
class MenuRows:
    """All live rows of a menu, each list in display order."""

    store: Store
    catalog_version: int
    categories: Sequence[Category]
    items: Sequence[Item]
    links: Sequence[ItemOptionGroup]
    groups: Sequence[OptionGroup]
    options: Sequence[Option]
    slots: Sequence[SetSlot]
    choices: Sequence[SetChoice]


class MenuRepository(Repository):
    """The menu as a whole."""

    async def live_rows(self) -> MenuRows:
        """The live menu in eight statements.

        The version is read first: rows that changed meanwhile belong to a later version, which
        the next reader will see and load again. The other way round would keep old rows as new.
        """
        counted = await self._session.execute(
            select(Store, StoreCounters.catalog_version)
            .join(StoreCounters, StoreCounters.store_id == Store.store_id)
            .where(Store.store_id == self.store_id)
            .execution_options(populate_existing=True)
        )
        found = counted.one_or_none()
        if found is None:
            raise NotFoundError
        links = (
            select(ItemOptionGroup)
            .where(ItemOptionGroup.store_id == self.store_id)
            .order_by(ItemOptionGroup.position, ItemOptionGroup.group_id)
        )
        choices = (
            select(SetChoice)
            .where(SetChoice.store_id == self.store_id)
            .order_by(SetChoice.position, SetChoice.item_id)
        )
        return MenuRows(
            store=found[0],
            catalog_version=found[1],
            categories=await self._live(Category),
            items=await self._live(Item),
            links=(await self._session.scalars(links)).all(),
            groups=await self._live(OptionGroup),
            options=await self._live(Option),
            slots=await self._live(SetSlot),
            choices=(await self._session.scalars(choices)).all(),
        )

    async def _live(self, model: Any) -> Any:
        query = (
            select(model)
            .where(model.store_id == self.store_id, model.archived_at.is_(None))
            .order_by(model.position, model.id)
        )
        return (await self._session.scalars(query)).all()


class Archivable(StoreRepository[RowT]):
    """A table whose rows may be archived."""

    async def lock_all(self, ids: Collection[UUID]) -> dict[UUID, RowT]:
        """Those of the rows that are live, locked in the order of their ids."""
        model: Any = self.model
        query = self.select().where(model.id.in_(ids), model.archived_at.is_(None))
        locked = held(query.order_by(model.id), of=model)
        return {row.id: row for row in await self._session.scalars(locked)}


class Arranged(Archivable[RowT]):
    """A table whose rows have a place in a list and may be archived."""

    def listed(self, *, archived: bool) -> Select[Any]:
        """Live rows (or the archived ones) in display order."""
        model: Any = self.model
        query = self.select().order_by(model.position, model.id)
        return query.where(model.archived_at.is_not(None) if archived else self._is_live())

    def _is_live(self) -> Any:
        model: Any = self.model
        return model.archived_at.is_(None)

    async def all(self, *, archived: bool = False) -> list[RowT]:
        return list((await self._session.scalars(self.listed(archived=archived))).all())

    async def get_live(self, row_id: UUID, expected: int | None = None) -> RowT:
        """The locked row, if it is not archived and has the expected version."""
        row: Any = await self.get_for_change(row_id, expected)
        if row.archived_at is not None:
            raise NotFoundError
        return row  # type: ignore[no-any-return]

    async def next_position(self, *among: Any) -> int:
        """The place after the last live row, among those that fulfil the conditions."""
        model: Any = self.model
        query = select(func.coalesce(func.max(model.position) + 1, 0)).where(
            model.store_id == self.store_id, self._is_live(), *among
        )
        return int(await self._session.scalar(query) or 0)


def _offers_a_live_item() -> ColumnElement[bool]:
    """What a set offers of archived items is kept for history, and shown to nobody."""
    there = aliased(Item)
    return (
        select(there.id)
        .where(
            there.store_id == SetChoice.store_id,
            there.id == SetChoice.item_id,
            there.archived_at.is_(None),
        )
        .exists()
    )


class CategoryRepository(Arranged[Category]):
    model = Category

    async def item_counts(self, category_id: UUID | None = None) -> dict[UUID, int]:
        """How many live items each category (or this one) has; those without are left out."""
        query = (
            select(Item.category_id, func.count())
            .where(Item.store_id == self.store_id, Item.archived_at.is_(None))
            .group_by(Item.category_id)
        )
        if category_id is not None:
            query = query.where(Item.category_id == category_id)
        return {row[0]: row[1] for row in await self._session.execute(query)}


class ItemRepository(Arranged[Item]):
    model = Item
    options = (
        selectinload(Item.group_links),
        selectinload(Item.slots.and_(SetSlot.archived_at.is_(None))).selectinload(
            SetSlot.choices.and_(_offers_a_live_item())
        ),
    )

    async def after(
        self, *, category_id: UUID | None, archived: bool, cursor: UUID | None, limit: int
    ) -> tuple[list[Item], str | None]:
        """A page of items, newest first."""
        query = self.select().where(
            Item.archived_at.is_not(None) if archived else Item.archived_at.is_(None)
        )
        if category_id is not None:
            query = query.where(Item.category_id == category_id)
        return await self.page(query, cursor=cursor, limit=limit)

    async def live(self, ids: Collection[UUID]) -> dict[UUID, Item]:
        """Those of the items that are not archived."""
        query = self.select().where(Item.id.in_(ids), Item.archived_at.is_(None))
        return {row.id: row for row in await self._session.scalars(query)}

    async def in_category(self, category_id: UUID) -> list[Item]:
        """The category's live items in display order, as they are stored now."""
        query = self.listed(archived=False).where(Item.category_id == category_id)
        query = query.execution_options(populate_existing=True)
        return list((await self._session.scalars(query)).all())

    async def next_position_in(self, category_id: UUID) -> int:
        return await self.next_position(Item.category_id == category_id)

    async def replace_links(self, item: Item, links: Sequence[ItemOptionGroup]) -> None:
        """The item offers these groups from now on, and no others. The item must be locked."""
        await self._session.execute(
            delete(ItemOptionGroup).where(
                ItemOptionGroup.store_id == self.store_id, ItemOptionGroup.item_id == item.id
            )
        )
        self._session.add_all(links)
        await self._session.flush()
        await self.reload(item)

    async def reload(self, item: Item) -> None:
        """Load the row and its links as they are stored now."""
        query = self.select().where(Item.id == item.id)
        await self._session.execute(query.execution_options(populate_existing=True))


class OptionGroupRepository(Arranged[OptionGroup]):
    model = OptionGroup
    options = (selectinload(OptionGroup.options.and_(Option.archived_at.is_(None))),)

    async def shared(self, ids: Collection[UUID]) -> dict[UUID, OptionGroup]:
        """The live groups among `ids`, locked so that none is archived or narrowed meanwhile."""
        query = self.select().where(OptionGroup.id.in_(ids), OptionGroup.archived_at.is_(None))
        locked = held_shared(query.order_by(OptionGroup.id), of=OptionGroup)
        return {row.id: row for row in await self._session.scalars(locked)}

    async def links(self, group_id: UUID) -> Sequence[ItemOptionGroup]:
        """How live items use the group."""
        query = (
            select(ItemOptionGroup)
            .join(
                Item,
                (Item.store_id == ItemOptionGroup.store_id) & (Item.id == ItemOptionGroup.item_id),
            )
            .where(
                ItemOptionGroup.store_id == self.store_id,
                ItemOptionGroup.group_id == group_id,
                Item.archived_at.is_(None),
            )
        )
        return (await self._session.scalars(query)).all()

    async def option_ids(self, ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
        """Every option that these groups have or had, by group."""
        query = select(Option.group_id, Option.id).where(
            Option.store_id == self.store_id, Option.group_id.in_(ids)
        )
        found: dict[UUID, set[UUID]] = {group_id: set() for group_id in ids}
        for group_id, option_id in await self._session.execute(query):
            found[group_id].add(option_id)
        return found

    async def reload(self, group: OptionGroup) -> None:
        """Load the row and its live options as they are stored now."""
        query = self.select().where(OptionGroup.id == group.id)
        await self._session.execute(query.execution_options(populate_existing=True))


class OptionRepository(Archivable[Option]):
    model = Option

    async def group_ids(self, ids: Collection[UUID]) -> set[UUID]:
        """The groups that the options belong to."""
        query = select(Option.group_id).where(Option.store_id == self.store_id, Option.id.in_(ids))
        return set(await self._session.scalars(query))

    async def lock_of_group(self, group_id: UUID) -> dict[UUID, Option]:
        """The group's live options, locked in the order in which an order locks them."""
        query = self.select().where(Option.group_id == group_id, Option.archived_at.is_(None))
        return {row.id: row for row in await self._session.scalars(held(query.order_by(Option.id)))}
