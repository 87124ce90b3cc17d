"""Seating parties: opening, reading and closing table sessions."""

from typing import NamedTuple
from uuid import UUID

from app.core import clock
from app.core.errors import (
    CloseBlockedError,
    FieldError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    SessionClosedError,
    SessionNotOpenError,
    VersionMismatchError,
)
from app.core.events.revocations import SESSION_CLOSED
from app.core.ids import uuid7
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import TableSession
from app.models.table import SessionStatus
from app.repositories.table import SessionRepository, SessionRow, TableRepository
from app.schemas.session import (
    SessionCloseInput,
    SessionOpenInput,
    SessionOutput,
    SessionPatch,
    SessionPinOutput,
)
from app.services.access.credentials import Credentials
from app.services.calls.following import CallFollowing
from app.services.floor.outputs import session_output, table_output
from app.services.orders.cancelling import CancellingService


class Opened(NamedTuple):
    """`created` is False when somebody sat at the table already."""

    session: SessionOutput
    created: bool


class SeatingService:
    """A party's visit to a table, from its opening to its close (이용 완료)."""

    def __init__(
        self,
        sessions: SessionRepository,
        tables: TableRepository,
        cancelling: CancellingService,
        credentials: Credentials,
        calls: CallFollowing,
        principal: Principal,
    ) -> None:
        self._sessions = sessions
        self._calls = calls
        self._tables = tables
        self._cancelling = cancelling
        self._credentials = credentials
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

    async def close(
        self, session_id: UUID, wanted: SessionCloseInput, expected: int | None
    ) -> SessionOutput:
        """End the party's visit, and its guests' sign-ins. Closing again changes nothing.

        Raises:
            CloseBlockedError: orders are still pending or preparing; `blockers` lists them.
            PermissionDeniedError: `force` is for managers.
        """
        session = await self._sessions.get(session_id, lock=True)
        if session.status == SessionStatus.CLOSED:
            return session_output(await self._sessions.row(session_id))
        if expected is not None and session.version != expected:
            raise VersionMismatchError(version=session.version)
        forced = await self._clear_blockers(session_id, wanted)
        linked = (await self._sessions.row(session_id)).linked_tables
        session.status = SessionStatus.CLOSED
        session.closed_at = clock.now()
        session.close_reason = wanted.reason
        await self._sessions.touch(session)
        await self._sessions.drop_basket(session_id)
        output = session_output(await self._sessions.row(session_id))
        self._record("session.closed", output)
        await self._calls.end(session, [table.id for table in linked])
        for table in linked:
            await self._record_freed(table.id)
        for guest in await self._sessions.end_guests(session_id, SESSION_CLOSED):
            self._credentials.revoke(guest, SESSION_CLOSED)
        await self._sessions.unit.audit(
            "session-force-closed" if forced else "session-closed",
            actor=self._principal.actor,
            target_kind="session",
            target_id=session_id,
            reason=wanted.reason,
            details={"total": output.total, "order_count": output.order_count},
        )
        return output

    async def _clear_blockers(self, session_id: UUID, wanted: SessionCloseInput) -> bool:
        """Cancel what is unfinished, if that is wanted; whether there was any."""
        unfinished = await self._sessions.unfinished(session_id)
        if not unfinished:
            return False
        if not wanted.force:
            blockers = [
                {
                    "kind": "order",
                    "order_id": str(order.id),
                    "number": order.number,
                    "display_number": order.display_number,
                    "status": order.status,
                }
                for order in unfinished
            ]
            raise CloseBlockedError(blockers=blockers)
        if not self._principal.may(Permission.ORDERS_CANCEL_ANY):
            raise PermissionDeniedError(permission=str(Permission.ORDERS_CANCEL_ANY))
        if not wanted.reason:
            error = FieldError(
                "/reason",
                "missing",
                Words("A forced close needs a reason.", "강제로 마감하려면 사유가 필요합니다."),
            )
            raise InvalidRequestError(errors=[error])
        await self._cancelling.cancel_unfinished([order.id for order in unfinished], wanted.reason)
        return True

    async def _record_freed(self, table_id: UUID) -> None:
        """A tablet at a linked table learns that the party has gone."""
        output = table_output(*await self._tables.one(table_id))
        self._tables.unit.record(
            "table.changed",
            output.model_dump(mode="json"),
            actor=self._principal.actor,
            table_id=table_id,
        )

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
