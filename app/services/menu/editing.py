"""Editing what the menu offers: categories and items. Option groups have a service of their own.

Locks are taken from the whole to the part: category, item, option group, option.
"""

from typing import Any
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InUseError, InvalidRequestError, NotFoundError
from app.core.ids import uuid7
from app.core.words import Words
from app.models.menu import Availability, Category, Item, ItemOptionGroup, OptionGroup
from app.repositories.menu import CategoryRepository, ItemRepository, OptionGroupRepository
from app.repositories.store import StoreReader
from app.schemas.base import Page
from app.schemas.menu import (
    CategoryInput,
    CategoryOutput,
    CategoryPatch,
    GroupUse,
    ItemGroupsInput,
    ItemInput,
    ItemOutput,
    ItemPatch,
    Patch,
)
from app.schemas.timing import stored
from app.services.menu.availability import apply_availability
from app.services.menu.journal import MenuJournal, check_texts
from app.services.menu.outputs import category_output, item_output
from app.services.menu.price_planning import settle_price
from app.services.menu.selection_checks import choosable, use_errors

COLUMNS = {"name": "names", "description": "descriptions"}
PLANS = {"dayparts", "daypart_exceptions"}
"""Lists that are kept as JSON."""


def apply_patch(row: Any, wanted: Patch, *skipped: str) -> bool:
    """Put the fields that were sent into the row; whether that changed anything."""
    changed = False
    for name, sent in wanted.changes().items():
        column = COLUMNS.get(name, name)
        value = stored(sent) if name in PLANS else sent
        if name not in skipped and getattr(row, column) != value:
            setattr(row, column, value)
            changed = True
    return changed


class CategoryEditingService:
    def __init__(
        self, categories: CategoryRepository, stores: StoreReader, journal: MenuJournal
    ) -> None:
        self._categories = categories
        self._stores = stores
        self._journal = journal

    async def all(self, *, archived: bool) -> Page[CategoryOutput]:
        """The live categories (or the archived ones) in display order, whole."""
        rows = await self._categories.all(archived=archived)
        counts = await self._categories.item_counts()
        data = [category_output(row, counts.get(row.id, 0)) for row in rows]
        return Page(data=data, next_cursor=None)

    async def add(self, wanted: CategoryInput) -> CategoryOutput:
        """A new category, after the others unless a position is given."""
        store = await self._stores.get()
        check_texts(store, name=wanted.name, description=wanted.description)
        position = wanted.position
        if position is None:
            position = await self._categories.next_position()
        category = await self._categories.add(
            Category(
                id=uuid7(),
                names=wanted.name,
                descriptions=wanted.description,
                position=position,
                dayparts=stored(wanted.dayparts),
                daypart_exceptions=stored(wanted.daypart_exceptions),
                archived_at=None,
            )
        )
        output = category_output(category, 0)
        self._journal.changed("category", "created", output)
        return output

    async def change(
        self, category_id: UUID, wanted: CategoryPatch, expected: int | None
    ) -> CategoryOutput:
        """Change what was sent; a patch that changes nothing leaves the version as it is."""
        category = await self._categories.get_live(category_id, expected)
        check_texts(await self._stores.get(), name=wanted.name, description=wanted.description)
        changed = apply_patch(category, wanted)
        counts = await self._categories.item_counts(category_id)
        if changed:
            await self._categories.touch(category)
        output = category_output(category, counts.get(category_id, 0))
        if changed:
            self._journal.changed("category", "updated", output)
        return output

    async def archive(self, category_id: UUID, expected: int | None) -> None:
        """Take an empty category off the menu.

        Raises:
            InUseError: it still has live items.
        """
        category = await self._categories.get_live(category_id, expected)
        if await self._categories.item_counts(category_id):
            raise InUseError(
                Words(
                    "The category still has items: move or archive them first.",
                    "카테고리에 메뉴가 남아 있습니다. 먼저 옮기거나 보관해 주세요.",
                )
            )
        category.archived_at = clock.now()
        await self._categories.touch(category)
        self._journal.changed("category", "archived", category_output(category, 0))


