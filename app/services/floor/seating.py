"""Seating parties: opening, reading and correcting table sessions."""

from typing import NamedTuple
from uuid import UUID

from app.core import clock
from app.core.errors import (
    NotFoundError,
    SessionClosedError,
    SessionNotOpenError,
)
from app.core.ids import uuid7
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import TableSession
from app.models.table import SessionStatus
from app.repositories.table import SessionRepository, SessionRow, TableRepository
from app.schemas.session import (
    SessionOpenInput,
    SessionOutput,
    SessionPatch,
    SessionPinOutput,
)
from app.services.floor.outputs import session_output


class Opened(NamedTuple):
    """`created` is False when somebody sat at the table already."""

    session: SessionOutput
    created: bool


class SeatingService:
    """A party's visit to a table, until it is closed."""

    def __init__(
        self, sessions: SessionRepository, tables: TableRepository, principal: Principal
    ) -> None:
        self._sessions = sessions
        self._tables = tables
        self._principal = principal

    async def open(self, table_id: UUID, wanted: SessionOpenInput) -> Opened:
        """Open a session at a table; an occupied table answers with the one that is open, as it is.

        Raises:
            NotFoundError: no such table, or it is archived.
        """
        table = await self._tables.get(table_id, lock=True)
        if table.archived_at is not None:
            raise NotFoundError
        found = await self._sessions.open_at(table_id)
        if found is not None:
            return Opened(session_output(found), created=False)
        opened = new_session(table_id)
        opened.opened_by = self._principal.actor
        opened.guest_count, opened.note = wanted.guest_count, wanted.note
        session = await self._sessions.add(opened)
        output = session_output(SessionRow(session, table.number, 0, 0))
        self._record("session.opened", output)
        return Opened(output, created=True)

    async def at_table(self, table_id: UUID | None) -> SessionOutput:
        """The open session of a table.

        Raises:
            NotFoundError: the table is free, or there is no such table.
        """
        row = await self._sessions.open_at(table_id) if table_id else None
        if row is None:
            raise NotFoundError(
                Words("The table has no open session.", "지금 이용 중인 테이블이 아닙니다.")
            )
        return session_output(row, staff=not self._principal.sits_at_table)

    async def own(self) -> SessionOutput:
        """The open session of the caller: a guest's own, or that of the tablet's table.

        Raises:
            NotFoundError: the tablet's table is free.
            SessionClosedError: the guest's visit has ended.
        """
        if self._principal.session_id is None:
            return await self.at_table(self._principal.table_id)
        row = await self._sessions.row(self._principal.session_id)
        if row.session.status != SessionStatus.OPEN:
            raise SessionClosedError
        return session_output(row, staff=False)

    async def pin(self, session_id: UUID) -> SessionPinOutput:
        """What guests must know to join, where the store asks for it.

        Raises:
            SessionNotOpenError: nobody can join any more.
        """
        session = await self._sessions.get(session_id)
        if session.status != SessionStatus.OPEN:
            raise SessionNotOpenError
        return SessionPinOutput(session_id=session.id, pin=session.guest_pin)

    async def get(self, session_id: UUID) -> SessionOutput:
        return session_output(await self._sessions.row(session_id))

    async def change(
        self, session_id: UUID, wanted: SessionPatch, expected: int | None
    ) -> SessionOutput:
        """Correct guest count or note of an open session; what holds already changes nothing."""
        session = await self._sessions.get_for_change(session_id, expected)
        if session.status != SessionStatus.OPEN:
            raise SessionNotOpenError
        changes = {
            name: value
            for name, value in wanted.model_dump(include=wanted.model_fields_set).items()
            if value != getattr(session, name)
        }
        if not changes:
            return session_output(await self._sessions.row(session_id))
        for name, value in changes.items():
            setattr(session, name, value)
        await self._sessions.touch(session)
        output = session_output(await self._sessions.row(session_id))
        self._record("session.updated", output)
        return output

    def _record(self, type_: str, output: SessionOutput) -> None:
        self._sessions.unit.record(
            type_,
            output.model_dump(mode="json"),
            actor=self._principal.actor,
            table_id=output.table.id,
            session_id=output.id,
        )


def new_session(table_id: UUID) -> TableSession:
    """A party's visit that begins now; who opened it is to be added."""
    return TableSession(
        id=uuid7(),
        table_id=table_id,
        status=SessionStatus.OPEN,
        opened_at=clock.now(),
    )
