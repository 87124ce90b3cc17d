"""Finding sessions among millions."""

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Select, exists, select, tuple_

from app.core.keyset import InstantPlace
from app.models import Order, OrderLine, TableSession
from app.repositories.order_history import WantedHistory
from app.repositories.table import SessionRepository, SessionRow, session_row

Opened = tuple[datetime | None, datetime | None]


class WantedSessions(WantedHistory, Protocol):
    @property
    def status(self) -> str | None: ...


class SessionHistoryRepository(SessionRepository):
    async def find(
        self, wanted: WantedSessions, opened: Opened
    ) -> tuple[list[SessionRow], InstantPlace | None]:
        """A page of sessions, and the place where it ends unless it is the last.

        Args:
            opened: from when on and before when they were opened; `wanted` has its own besides.
        """
        # First the page, then what its sessions' orders add up to, and not of all that match.
        query = _in_order(self._matching(wanted, opened), wanted)
        page = query.limit(wanted.limit + 1).subquery()
        whole: Select[Any] = self.rows().join(page, TableSession.id == page.c.id)
        found = await self._session.execute(_sorted(whole, wanted))
        rows = [session_row(one) for one in found]
        if len(rows) <= wanted.limit:
            return rows, None
        last = rows[wanted.limit - 1].session
        if wanted.updated_after is not None:
            place = InstantPlace("updated", last.updated_at, last.id)
        else:
            place = InstantPlace("opened", last.opened_at, last.id)
        return rows[: wanted.limit], place

    def _matching(self, wanted: WantedSessions, opened: Opened) -> Select[Any]:
        query: Select[Any] = select(TableSession.id).where(TableSession.store_id == self.store_id)
        if wanted.status is not None:
            query = query.where(TableSession.status == wanted.status)
        if wanted.table_id is not None:
            query = query.where(TableSession.table_id == wanted.table_id)
        for since in (opened[0], wanted.from_):
            if since is not None:
                query = query.where(TableSession.opened_at >= since)
        for until in (opened[1], wanted.to):
            if until is not None:
                query = query.where(TableSession.opened_at < until)
        if wanted.channel is not None or wanted.item_id is not None:
            query = query.where(self._ordered(wanted))
        return query

    def _ordered(self, wanted: WantedSessions) -> Any:
        """That one order of the session is by this channel and has this item."""
        order = exists().where(Order.store_id == self.store_id, Order.session_id == TableSession.id)
        if wanted.channel is not None:
            order = order.where(Order.channel == wanted.channel)
        if wanted.item_id is not None:
            order = order.where(
                OrderLine.store_id == self.store_id,
                OrderLine.order_id == Order.id,
                OrderLine.item_id == wanted.item_id,
            )
        return order


def _in_order(query: Select[Any], wanted: WantedSessions) -> Select[Any]:
    place = wanted.cursor
    if wanted.updated_after is not None:
        query = query.where(TableSession.updated_at > wanted.updated_after)
    if isinstance(place, InstantPlace):
        if place.of == "updated":
            keys = tuple_(TableSession.updated_at, TableSession.id)
            query = query.where(keys > (place.at, place.id))
        else:
            keys = tuple_(TableSession.opened_at, TableSession.id)
            query = query.where(keys < (place.at, place.id))
    return _sorted(query, wanted)


def _sorted(query: Select[Any], wanted: WantedSessions) -> Select[Any]:
    if wanted.updated_after is not None:
        return query.order_by(TableSession.updated_at, TableSession.id)
    return query.order_by(TableSession.opened_at.desc(), TableSession.id.desc())
