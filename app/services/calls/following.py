"""What becomes of a party's service requests when it changes seats or leaves."""

from collections.abc import Collection
from uuid import UUID

from app.core import clock
from app.core.security.principals import Principal
from app.models import ServiceRequest, ServiceRequestStatus, TableSession
from app.repositories.service_request import ServiceRequestRepository
from app.services.calls.journal import CallJournal
from app.services.calls.rules import advance


class CallFollowing:
    """Only what waits follows: what was answered stays where it was.

    The caller has locked the sessions; requests are locked after them and after orders, by id.
    """

    def __init__(
        self, requests: ServiceRequestRepository, journal: CallJournal, principal: Principal
    ) -> None:
        self._requests = requests
        self._journal = journal
        self._actor = principal.actor

    async def bring(
        self,
        session_id: UUID,
        target: TableSession,
        *,
        left: Collection[UUID] = (),
        origins: Collection[UUID] | None = None,
    ) -> None:
        """Bring what a session waits for to `target`, which may be the same at other tables.

        A waiter goes to the table that called, as long as the party has it; else to its main one.

        Args:
            left: tables whose calls are the party's own too, even from before it sat down there.
            origins: only what a merge brought along from these.
        """
        theirs = await self._requests.tables_of(target.id)
        moving = [
            request
            for request in await self._requests.lock_waiting(session_id, left, origins)
            if request.session_id != target.id or request.table_id not in theirs
        ]
        for request in moving:
            if request.session_id != target.id:
                origin = request.origin_session_id or request.session_id or session_id
                request.origin_session_id = None if origin == target.id else origin
                # An equal one may wait there: both stay, and neither is in the other's way.
                request.session_id, request.scope_id = target.id, request.id
            if request.table_id not in theirs:
                request.table_id = target.table_id
            await self._requests.touch(request)
        await self._journal.publish("service_request.updated", moving)

    async def end(self, session: TableSession, linked: Collection[UUID]) -> None:
        """The party has left its table and those that were linked: nobody waits any more."""
        requests = await self._requests.lock_waiting(session.id, [session.table_id, *linked])
        for request in requests:
            await self._end(request, session.id)
        await self._journal.publish("service_request.updated", requests)

    async def _end(self, request: ServiceRequest, session_id: UUID) -> None:
        request.session_id = session_id
        advance(request, ServiceRequestStatus.CANCELLED, self._actor, clock.now())
        await self._requests.touch(request)
