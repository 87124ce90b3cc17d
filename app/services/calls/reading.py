"""Reading service requests: the store's for staff, the party's own at a table."""

from uuid import UUID

from app.core.errors import NotFoundError, SessionClosedError
from app.core.security.principals import Principal
from app.models import ServiceRequest
from app.repositories.service_request import Place, ServiceRequestRepository
from app.schemas.base import Page
from app.schemas.service_request import ServiceRequestFilter, ServiceRequestOutput
from app.services.calls.journal import CallJournal


class CallReadingService:
    """A tablet reads what its table's party asked for, a guest what its session did, no more."""

    def __init__(
        self, requests: ServiceRequestRepository, journal: CallJournal, principal: Principal
    ) -> None:
        self._requests = requests
        self._journal = journal
        self._principal = principal

    async def get(self, request_id: UUID) -> ServiceRequestOutput:
        """One request.

        Raises:
            NotFoundError: none in this store that the caller may see.
            SessionClosedError: the guest's visit has ended.
        """
        place = await self.own_place()
        request = await self._requests.get(request_id)
        check_own(request, place)
        return await self._journal.output(request)

    async def find(self, wanted: ServiceRequestFilter) -> Page[ServiceRequestOutput]:
        """Requests, newest first."""
        requests, cursor = await self._requests.find(
            place=await self.own_place(),
            status=wanted.status,
            table_id=wanted.table_id,
            session_id=wanted.session_id,
            asked=(wanted.from_, wanted.to),
            cursor=wanted.cursor,
            limit=wanted.limit,
        )
        return Page(data=await self._journal.outputs(requests), next_cursor=cursor)

    async def own_place(self, *, lock: bool = False) -> Place | None:
        """Where the caller sits, as the database knows it; None for staff.

        Raises:
            NotFoundError: the tablet's table is archived.
            SessionClosedError: the guest's visit has ended.
        """
        session_id, table_id = self._principal.session_id, self._principal.table_id
        if session_id is not None:
            # The revocation takes a moment to get here; the session itself knows at once.
            place = await self._requests.place_of_session(session_id, lock=lock)
            if place is None:
                raise SessionClosedError
            return place
        if self._principal.sits_at_table and table_id is not None:
            return await self._requests.place_of_table(table_id, lock=lock)
        return None


def check_own(request: ServiceRequest, place: Place | None) -> None:
    """Raise NotFoundError unless it is the party's own; without a place all are."""
    if place is None:
        return
    # What its table asked for before anybody opened a session is a party's own too.
    of_table = request.session_id is None and request.table_id == place.table_id
    of_party = request.session_id is not None and request.session_id == place.session_id
    if not (of_table or of_party):
        raise NotFoundError