class ItemEditingService:
    def __init__(
        self,
        items: ItemRepository,
        categories: CategoryRepository,
        groups: OptionGroupRepository,
        stores: StoreReader,
        journal: MenuJournal,
    ) -> None:
        self._items = items
        self._categories = categories
        self._groups = groups
        self._stores = stores
        self._journal = journal

    async def add(self, wanted: ItemInput) -> ItemOutput:
        """A new item, last in its category unless a position is given.

        Raises:
            InvalidRequestError: no such category or group, or an override that can't be.
        """
        store = await self._stores.get()
        check_texts(store, name=wanted.name, description=wanted.description, origin=wanted.origin)
        await self._lock_category(wanted.category_id)
        position = wanted.position
        if position is None:
            position = await self._items.next_position_in(wanted.category_id)
        item = Item(
            id=uuid7(),
            category_id=wanted.category_id,
            names=wanted.name,
            descriptions=wanted.description,
            price=wanted.price,
            tax_class=wanted.tax_class,
            allergens=wanted.allergens,
            tags=wanted.tags,
            origin=wanted.origin,
            position=position,
            availability=Availability.AVAILABLE,
            external_ref=wanted.external_ref,
            dayparts=stored(wanted.dayparts),
            daypart_exceptions=stored(wanted.daypart_exceptions),
        )
        if wanted.availability is not None:
            apply_availability(
                item, wanted.availability, store, self._journal.actor, "/availability"
            )
        await self._items.add(item)
        await self._items.replace_links(item, await self._links(item, wanted.option_groups))
        output = item_output(item)
        self._journal.changed("item", "created", output)
        return output

    async def change(self, item_id: UUID, wanted: ItemPatch, expected: int | None) -> ItemOutput:
        """Change what was sent. Orders that were placed keep their names and prices."""
        if wanted.category_id is not None:
            await self._lock_category(wanted.category_id)
        item = await self._items.get_live(item_id, expected)
        store = await self._stores.get()
        check_texts(store, name=wanted.name, description=wanted.description, origin=wanted.origin)
        if wanted.price is not None:
            settle_price(item)
        price = item.price
        if apply_patch(item, wanted):
            await self._items.touch(item)
            if item.price != price:
                await self._journal.price_changed("item", item.id, price, item.price)
            self._journal.changed("item", "updated", item_output(item))
        return item_output(item)

    async def archive(self, item_id: UUID, expected: int | None) -> None:
        """Take an item off the menu for good; it stays readable by its id."""
        item = await self._items.get_live(item_id, expected)
        item.archived_at = clock.now()
        await self._items.touch(item)
        self._journal.changed("item", "archived", item_output(item))

    async def set_groups(
        self, item_id: UUID, wanted: ItemGroupsInput, expected: int | None
    ) -> ItemOutput:
        """Say which groups the item offers, in which order and with which overrides. Saying what
        already holds changes nothing.

        Raises:
            InvalidRequestError: no such group or option, or bounds that contradict.
        """
        item = await self._items.get_live(item_id, expected)
        before = _prices(item.group_links)
        links = await self._links(item, wanted.option_groups)
        if [_said(link) for link in links] == [_said(link) for link in item.group_links]:
            return item_output(item)
        await self._items.replace_links(item, links)
        await self._items.touch(item)
        await self._journal.prices_overridden(item.id, before, _prices(links))
        output = item_output(item)
        self._journal.changed("item", "updated", output)
        return output

    async def _lock_category(self, category_id: UUID) -> None:
        """Keep the category from being archived while an item moves into it."""
        try:
            await self._categories.get_live(category_id)
        except NotFoundError:
            error = FieldError(
                "/category_id",
                "unknown",
                Words("There is no such category.", "없는 카테고리입니다."),
            )
            raise InvalidRequestError(errors=[error]) from None

    async def _links(self, item: Item, uses: list[GroupUse]) -> list[ItemOptionGroup]:
        ids = {use.id for use in uses}
        groups = await self._groups.shared(ids)
        options = await self._groups.option_ids(ids)
        errors = [
            error
            for place, use in enumerate(uses)
            for error in _use_errors(
                f"/option_groups/{place}", use, groups.get(use.id), options[use.id]
            )
        ]
        if len(ids) < len(uses):
            errors.append(
                FieldError(
                    "/option_groups",
                    "repeated",
                    Words("A group is named twice.", "같은 옵션 그룹이 두 번 있습니다."),
                )
            )
        if errors:
            raise InvalidRequestError(errors=errors)
        return [
            ItemOptionGroup(
                store_id=self._items.store_id,
                item_id=item.id,
                group_id=use.id,
                position=place,
                min_select=use.min_select,
                max_select=use.max_select,
                prices=use.prices and {str(key): price for key, price in use.prices.items()},
            )
            for place, use in enumerate(uses)
        ]


def _use_errors(
    pointer: str, use: GroupUse, group: OptionGroup | None, options: set[UUID]
) -> list[FieldError]:
    """What is wrong with one use of a group."""
    if group is None:
        return [
            FieldError(
                f"{pointer}/id",
                "unknown",
                Words("There is no such option group.", "없는 옵션 그룹입니다."),
            )
        ]
    own, bounds = (use.min_select, use.max_select), (group.min_select, group.max_select)
    return [
        FieldError(
            f"{pointer}/prices/{option_id}",
            "unknown",
            Words("Not an option of the group.", "이 그룹에 없는 옵션입니다."),
        )
        for option_id in use.prices or {}
        if option_id not in options
    ] + list(use_errors(pointer, own, bounds, choosable(group)))


def _said(link: ItemOptionGroup) -> tuple[Any, ...]:
    """What a link says; its place in the list says the rest."""
    return (link.group_id, link.min_select, link.max_select, link.prices or None)


def _prices(links: list[ItemOptionGroup]) -> dict[str, int]:
    """The item's own option prices, by option id."""
    return {key: price for link in links for key, price in (link.prices or {}).items()}
