"""Listing items, and finding them by name."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError
from app.core.words import Words
from app.repositories.menu import ItemRepository
from app.schemas.base import Page
from app.schemas.menu import ItemFilter, ItemReadOutput
from app.services.menu.blocking import item_read_output
from app.services.menu.loading import MenuCatalog
from app.services.menu.name_search import find
from app.services.menu.snapshot import MenuSnapshot


class ItemFindingService:
    """Names are searched in the worker's snapshot: 2,000 items in 3 ms, and no index to keep."""

    def __init__(
        self, catalog: MenuCatalog, begin: Callable[[], Awaitable[ItemRepository]]
    ) -> None:
        self._catalog = catalog
        self._begin = begin

    async def get(self, item_id: UUID) -> ItemReadOutput:
        """One item, also an archived one: history refers to it."""
        menu, now = await self._menu()
        return item_read_output(await (await self._begin()).get(item_id), menu, now)

    async def find(self, wanted: ItemFilter) -> Page[ItemReadOutput]:
        """The store's items, newest first; with `q` the live ones that fit it, the best first.

        Raises:
            InvalidRequestError: `q` with `archived` or `cursor`.
        """
        if wanted.q is not None:
            return await self._search(wanted.q, wanted)
        menu, now = await self._menu()
        items = await self._begin()
        rows, cursor = await items.after(
            category_id=wanted.category_id,
            archived=wanted.archived,
            cursor=wanted.cursor,
            limit=wanted.limit,
        )
        data = [item_read_output(row, menu, now) for row in rows]
        return Page(data=data, next_cursor=cursor)

    async def _menu(self) -> tuple[MenuSnapshot, datetime]:
        """The menu, and when it is asked. Before the transaction begins: a menu that this worker
        lacks is loaded in one of its own."""
        now = clock.now()
        return (await self._catalog.snapshot()).at(now), now

    async def _search(self, typed: str, wanted: ItemFilter) -> Page[ItemReadOutput]:
        refused = [name for name in ("archived", "cursor") if getattr(wanted, name)]
        if refused:
            raise InvalidRequestError(
                errors=[
                    FieldError(
                        f"/query/{name}",
                        "contradiction",
                        Words("Not together with q.", "q와 함께 쓸 수 없습니다."),
                    )
                    for name in refused
                ]
            )
        menu, now = await self._menu()
        named = (
            (item.id, item.names)
            for item in menu.in_menu_order()
            if wanted.category_id in (None, item.category_id)
        )
        ids = find(typed, named)[: wanted.limit]
        rows = await (await self._begin()).live(ids)
        data = [item_read_output(rows[item_id], menu, now) for item_id in ids if item_id in rows]
        return Page(data=data, next_cursor=None)
