"""Telling what became of parties and their orders: events for whom they concern, and the audit log."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal
from uuid import UUID

from app.core.security.principals import Principal
from app.models import BasketLine, Order, TableSession
from app.repositories.table import SessionRepository, TableRepository
from app.schemas.session import SessionOutput
from app.services.floor.outputs import session_output, table_output
from app.services.orders.basket_lines import told
from app.services.orders.reading import OrderReadingService

SessionEvent = Literal["session.opened", "session.updated", "session.closed"]


class FloorJournal:
    """Each event goes to the table and session that the thing belongs to now, and to no other."""

    def __init__(
        self,
        sessions: SessionRepository,
        tables: TableRepository,
        reading: OrderReadingService,
        principal: Principal,
    ) -> None:
        self._sessions = sessions
        self._tables = tables
        self._reading = reading
        self._actor = principal.actor

    async def shown(self, session_id: UUID) -> SessionOutput:
        """The session as GET shows it."""
        return session_output(await self._sessions.row(session_id))

    async def session(self, type_: SessionEvent, session_id: UUID) -> SessionOutput:
        """Publish what the session is now."""
        output = await self.shown(session_id)
        self._sessions.unit.record(
            type_,
            output.model_dump(mode="json"),
            actor=self._actor,
            table_id=output.table.id,
            session_id=session_id,
        )
        return output

    def basket(self, session: TableSession, lines: Sequence[BasketLine]) -> None:
        """Publish what is in the basket of a party."""
        self._sessions.unit.record(
            "session.basket_updated",
            told(session.id, lines),
            actor=self._actor,
            table_id=session.table_id,
            session_id=session.id,
        )

    async def orders(self, orders: Sequence[Order]) -> None:
        """Publish `order.updated`, never `order.created`: nothing is sent to the kitchen again."""
        for order, output in zip(orders, await self._reading.published(list(orders)), strict=True):
            self._sessions.unit.record(
                "order.updated",
                output.model_dump(mode="json"),
                actor=self._actor,
                table_id=order.table_id,
                session_id=order.session_id,
            )

    async def tables(self, table_ids: Iterable[UUID]) -> None:
        """Publish `table.changed`: the tablets there learn that a party has come or gone."""
        for table_id in sorted(table_ids):
            output = table_output(*await self._tables.one(table_id))
            data = output.model_dump(mode="json")
            self._sessions.unit.record("table.changed", data, actor=self._actor, table_id=table_id)

    async def audit(
        self, action: str, session_id: UUID, reason: str | None, details: dict[str, Any]
    ) -> None:
        await self._sessions.unit.audit(
            action,
            actor=self._actor,
            target_kind="session",
            target_id=session_id,
            reason=reason,
            details=details,
        )
