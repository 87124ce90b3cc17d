"""The store's own row."""

from sqlalchemy import select

from app.core import clock
from app.core.errors import NotFoundError, VersionMismatchError
from app.models import Store
from app.models.store import StoreCounters
from app.repositories.base import Repository, held


class StoreReader(Repository):
    async def get(self, *, lock: bool = False) -> Store:
        query = select(Store).where(Store.store_id == self.store_id)
        if lock:
            query = held(query)
        store: Store | None = await self._session.scalar(query)
        if store is None:
            raise NotFoundError
        return store


class StoreKeeper(StoreReader):
    async def get_for_change(self, expected: int | None) -> Store:
        """The locked row, if it still has the version that the client has read.

        Raises:
            VersionMismatchError: somebody changed it since.
        """
        store = await self.get(lock=True)
        if expected is not None and store.version != expected:
            raise VersionMismatchError(version=store.version)
        return store

    async def has_sold(self) -> bool:
        """Whether there ever was an order."""
        query = select(StoreCounters.business_date).where(StoreCounters.store_id == self.store_id)
        return await self._session.scalar(query) is not None

    async def claim(self) -> Store | None:
        """The locked row; None where somebody else holds it at this moment."""
        query = select(Store).where(Store.store_id == self.store_id)
        found: Store | None = await self._session.scalar(held(query, skip_locked=True))
        return found

    async def touch(self, store: Store) -> None:
        """Store the changes of the row, as its next version."""
        store.version += 1
        store.updated_at = clock.now()
        await self._session.flush()
