"""The store's own row."""

from sqlalchemy import select

from app.core.errors import NotFoundError
from app.models import Store
from app.repositories.base import Repository


class StoreReader(Repository):
    async def get(self) -> Store:
        query = select(Store).where(Store.store_id == self.store_id)
        store: Store | None = await self._session.scalar(query)
        if store is None:
            raise NotFoundError
        return store
