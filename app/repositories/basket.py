"""The lines of shared baskets. A session's row is the lock of its basket."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import Database
from app.core.idempotency import Intent
from app.models import BasketLine, TableSession
from app.repositories.base import StoreRepository, held, held_shared
from app.repositories.placing import Placed, Placement, PlacingRepository
from app.repositories.sitting import hold_sitting, sitting_at


class BasketRepository(StoreRepository[BasketLine]):
    model = BasketLine

    async def session_at(self, table_id: UUID) -> UUID | None:
        """The session that has the table."""
        return await sitting_at(self._session, self.store_id, table_id)

    async def session(self, session_id: UUID, *, lock: bool = False) -> TableSession | None:
        """The session; locked with its basket, if asked."""
        query = select(TableSession).where(
            TableSession.store_id == self.store_id, TableSession.id == session_id
        )
        if lock:
            query = held(query)
        found: TableSession | None = await self._session.scalar(query)
        return found

    async def hold_at(self, table_id: UUID) -> TableSession | None:
        """The session that has the table, locked with its basket."""
        return await hold_sitting(self._session, self.store_id, table_id, alone=True)

    async def lines_of(
        self, session_id: UUID, *, origins: Collection[UUID] | None = None
    ) -> list[BasketLine]:
        """The lines in the order in which they came; with `origins` those that came from there."""
        query = self.select().where(BasketLine.session_id == session_id)
        if origins is not None:
            query = query.where(BasketLine.origin_session_id.in_(origins))
        ordered = query.order_by(BasketLine.created_at, BasketLine.position, BasketLine.id)
        return list((await self._session.scalars(ordered)).all())

    async def is_used_elsewhere(self, line_ids: Collection[UUID], session_id: UUID) -> bool:
        """Whether another session's basket has lines with one of these ids."""
        query = select(
            exists().where(
                BasketLine.store_id == self.store_id,
                BasketLine.id.in_(line_ids),
                BasketLine.session_id != session_id,
            )
        )
        return bool(await self._session.scalar(query))

    async def remove(self, line_ids: Collection[UUID]) -> None:
        await self._session.execute(
            delete(BasketLine).where(
                BasketLine.store_id == self.store_id, BasketLine.id.in_(line_ids)
            )
        )


class BasketMovedError(Exception):
    """The basket is no longer the one that was priced; nothing was written."""


class BasketPlacingRepository(PlacingRepository):
    """Places the order and empties the basket, in one transaction."""

    def __init__(self, database: Database, store_id: UUID, table_id: UUID | None) -> None:
        """`table_id` is that of a tablet, whose party may change; a guest has its session."""
        super().__init__(database, store_id)
        self._table_id = table_id
        self.priced: tuple[UUID, dict[UUID, int]] | None = None

    async def place(self, intent: Intent, order: Placement) -> Placed:
        """As `PlacingRepository.place`, for what `priced` says: session, and versions by line id.

        Raises:
            BasketMovedError: somebody changed or ordered it, or the tablet's party has left.
        """
        if self.priced is None:
            raise ValueError("which basket was priced must be said first")
        session_id, versions = self.priced
        theirs = replace(order, table_id=None, session_id=session_id)
        async with self._database.transaction(self._store_id) as unit:
            session = await unit.session()
            party = await self._share(session, session_id)
            row = await self._call_within(session, self._parameters(intent, theirs))
            if not row[0] and party is not None:
                await self._empty(session, session_id, versions)
                unit.record(
                    "session.basket_updated",
                    {"session_id": str(session_id), "lines": []},
                    actor=order.actor,
                    table_id=party.table_id,
                    session_id=session_id,
                )
        return await self._placed(intent, theirs, row)

    async def _empty(
        self, session: AsyncSession, session_id: UUID, versions: dict[UUID, int]
    ) -> None:
        of_basket = (BasketLine.store_id == self._store_id, BasketLine.session_id == session_id)
        rows = await session.execute(select(BasketLine.id, BasketLine.version).where(*of_basket))
        if {row.id: row.version for row in rows} != versions:
            raise BasketMovedError
        if self._table_id is not None:
            sitting = await sitting_at(session, self._store_id, self._table_id)
            if sitting != session_id:
                raise BasketMovedError
        await session.execute(delete(BasketLine).where(*of_basket))

    async def _share(self, session: AsyncSession, session_id: UUID) -> TableSession | None:
        """The party, held where it sits: who moves it or changes its basket takes it alone.

        A statement that waited for a move finds the session at its old table, hence at none.
        """
        query = select(TableSession).where(
            TableSession.store_id == self._store_id, TableSession.id == session_id
        )
        found: TableSession | None = await session.scalar(held_shared(query))
        return found
