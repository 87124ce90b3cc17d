"""Sessions and orders that change their place."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, func, select, text

from app.core import clock
from app.core.errors import NotFoundError, TableOccupiedError
from app.models import Order, SessionTable, Table, TableSession
from app.models.base import StoreModel
from app.repositories.base import Repository, held
from app.repositories.order import load_lines
from app.repositories.sitting import sitting_at

# Dates that are over keep no counter: their next number follows from their orders.
_TAKE_NUMBERS = text(
    "UPDATE store_counters SET order_number = order_number"
    " + CASE WHEN business_date = :date THEN :count ELSE 0 END"
    " WHERE store_id = :store RETURNING business_date = :date, order_number"
)


class MovingRepository(Repository):
    """Locks in the one order that all share: sessions by id, then the table.

    Orders need no lock of their own here: whoever changes one holds its session too.
    """

    async def lock_sessions(self, *session_ids: UUID) -> dict[UUID, TableSession]:
        """The sessions by id, locked: nobody orders, closes or moves there meanwhile.

        Raises:
            NotFoundError: one of them is not of this store.
        """
        query = (
            select(TableSession)
            .where(TableSession.store_id == self.store_id, TableSession.id.in_(session_ids))
            .order_by(TableSession.id)
        )
        found = {row.id: row for row in await self._session.scalars(held(query))}
        if len(found) < len(set(session_ids)):
            raise NotFoundError
        return found

    async def lock_free_table(self, table_id: UUID, *, but_for: UUID | None = None) -> Table:
        """The table, locked: nobody sits down there, and it isn't archived meanwhile.

        Args:
            but_for: a session that may sit there already.

        Raises:
            NotFoundError: no such table, or it is archived.
            TableOccupiedError: a party sits there.
        """
        query = select(Table).where(
            Table.store_id == self.store_id, Table.id == table_id, Table.archived_at.is_(None)
        )
        table: Table | None = await self._session.scalar(held(query))
        if table is None:
            raise NotFoundError
        sitting = await sitting_at(self._session, self.store_id, table_id)
        if sitting not in (None, but_for):
            raise TableOccupiedError(session_id=str(sitting), table_id=str(table_id))
        return table

    async def link(self, session_id: UUID, table_ids: Collection[UUID]) -> None:
        """Let the party sit at these tables too, which are locked and free."""
        self._session.add_all(
            SessionTable(store_id=self.store_id, table_id=table_id, session_id=session_id)
            for table_id in table_ids
        )
        await self._session.flush()

    async def unlink(self, session_id: UUID, table_ids: Collection[UUID]) -> None:
        """Free these of the party's tables."""
        await self._session.execute(
            delete(SessionTable).where(
                SessionTable.store_id == self.store_id,
                SessionTable.session_id == session_id,
                SessionTable.table_id.in_(table_ids),
            )
        )

    async def merged_into(self, session_id: UUID) -> UUID | None:
        """Which session has absorbed this one, as it stands before any lock."""
        found: UUID | None = await self._session.scalar(
            select(TableSession.merged_into_id).where(
                TableSession.store_id == self.store_id, TableSession.id == session_id
            )
        )
        return found

    async def merged_with(self, session_id: UUID) -> set[UUID]:
        """The session and all that were merged into it, directly or by way of another."""
        found = select(TableSession.id).where(
            TableSession.store_id == self.store_id, TableSession.id == session_id
        )
        family = found.cte(recursive=True)
        merged = select(TableSession.id).where(
            TableSession.store_id == self.store_id, TableSession.merged_into_id == family.c.id
        )
        # UNION, not UNION ALL: whatever the rows say, it ends.
        return set(await self._session.scalars(select(family.union(merged).c.id)))

    async def orders_of(self, session_id: UUID) -> list[Order]:
        """The session's orders with their lines, oldest first."""
        return await self._found(Order.session_id == session_id)

    async def orders(self, order_ids: Collection[UUID]) -> list[Order]:
        """These orders, read anew: lines may have come and gone."""
        return await self._found(Order.id.in_(order_ids))

    async def _found(self, wanted: object) -> list[Order]:
        query = (
            select(Order)
            .where(Order.store_id == self.store_id, wanted)  # type: ignore[arg-type]
            .order_by(Order.id)
            .execution_options(populate_existing=True)
        )
        orders = list((await self._session.scalars(query)).all())
        await load_lines(self, orders, fresh=True)
        return orders

    async def bring(self, orders: Sequence[Order], session: TableSession) -> None:
        """Put orders into a session and on its table: their next version, otherwise untouched."""
        for order in orders:
            order.session_id, order.table_id = session.id, session.table_id
            self._touch(order)
        await self._session.flush()

    async def add(self, rows: Sequence[StoreModel]) -> None:
        """Store new rows of one kind now."""
        self._session.add_all(rows)
        await self._session.flush()

    async def changed(self, rows: Sequence[StoreModel]) -> None:
        """Store the changes of rows, as their next versions."""
        for row in rows:
            self._touch(row)
        await self._session.flush()

    async def take_numbers(self, business_date: date, count: int) -> list[int]:
        """The next order numbers of a business date, today's or one that is over.

        Takes the store's counter, the last of all locks: what is inserted afterwards must refer
        only to rows that are locked already.
        """
        values = {"date": business_date, "count": count, "store": self.store_id}
        row = (await self._session.execute(_TAKE_NUMBERS, values)).one()
        last = int(row[1]) - count if row[0] else await self._last_number(business_date)
        return list(range(last + 1, last + count + 1))

    async def _last_number(self, business_date: date) -> int:
        query = select(func.max(Order.number)).where(
            Order.store_id == self.store_id, Order.business_date == business_date
        )
        return await self._session.scalar(query) or 0

    def _touch(self, row: StoreModel) -> None:
        row.version += 1
        row.updated_at = clock.now()
