"""Parties that sit down together (합석), and apart again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError, SessionNotMergedError
from app.core.words import Words
from app.models import BasketLine, Order, SignIn, TableSession
from app.models.table import SessionStatus
from app.repositories.basket import BasketRepository
from app.repositories.guest import GuestRepository
from app.repositories.moving import MovingRepository
from app.repositories.store import StoreReader
from app.schemas.session import SessionMergeInput, SessionOutput, SessionUnmergeInput
from app.services.access.credentials import Credentials
from app.services.calls.following import CallFollowing
from app.services.floor.journal import FloorJournal
from app.services.floor.rules import check_ended_today, check_open, check_version


@dataclass(frozen=True, slots=True)
class MergingSources:
    """Where what a party owns is stored."""

    moving: MovingRepository
    guests: GuestRepository
    baskets: BasketRepository
    stores: StoreReader


class SessionMergingService:
    """Orders, guests and basket lines remember the session that they came from: docs/adr/0010."""

    def __init__(
        self,
        sources: MergingSources,
        credentials: Credentials,
        calls: CallFollowing,
        journal: FloorJournal,
    ) -> None:
        self._moving = sources.moving
        self._guests = sources.guests
        self._baskets = sources.baskets
        self._stores = sources.stores
        self._credentials = credentials
        self._calls = calls
        self._journal = journal

    async def merge(
        self, session_id: UUID, wanted: SessionMergeInput, expected: int | None
    ) -> SessionOutput:
        """Bring the session's orders, guests and basket into another one, which is answered; it closes.

        Its tables are free then, and the other one keeps those that are linked to it.

        Raises:
            InvalidRequestError: a session can't be merged into itself.
            NotFoundError: there is no such session.
            SessionNotOpenError: one of the two is closed.
            VersionMismatchError: the session changed since `expected` was read.
        """
        into_id = wanted.into_session_id
        if into_id == session_id:
            detail = Words(
                "A session can't be merged into itself.", "같은 테이블끼리는 합칠 수 없습니다."
            )
            raise InvalidRequestError(errors=[FieldError("/into_session_id", "itself", detail)])
        locked = await self._moving.lock_sessions(session_id, into_id)
        absorbed, survivor = locked[session_id], locked[into_id]
        check_version(absorbed, expected)
        check_open(absorbed, survivor)
        freed = [table.id for table in (await self._journal.shown(session_id)).linked_tables]
        orders = await self._moving.orders_of(session_id)
        guests = await self._guests.live_in(session_id)
        basket = await self._baskets.lines_of(session_id)
        absorbed.status, absorbed.closed_at = SessionStatus.CLOSED, clock.now()
        absorbed.close_reason, absorbed.merged_into_id = wanted.reason, into_id
        await self._take((orders, guests, basket), absorbed, survivor)
        left = await self._journal.session("session.closed", session_id)
        await self._journal.tables(freed)
        output = await self._journal.session("session.updated", into_id)
        await self._journal.orders(orders)
        await self._calls.bring(session_id, survivor, left=[absorbed.table_id, *freed])
        if basket:
            await self._tell_basket(survivor)
        details = {
            "into_session_id": into_id,
            "from_table": left.table.number,
            "to_table": output.table.number,
            "orders": [order.number for order in orders],
        }
        await self._journal.audit("session-merged", session_id, wanted.reason, details)
        return output

    async def unmerge(
        self, session_id: UUID, wanted: SessionUnmergeInput, expected: int | None
    ) -> SessionOutput:
        """Open the merged session again with what came from it and is still in the other one.

        Raises:
            SessionNotMergedError: there is no merge to undo.
            SessionNotOpenError: the other session is closed, or merged itself: that is undone first.
            BusinessDayOverError: they were merged on an earlier business date.
            NotFoundError: no such session or table, or the table is archived.
            TableOccupiedError: somebody sits there; `table_id` may name another table.
            VersionMismatchError: the session changed since `expected` was read.
        """
        apart, survivor = await self._merged_pair(session_id, expected)
        check_open(survivor)
        check_ended_today(apart, await self._stores.get(), clock.now())
        table = await self._moving.lock_free_table(wanted.table_id or apart.table_id)
        family = await self._moving.merged_with(session_id)
        there = await self._moving.orders_of(survivor.id)
        orders = [order for order in there if order.origin_session_id in family]
        guests = await self._guests.live_in(survivor.id, origins=family)
        basket = await self._baskets.lines_of(survivor.id, origins=family)
        apart.status, apart.closed_at, apart.close_reason = SessionStatus.OPEN, None, None
        apart.merged_into_id, apart.table_id = None, table.id
        await self._take((orders, guests, basket), survivor, apart)
        output = await self._journal.session("session.opened", session_id)
        left = await self._journal.session("session.updated", survivor.id)
        await self._journal.orders(orders)
        await self._calls.bring(survivor.id, apart, origins=family)
        if basket:
            await self._tell_basket(apart)
            await self._tell_basket(survivor)
        details = {
            "from_session_id": survivor.id,
            "from_table": left.table.number,
            "to_table": table.number,
            "orders": [order.number for order in orders],
        }
        await self._journal.audit("session-unmerged", session_id, wanted.reason, details)
        return output

    async def _tell_basket(self, session: TableSession) -> None:
        self._journal.basket(session, await self._baskets.lines_of(session.id))

    async def _merged_pair(
        self, session_id: UUID, expected: int | None
    ) -> tuple[TableSession, TableSession]:
        """A merged session and the one that has its orders, both locked."""
        into_id = await self._moving.merged_into(session_id)
        locked = await self._moving.lock_sessions(session_id, into_id or session_id)
        session = locked[session_id]
        check_version(session, expected)
        if into_id is None or session.merged_into_id != into_id:
            raise SessionNotMergedError
        return session, locked[into_id]

    async def _take(
        self,
        belongings: tuple[Sequence[Order], Sequence[SignIn], Sequence[BasketLine]],
        source: TableSession,
        target: TableSession,
    ) -> None:
        """Carry orders, guests and the basket's lines over.

        The guests' tokens are exchanged for the new session's.
        """
        orders, guests, basket = belongings
        moved: list[Order | SignIn | BasketLine] = [*orders, *guests, *basket]
        for row in moved:
            origin = row.origin_session_id or row.session_id
            row.origin_session_id = None if origin == target.id else origin
            row.session_id = target.id
        for order in orders:
            order.table_id = target.table_id
        await self._moving.changed([source, target, *orders])
        outdated = await self._guests.outdate(guests)
        for sign_in_id, at in outdated.items():
            self._credentials.outdate(sign_in_id, at)
