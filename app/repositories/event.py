"""The event log as readers see it: the store's, a table's for a tablet, a session's for a guest."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from app.core.events import EventRecord
from app.models import Event, SessionTable, StoreCounters, TableSession
from app.models.table import SessionStatus
from app.repositories.base import Repository

PUBLIC_TYPES = ("menu.changed", "item.availability_changed")
"""What concerns every table of the store."""


class EventRepository(Repository):
    async def oldest(self) -> int:
        """The number of the first event that is kept; the next one's where none is."""
        oldest = await self._session.scalar(
            select(func.min(Event.seq)).where(Event.store_id == self.store_id)
        )
        return oldest if oldest is not None else await self.newest() + 1

    async def newest(self) -> int:
        """The number of the last event, kept or not; 0 where there never was one."""
        newest = await self._session.scalar(
            select(StoreCounters.event_seq).where(StoreCounters.store_id == self.store_id)
        )
        return newest or 0

    async def between(
        self,
        after: int,
        upto: int,
        *,
        table_id: UUID | None = None,
        session_id: UUID | None = None,
        limit: int = 500,
    ) -> list[EventRecord]:
        """The events in (after, upto], in order; for a table or session or both, those that they may see."""
        wanted = []
        query = select(Event).where(
            Event.store_id == self.store_id, Event.seq > after, Event.seq <= upto
        )
        if table_id is not None:
            wanted.append(Event.table_id == table_id)
        if session_id is not None:
            wanted.append(Event.session_id == session_id)
        if wanted:
            query = query.where(or_(*wanted, Event.type.in_(PUBLIC_TYPES)))
        rows = await self._session.scalars(query.order_by(Event.seq).limit(limit))
        return [_record(row) for row in rows]

    async def linked_session(self, table_id: UUID) -> UUID | None:
        """The session of another table that this one is linked to."""
        found: UUID | None = await self._session.scalar(
            select(SessionTable.session_id)
            .join(
                TableSession,
                (TableSession.store_id == SessionTable.store_id)
                & (TableSession.id == SessionTable.session_id),
            )
            .where(
                SessionTable.store_id == self.store_id,
                SessionTable.table_id == table_id,
                TableSession.table_id != table_id,
            )
        )
        return found

    async def a_session_ended(self, after: int, upto: int, table_id: UUID) -> bool:
        """Whether events in (after, upto] belong to a party that has left the table.

        It has when its visit ended, and when it sits at another table now.
        """
        query = (
            select(Event.seq)
            .join(
                TableSession,
                (TableSession.store_id == Event.store_id) & (TableSession.id == Event.session_id),
            )
            .where(
                Event.store_id == self.store_id,
                Event.seq > after,
                Event.seq <= upto,
                Event.table_id == table_id,
                or_(
                    TableSession.status == SessionStatus.CLOSED,
                    TableSession.table_id != table_id,
                ),
            )
            .limit(1)
        )
        return await self._session.scalar(query) is not None


def _record(row: Any) -> EventRecord:
    return EventRecord(
        row.store_id,
        row.seq,
        row.type,
        row.occurred_at,
        row.actor,
        row.table_id,
        row.session_id,
        row.data,
    )
