"""Reading the event log: pages for POS systems, and what a stream missed."""

from collections.abc import Callable
from uuid import UUID

from app.core.errors import CursorExpiredError
from app.core.events import EventRecord
from app.core.security.principals import Principal, PrincipalKind
from app.repositories.event import PUBLIC_TYPES, EventRepository
from app.schemas.event import EventFilter, EventOutput, EventsOutput


class EventReadingService:
    def __init__(self, events: EventRepository, principal: Principal) -> None:
        self._events = events
        self._principal = principal

    async def read(self, wanted: EventFilter) -> EventsOutput:
        """The events after a number, oldest first.

        Raises:
            CursorExpiredError: the number is older than what is kept, or not reached yet.
        """
        newest = await self._events.newest()
        records = await self._events.between(wanted.after, newest, limit=wanted.limit)
        # Asked last: what is still kept now was kept while the events were read.
        if wanted.after > newest or wanted.after + 1 < await self._events.oldest():
            raise CursorExpiredError(event_seq=newest)
        last = records[-1].seq if records else wanted.after
        return EventsOutput(
            data=[EventOutput.model_validate(record) for record in records],
            next_after=last,
            has_more=last < newest,
        )

    async def missed(self, after: int, upto: int) -> list[EventRecord] | None:
        """What a stream of the caller missed in (after, upto].

        None when it should read the state anew: the log no longer reaches back so far, or the
        party at the tablet's table has changed, whose events the next one must not see.
        """
        table_id, session_id = _table(self._principal), self._principal.session_id
        if table_id is not None and await self._events.a_session_ended(after, upto, table_id):
            return None
        found = await self._events.between(after, upto, table_id=table_id, session_id=session_id)
        # Asked last: what is still kept now was kept while the others were read.
        return None if after + 1 < await self._events.oldest() else found


def _table(principal: Principal) -> UUID | None:
    return principal.table_id if principal.kind is PrincipalKind.TABLET else None


def visible_to(principal: Principal) -> Callable[[EventRecord], bool]:
    """Which live events the caller's stream carries: the store's, its table's or its session's."""
    session_id = principal.session_id
    if session_id is not None:
        return lambda record: record.session_id == session_id or record.type in PUBLIC_TYPES
    table_id = _table(principal)
    if table_id is None:
        return lambda _: True
    return lambda record: record.table_id == table_id or record.type in PUBLIC_TYPES
