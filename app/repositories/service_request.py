"""Calls from tables."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, text

from app.core.errors import NotFoundError
from app.models import (
    ServiceRequest,
    ServiceRequestItem,
    ServiceRequestStatus,
    SessionStatus,
    SessionTable,
    Table,
    TableSession,
)
from app.models.service_request import IS_WAITING, WAITING
from app.repositories.base import StoreRepository, held
from app.repositories.sitting import hold_sitting, sitting_at
from app.repositories.table_numbers import numbers_of

# In these words, and not as parameters, the planner knows it for the partial index's condition.
_WAITING = text(f"service_requests.{IS_WAITING}")


class Place(NamedTuple):
    """Where a party sits; without a session at a table where nobody has opened one."""

    table_id: UUID
    session_id: UUID | None

    @property
    def scope_id(self) -> UUID:
        return self.session_id or self.table_id


class ServiceRequestRepository(StoreRepository[ServiceRequest]):
    model = ServiceRequest

    async def get(self, row_id: UUID, *, lock: bool = False) -> ServiceRequest:
        """The request with its items; otherwise as `StoreRepository.get`."""
        request = await super().get(row_id, lock=lock)
        await self.load([request], ServiceRequest.items, fresh=lock)
        return request

    async def place_of_session(self, session_id: UUID, *, lock: bool = False) -> Place | None:
        """Where an open session is; None when it is closed. Locked, nobody else calls there."""
        query = select(TableSession.table_id).where(
            TableSession.store_id == self.store_id,
            TableSession.id == session_id,
            TableSession.status == SessionStatus.OPEN,
        )
        if lock:
            query = held(query)
        table_id: UUID | None = await self._session.scalar(query)
        return Place(table_id, session_id) if table_id is not None else None

    async def place_of_table(self, table_id: UUID, *, lock: bool = False) -> Place:
        """The table with the party that has it. Locked, nobody else calls there.

        The session is locked or, where there is none, the table: never one after the other.

        Raises:
            NotFoundError: no such table, or it is archived.
        """
        if lock:
            party = await hold_sitting(self._session, self.store_id, table_id, alone=True)
            session_id = None if party is None else party.id
        else:
            session_id = await sitting_at(self._session, self.store_id, table_id)
        if session_id is not None:
            return Place(table_id, session_id)
        free = select(Table.id).where(
            Table.store_id == self.store_id, Table.id == table_id, Table.archived_at.is_(None)
        )
        if lock:
            free = held(free)
        if await self._session.scalar(free) is None:
            raise NotFoundError
        return Place(table_id, None)

    async def equal_waiting(self, place: Place, fingerprint: bytes) -> ServiceRequest | None:
        """The request with this content that still waits there."""
        query = self.select().where(_of(place), _WAITING, ServiceRequest.fingerprint == fingerprint)
        found: ServiceRequest | None = await self._session.scalar(
            query.order_by(ServiceRequest.id).limit(1)
        )
        if found is not None:
            await self.load([found], ServiceRequest.items)
        return found

    async def count_waiting(self, place: Place) -> int:
        query = select(func.count()).where(
            ServiceRequest.store_id == self.store_id, _of(place), _WAITING
        )
        return int(await self._session.scalar(query) or 0)

    async def last_asked(
        self, place: Place, type_ids: Collection[UUID], after: datetime
    ) -> Mapping[UUID, datetime]:
        """When each of the types was last asked for there, if after `after` and not cancelled."""
        query = (
            select(ServiceRequestItem.type_id, func.max(ServiceRequest.created_at))
            .join(
                ServiceRequest,
                (ServiceRequest.store_id == ServiceRequestItem.store_id)
                & (ServiceRequest.id == ServiceRequestItem.request_id),
            )
            .where(
                ServiceRequest.store_id == self.store_id,
                ServiceRequest.created_at > after,
                ServiceRequest.status != ServiceRequestStatus.CANCELLED,
                ServiceRequestItem.type_id.in_(type_ids),
                _of(place),
            )
            .group_by(ServiceRequestItem.type_id)
        )
        return {row[0]: row[1] for row in await self._session.execute(query)}

    async def add_with(
        self, request: ServiceRequest, items: Sequence[ServiceRequestItem]
    ) -> ServiceRequest:
        """Store a request with its items; the request as it is read."""
        await self.add(request)
        for item in items:
            item.store_id, item.request_id = self.store_id, request.id
        self._session.add_all(items)
        await self._session.flush()
        await self._session.refresh(request, ["items"])
        return request

    async def find(  # noqa: PLR0913 - the filters of the list
        self,
        *,
        place: Place | None,
        status: Sequence[ServiceRequestStatus] | None,
        table_id: UUID | None,
        session_id: UUID | None,
        asked: tuple[datetime | None, datetime | None],
        cursor: UUID | None,
        limit: int,
    ) -> tuple[list[ServiceRequest], str | None]:
        """Requests, newest first; with `place` those that a party there may see."""
        conditions: list[Any] = []
        since, until = asked
        if place is not None:
            conditions.append(_seen_from(place))
        if status:
            conditions.append(ServiceRequest.status.in_(status))
            if set(status) <= set(WAITING):
                conditions.append(_WAITING)
        if table_id is not None:
            conditions.append(ServiceRequest.table_id == table_id)
        if session_id is not None:
            conditions.append(self._of_session(session_id))
        if since is not None:
            conditions.append(ServiceRequest.created_at >= since)
        if until is not None:
            conditions.append(ServiceRequest.created_at < until)
        query = self.select().where(*conditions)
        found, following = await self.page(query, cursor=cursor, limit=limit)
        await self.load(found, ServiceRequest.items)
        return found, following

    def _of_session(self, session_id: UUID) -> ColumnElement[bool]:
        """What is the session's, and what waits since before it had its tables: it has that now."""
        tables = select(SessionTable.table_id).where(
            SessionTable.store_id == self.store_id, SessionTable.session_id == session_id
        )
        from_before = and_(
            ServiceRequest.session_id.is_(None), ServiceRequest.table_id.in_(tables), _WAITING
        )
        return or_(ServiceRequest.session_id == session_id, from_before)

    async def lock_waiting(
        self,
        session_id: UUID,
        table_ids: Collection[UUID],
        origins: Collection[UUID] | None = None,
    ) -> Sequence[ServiceRequest]:
        """What a session waits for, by id, locked.

        Args:
            table_ids: where what was asked for before the party had them is its own too.
            origins: only what came from these sessions by a merge.
        """
        mine: ColumnElement[bool] = ServiceRequest.session_id == session_id
        if table_ids:
            mine = or_(mine, _without_party(table_ids))
        if origins is not None:
            mine = and_(mine, ServiceRequest.origin_session_id.in_(origins))
        query = self.select().where(mine, _WAITING).order_by(ServiceRequest.id)
        waiting = (await self._session.scalars(held(query, of=ServiceRequest))).all()
        await self.load(waiting, ServiceRequest.items, fresh=True)
        return waiting

    async def tables_of(self, session_id: UUID) -> set[UUID]:
        """The tables that the party has, its main one among them."""
        query = select(SessionTable.table_id).where(
            SessionTable.store_id == self.store_id, SessionTable.session_id == session_id
        )
        return set(await self._session.scalars(query))

    async def table_numbers(self, requests: Sequence[ServiceRequest]) -> dict[UUID, int]:
        """The number of each request's table."""
        ids = {request.table_id for request in requests}
        return await numbers_of(self._session, self.store_id, ids)


def _of(place: Place) -> ColumnElement[bool]:
    """What belongs to the party there: its session's, and the table's own."""
    of_table = _without_party([place.table_id])
    if place.session_id is None:
        return of_table
    return or_(ServiceRequest.session_id == place.session_id, of_table)


def _without_party(table_ids: Collection[UUID]) -> ColumnElement[bool]:
    """What was asked for at these tables while nobody had them."""
    return and_(ServiceRequest.session_id.is_(None), ServiceRequest.table_id.in_(table_ids))


def _seen_from(place: Place) -> ColumnElement[bool]:
    """As `_of`; but of the table's own only what waits: the rest may be an earlier party's."""
    return and_(_of(place), or_(ServiceRequest.session_id.is_not(None), _WAITING))
