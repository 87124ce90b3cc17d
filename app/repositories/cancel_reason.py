"""A store's list of reasons for cancelling, and whether its guests may."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.errors import NotFoundError, VersionMismatchError
from app.models import CancelReasonList, Store
from app.repositories.base import Repository, held


class CancelReasonRepository(Repository):
    async def get(self) -> CancelReasonList | None:
        """The store's own list; None while it has the usual one."""
        return await self._one(lock=False)

    async def get_for_change(
        self, usual: list[dict[str, Any]], expected: int | None
    ) -> CancelReasonList:
        """The locked list, begun with the `usual` one where the store has none of its own yet.

        Raises:
            VersionMismatchError: somebody changed it since.
        """
        now = clock.now()
        first = {"store_id": self.store_id, "reasons": usual, "version": 1}
        # Of two at once the second one waits here, and finds the first one's list.
        await self._session.execute(
            insert(CancelReasonList)
            .values(**first, created_at=now, updated_at=now)
            .on_conflict_do_nothing()
        )
        stored = await self._one(lock=True)
        if stored is None:
            raise NotFoundError
        if expected is not None and stored.version != expected:
            raise VersionMismatchError(version=stored.version)
        return stored

    async def guests_may_cancel(self) -> bool:
        """Whether the store lets its guests cancel what is still pending."""
        query = select(Store.guest_cancel_allowed).where(Store.store_id == self.store_id)
        return bool(await self._session.scalar(query))

    async def touch(self, stored: CancelReasonList) -> None:
        """Store the changes of the list, as its next version."""
        stored.version += 1
        stored.updated_at = clock.now()
        await self._session.flush()

    async def _one(self, *, lock: bool) -> CancelReasonList | None:
        query = select(CancelReasonList).where(CancelReasonList.store_id == self.store_id)
        if lock:
            query = held(query)
        found: CancelReasonList | None = await self._session.scalar(query)
        return found
