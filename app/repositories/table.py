"""Areas, tables and table sessions."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, exists, func, select, true, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.errors import NotFoundError
from app.models import (
    Area,
    BasketLine,
    Order,
    ServiceRequest,
    SessionTable,
    SignIn,
    Table,
    TableSession,
)
from app.models.order import OrderStatus
from app.models.service_request import WAITING
from app.repositories.base import StoreRepository


class AreaRepository(StoreRepository[Area]):
    model = Area

    async def all(self, *, archived: bool) -> Sequence[Area]:
        query = self.select().where(
            Area.archived_at.is_not(None) if archived else Area.archived_at.is_(None)
        )
        return (await self._session.scalars(query.order_by(Area.position, Area.id))).all()

    async def next_position(self) -> int:
        query = select(func.coalesce(func.max(Area.position) + 1, 0))
        return await self._session.scalar(query.where(Area.store_id == self.store_id)) or 0

    async def has_tables(self, area_id: UUID) -> bool:
        query = select(
            exists().where(
                Table.store_id == self.store_id,
                Table.area_id == area_id,
                Table.archived_at.is_(None),
            )
        )
        return bool(await self._session.scalar(query))


class TableRepository(StoreRepository[Table]):
    model = Table

    async def all(self, *, archived: bool) -> list[tuple[Table, UUID | None]]:
        """The tables by number, each with the id of the session that sits there."""
        wanted = Table.archived_at.is_not(None) if archived else Table.archived_at.is_(None)
        return await self._with_session(self.select().where(wanted).order_by(Table.number))

    async def one(self, table_id: UUID) -> tuple[Table, UUID | None]:
        rows = await self._with_session(self.select().where(Table.id == table_id))
        if not rows:
            raise NotFoundError
        return rows[0]

    async def has_waiting_calls(self, table_id: UUID) -> bool:
        """Whether somebody has called from the table and waits."""
        query = select(
            exists().where(
                ServiceRequest.store_id == self.store_id,
                ServiceRequest.table_id == table_id,
                ServiceRequest.status.in_(WAITING),
            )
        )
        return bool(await self._session.scalar(query))

    async def _with_session(self, query: Any) -> list[tuple[Table, UUID | None]]:
        joined = query.add_columns(SessionTable.session_id).outerjoin(
            SessionTable,
            (SessionTable.store_id == Table.store_id) & (SessionTable.table_id == Table.id),
        )
        rows = await self._session.execute(joined)
        return [(table, session_id) for table, session_id in rows]


class LinkedTable(NamedTuple):
    """A further table of a party."""

    id: UUID
    number: int


class SessionRow(NamedTuple):
    """A session with its table's number, what its orders add up to, and its further tables."""

    session: TableSession
    table_number: int
    order_count: int
    total: int
    linked_tables: Sequence[LinkedTable] = ()


class SessionRepository(StoreRepository[TableSession]):
    model = TableSession

    def rows(self) -> Any:
        """Sessions as the API shows them, in one statement."""
        orders = (
            select(
                func.count(Order.id).label("count"),
                func.coalesce(func.sum(Order.total), 0).label("total"),
            )
            .where(Order.store_id == TableSession.store_id, Order.session_id == TableSession.id)
            .lateral()
        )
        linked = aliased(Table)
        tables = (
            select(
                func.jsonb_agg(
                    aggregate_order_by(
                        func.jsonb_build_array(linked.id, linked.number), linked.number
                    )
                )
            )
            .select_from(SessionTable)
            .join(
                linked,
                (linked.store_id == SessionTable.store_id) & (linked.id == SessionTable.table_id),
            )
            .where(
                SessionTable.store_id == TableSession.store_id,
                SessionTable.session_id == TableSession.id,
                SessionTable.table_id != TableSession.table_id,
            )
            .correlate(TableSession)
            .scalar_subquery()
        )
        return (
            select(TableSession, Table.number, orders.c.count, orders.c.total, tables)
            .join(
                Table,
                (Table.store_id == TableSession.store_id) & (Table.id == TableSession.table_id),
            )
            .join(orders, onclause=true())
            .where(TableSession.store_id == self.store_id)
        )

    async def row(self, session_id: UUID) -> SessionRow:
        found = (
            await self._session.execute(self.rows().where(TableSession.id == session_id))
        ).first()
        if found is None:
            raise NotFoundError
        return session_row(found)

    async def open_at(self, table_id: UUID) -> SessionRow | None:
        """The session that sits at the table: the table's own, or the one it is linked to."""
        query = self.rows().join(
            SessionTable,
            (SessionTable.store_id == TableSession.store_id)
            & (SessionTable.session_id == TableSession.id)
            & (SessionTable.table_id == table_id),
        )
        found = (await self._session.execute(query)).first()
        return session_row(found) if found else None

    async def end_guests(self, session_id: UUID, reason: str) -> Sequence[UUID]:
        """End the sign-ins of the session's guests; which ones that were."""
        query = (
            update(SignIn)
            .where(
                SignIn.store_id == self.store_id,
                SignIn.session_id == session_id,
                SignIn.revoked_at.is_(None),
            )
            .values(revoked_at=clock.now(), revoked_reason=reason)
            .returning(SignIn.id)
        )
        return (await self._session.scalars(query)).all()

    async def drop_basket(self, session_id: UUID) -> None:
        """Forget what was about to be ordered."""
        await self._session.execute(
            delete(BasketLine).where(
                BasketLine.store_id == self.store_id, BasketLine.session_id == session_id
            )
        )

    async def unfinished(self, session_id: UUID) -> list[Order]:
        """The session's orders that are still pending or preparing."""
        query = select(Order).where(
            Order.store_id == self.store_id,
            Order.session_id == session_id,
            Order.status.in_((OrderStatus.PENDING, OrderStatus.PREPARING)),
        )
        return list((await self._session.scalars(query.order_by(Order.id))).all())


def session_row(found: Any) -> SessionRow:
    """A row of `SessionRepository.rows()`."""
    linked = [LinkedTable(UUID(id_), number) for id_, number in found[4] or ()]
    return SessionRow(found[0], found[1], int(found[2]), int(found[3]), linked)
