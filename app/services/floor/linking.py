"""One party at several tables (테이블 연결)."""

from collections.abc import Sequence
from uuid import UUID

from app.core.errors import FieldError, InvalidRequestError, NotFoundError
from app.core.words import Words
from app.repositories.moving import MovingRepository
from app.repositories.table import SessionRepository
from app.schemas.session import SessionOutput, SessionTablesInput
from app.services.calls.following import CallFollowing
from app.services.floor.journal import FloorJournal
from app.services.floor.rules import check_open


class TableLinkingService:
    """A session keeps its own table; others are linked to it: see docs/adr/0017."""

    def __init__(
        self,
        sessions: SessionRepository,
        moving: MovingRepository,
        calls: CallFollowing,
        journal: FloorJournal,
    ) -> None:
        self._sessions = sessions
        self._moving = moving
        self._calls = calls
        self._journal = journal

    async def set_tables(
        self, session_id: UUID, wanted: SessionTablesInput, expected: int | None
    ) -> SessionOutput:
        """Give the party these further tables and no others; the same ones again change nothing.

        Raises:
            InvalidRequestError: a table is named twice.
            NotFoundError: no such session or table, or the table is archived.
            SessionNotOpenError: the party has left.
            TableOccupiedError: somebody else sits there; `session_id` and `table_id` say who, where.
            VersionMismatchError: the session changed since `expected` was read.
        """
        _check_named_once(wanted.table_ids)
        session = await self._sessions.get_for_change(session_id, expected)
        check_open(session)
        before = await self._journal.shown(session_id)
        linked = {table.id for table in before.linked_tables}
        asked = set(wanted.table_ids) - {session.table_id}
        if asked == linked:
            return before
        for table_id in sorted(asked - linked):
            await self._lock(table_id, wanted.table_ids)
        await self._moving.unlink(session_id, linked - asked)
        await self._moving.link(session_id, asked - linked)
        await self._sessions.touch(session)
        await self._journal.tables(asked ^ linked)
        output = await self._journal.session("session.updated", session_id)
        await self._calls.bring(session_id, session, left=asked - linked)
        tables = {
            "table": before.table.number,
            "linked_before": [table.number for table in before.linked_tables],
            "linked": [table.number for table in output.linked_tables],
        }
        await self._journal.audit("session-tables-changed", session_id, wanted.reason, tables)
        return output

    async def _lock(self, table_id: UUID, asked: Sequence[UUID]) -> None:
        try:
            await self._moving.lock_free_table(table_id)
        except NotFoundError:
            pointer = f"/table_ids/{asked.index(table_id)}"
            error = FieldError(
                pointer,
                "unknown",
                Words("The store has no such table.", "매장에 없는 테이블입니다."),
            )
            raise NotFoundError(errors=[error]) from None


def _check_named_once(table_ids: Sequence[UUID]) -> None:
    errors = [
        FieldError(
            f"/table_ids/{place}",
            "repeated",
            Words("The table is named twice.", "같은 테이블이 두 번 있습니다."),
        )
        for place, table_id in enumerate(table_ids)
        if table_id in table_ids[:place]
    ]
    if errors:
        raise InvalidRequestError(errors=errors)
