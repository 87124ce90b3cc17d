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
        if table_id is not None:
            if await self._events.a_session_ended(after, upto, table_id):
                return None
            session_id = await self._events.linked_session(table_id)
        found = await self._events.between(after, upto, table_id=table_id, session_id=session_id)
        # Asked last: what is still kept now was kept while the others were read.
        return None if after + 1 < await self._events.oldest() else found

    async def linked(self) -> UUID | None:
        """The party that the caller's table is linked to; None where it is no tablet."""
        table_id = _table(self._principal)
        return await self._events.linked_session(table_id) if table_id is not None else None


def _table(principal: Principal) -> UUID | None:
    return principal.table_id if principal.kind is PrincipalKind.TABLET else None


def shown_to(principal: Principal, record: EventRecord) -> EventRecord:
    """The event as the caller may read it.

    What concerns every table is told to tablets and guests without what staff alone may know of
    it: stocks, planned prices, who has set what. They read the menu for the rest. What concerns
    their party they are told as they would read it: without the names of people, and without what
    these wrote.
    """
    if principal.session_id is None and _table(principal) is None:
        return record
    if record.type in PUBLIC_TYPES:
        return record.public
    # Of a basket everybody at the table sees who put what in.
    return record if record.type == "session.basket_updated" else record.at_table


class TableEvents:
    """Which live events a tablet's stream carries: its table's, and a linked party's (ADR 0017).

    `table.changed` says which party has the table now. Until `link` has told what held when the
    stream began, events of every party are taken: what isn't the table's is dropped afterwards.
    """

    def __init__(self, table_id: UUID) -> None:
        self._table_id = table_id
        self._session_id: UUID | None = None
        self._known = False

    def link(self, session_id: UUID | None) -> None:
        self._session_id, self._known = session_id, True

    def __call__(self, record: EventRecord) -> bool:
        linked = record.session_id == self._session_id if self._known else True
        if self._known:
            self._follow(record)
        if record.table_id == self._table_id or record.type in PUBLIC_TYPES:
            return True
        return linked and record.session_id is not None

    def _follow(self, record: EventRecord) -> None:
        if record.type == "table.changed" and record.table_id == self._table_id:
            sitting = record.data["session_id"]
            self._session_id = UUID(sitting) if sitting else None
        elif record.type == "session.closed" and record.session_id == self._session_id:
            self._session_id = None


def visible_to(principal: Principal) -> Callable[[EventRecord], bool]:
    """Which live events the caller's stream carries: the store's, its table's or its session's."""
    session_id = principal.session_id
    if session_id is not None:
        return lambda record: record.session_id == session_id or record.type in PUBLIC_TYPES
    table_id = _table(principal)
    return TableEvents(table_id) if table_id is not None else lambda _: True
