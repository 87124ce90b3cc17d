"""Moving parties to another table (자리 이동), and taking a mistaken close back."""

from uuid import UUID

from app.core import clock
from app.core.errors import SessionMergedError
from app.models.table import SessionStatus
from app.repositories.moving import MovingRepository
from app.repositories.store import StoreReader
from app.repositories.table import SessionRepository
from app.schemas.session import SessionMoveInput, SessionOutput, SessionReopenInput
from app.services.calls.following import CallFollowing
from app.services.floor.journal import FloorJournal
from app.services.floor.rules import check_ended_today, check_open


class SessionMovingService:
    def __init__(
        self,
        sessions: SessionRepository,
        moving: MovingRepository,
        stores: StoreReader,
        calls: CallFollowing,
        journal: FloorJournal,
    ) -> None:
        self._calls = calls
        self._sessions = sessions
        self._moving = moving
        self._stores = stores
        self._journal = journal

    async def move(
        self, session_id: UUID, wanted: SessionMoveInput, expected: int | None
    ) -> SessionOutput:
        """Seat the party at another table, with its orders and guests; the tablets stay.

        Tables that are linked stay linked; moving to one of them makes it the party's own.

        Raises:
            SessionNotOpenError: the party has left.
            NotFoundError: no such session or table, or the table is archived.
            TableOccupiedError: somebody sits there; `session_id` says who.
            VersionMismatchError: the session changed since `expected` was read.
        """
        session = await self._sessions.get_for_change(session_id, expected)
        check_open(session)
        before = await self._journal.shown(session_id)
        if session.table_id == wanted.table_id:
            return before
        table = await self._moving.lock_free_table(wanted.table_id, but_for=session_id)
        await self._moving.unlink(session_id, [table.id])
        session.table_id = table.id
        await self._sessions.touch(session)
        orders = await self._moving.orders_of(session_id)
        await self._moving.bring(orders, session)
        await self._journal.tables([before.table.id])
        output = await self._journal.session("session.updated", session_id)
        await self._journal.orders(orders)
        await self._calls.bring(session_id, session, left=[before.table.id])
        tables = {"from_table": before.table.number, "to_table": table.number}
        await self._journal.audit("session-moved", session_id, wanted.reason, tables)
        return output

    async def reopen(
        self, session_id: UUID, wanted: SessionReopenInput, expected: int | None
    ) -> SessionOutput:
        """Take back a close of the same business day; an open session stays as it is.

        Its guests' sign-ins stay ended: whoever still sits there scans the code again.

        Raises:
            SessionMergedError: it was not closed but merged.
            BusinessDayOverError: it was closed on an earlier business date.
            NotFoundError: no such session, or its table is archived.
            TableOccupiedError: the next party sits there already.
        """
        session = await self._sessions.get_for_change(session_id, expected)
        if session.status == SessionStatus.OPEN:
            return await self._journal.shown(session_id)
        if session.merged_into_id is not None:
            raise SessionMergedError(merged_into_id=str(session.merged_into_id))
        check_ended_today(session, await self._stores.get(), clock.now())
        await self._moving.lock_free_table(session.table_id)
        closed = {"closed_at": session.closed_at, "close_reason": session.close_reason}
        session.status, session.closed_at, session.close_reason = SessionStatus.OPEN, None, None
        await self._sessions.touch(session)
        output = await self._journal.session("session.opened", session_id)
        await self._journal.audit("session-reopened", session_id, wanted.reason, closed)
        return output
