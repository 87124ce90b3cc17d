"""Queries shared by every table of a store."""

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.interfaces import ORMOption

from app.core import clock
from app.core.database import UnitOfWork
from app.core.errors import NotFoundError, VersionMismatchError
from app.models.base import StoreModel

RowT = TypeVar("RowT", bound=StoreModel)


class Repository:
    """Knows one store's transaction and no other store: there is no unscoped query to forget."""

    def __init__(self, unit: UnitOfWork, session: AsyncSession, store_id: UUID) -> None:
        self.unit = unit
        self._session = session
        self.store_id = store_id


class StoreRepository(Repository, Generic[RowT]):
    """One table, seen from one store."""

    model: type[RowT]
    options: ClassVar[Sequence[ORMOption]] = ()

    def select(self) -> Select[Any]:
        """All rows of the store, with what the table's readers need loaded."""
        query: Select[Any] = select(self.model).where(self.model.store_id == self.store_id)
        return query.options(*self.options)

    async def get(self, row_id: UUID, *, lock: bool = False) -> RowT:
        """The row, locked for this transaction if asked.

        Raises:
            NotFoundError: there is none in this store.
        """
        query = self.select().where(self.model.id == row_id)
        if lock:
            query = query.with_for_update(of=self.model).execution_options(populate_existing=True)
        row: RowT | None = await self._session.scalar(query)
        if row is None:
            raise NotFoundError
        return row

    async def get_for_change(self, row_id: UUID, expected: int | None) -> RowT:
        """The locked row, if it still has the version that the client has read.

        Raises:
            NotFoundError: there is none in this store.
            VersionMismatchError: somebody changed it since.
        """
        row = await self.get(row_id, lock=True)
        if expected is not None and row.version != expected:
            raise VersionMismatchError(version=row.version)
        return row

    async def add(self, row: RowT) -> RowT:
        """Store a new row now, so that its constraints speak here."""
        row.store_id = self.store_id
        row.created_at = row.updated_at = clock.now()
        row.version = 1
        self._session.add(row)
        await self._session.flush()
        return row

    async def touch(self, row: RowT) -> RowT:
        """Store the changes of a row, as its next version."""
        row.version += 1
        row.updated_at = clock.now()
        await self._session.flush()
        return row

    async def page(
        self, query: Select[Any], *, cursor: UUID | None, limit: int
    ) -> tuple[list[RowT], str | None]:
        """Keyset page, newest first: UUIDv7 ids are in the order of creation."""
        if cursor is not None:
            query = query.where(self.model.id < cursor)
        query = query.order_by(self.model.id.desc()).limit(limit + 1)
        rows = list((await self._session.scalars(query)).all())
        return rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else None
