"""Putting categories, items, option groups and options in order, each list by one request."""

from collections.abc import Collection, Sequence
from uuid import UUID

from app.core.errors import FieldError, InvalidRequestError
from app.core.words import Words
from app.models.menu import Category, Item, Option, OptionGroup
from app.repositories.menu import CategoryRepository, ItemRepository, OptionGroupRepository
from app.repositories.menu_arranging import ArrangingRepository
from app.schemas.base import Page
from app.schemas.menu import CategoryOutput, ItemOutput, OptionGroupOutput
from app.services.menu.journal import MenuJournal
from app.services.menu.outputs import category_output, group_output, item_output

MAX_ERRORS = 20


class MenuArrangingService:
    """All rows of a list are locked in the order of their ids, as orders lock them.

    Every method raises `InvalidRequestError` when the ids are not exactly those of the live rows.
    """

    def __init__(
        self,
        places: ArrangingRepository,
        categories: CategoryRepository,
        items: ItemRepository,
        groups: OptionGroupRepository,
        journal: MenuJournal,
    ) -> None:
        self._places = places
        self._categories = categories
        self._items = items
        self._groups = groups
        self._journal = journal

    async def categories(self, ids: list[UUID]) -> Page[CategoryOutput]:
        """Put the categories in this order."""
        check_order(ids, await self._places.lock_live(Category))
        if await self._places.place(Category, ids):
            self._journal.reordered("category", ids)
        counts = await self._categories.item_counts()
        rows = await self._categories.all()
        return Page(
            data=[category_output(row, counts.get(row.id, 0)) for row in rows], next_cursor=None
        )

    async def items(self, category_id: UUID, ids: list[UUID]) -> Page[ItemOutput]:
        """Put the items of a category in this order.

        Raises:
            NotFoundError: no such category, or it is archived.
        """
        await self._categories.get_live(category_id)
        check_order(ids, await self._places.lock_live(Item, Item.category_id == category_id))
        if await self._places.place(Item, ids):
            self._journal.reordered("item", ids, category_id=category_id)
        rows = await self._items.in_category(category_id)
        return Page(data=[item_output(row) for row in rows], next_cursor=None)

    async def option_groups(self, ids: list[UUID]) -> Page[OptionGroupOutput]:
        """Put the option groups in this order; each item keeps its own order of them."""
        check_order(ids, await self._places.lock_live(OptionGroup))
        if await self._places.place(OptionGroup, ids):
            self._journal.reordered("option_group", ids)
        rows = await self._groups.all()
        return Page(data=[group_output(row) for row in rows], next_cursor=None)

    async def options(
        self, group_id: UUID, ids: list[UUID], expected: int | None
    ) -> OptionGroupOutput:
        """Put the options of a group in this order: a new version of the group.

        Raises:
            NotFoundError: no such group, or it is archived.
            VersionMismatchError: `expected` was given and is not the current version.
        """
        group = await self._groups.get_live(group_id, expected)
        check_order(ids, await self._places.lock_live(Option, Option.group_id == group_id))
        moved = await self._places.place(Option, ids)
        if moved:
            await self._groups.touch(group)
            await self._groups.reload(group)
            self._journal.changed("option_group", "updated", group_output(group))
        return group_output(group)


def check_order(wanted: Sequence[UUID], live: Collection[UUID]) -> None:
    """The ids are those of the live rows, each once.

    Raises:
        InvalidRequestError: with each place that names something else, and each id left out.
    """
    known, seen = set(live), set[UUID]()
    errors = []
    for place, one in enumerate(wanted):
        if one not in known:
            errors.append(
                FieldError(
                    f"/ids/{place}",
                    "unknown",
                    Words("Not a live one of this list.", "이 목록에 없는 항목입니다."),
                )
            )
        elif one in seen:
            errors.append(
                FieldError(f"/ids/{place}", "repeated", Words("Named twice.", "두 번 있습니다."))
            )
        seen.add(one)
    errors += [
        FieldError("/ids", "missing", Words(f"{one} is left out.", f"빠진 항목입니다: {one}"))
        for one in sorted(known - seen)
    ]
    if errors:
        raise InvalidRequestError(errors=errors[:MAX_ERRORS])
