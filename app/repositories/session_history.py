"""Finding sessions among millions."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, select, tuple_, union_all

from app.core.keyset import InstantPlace
from app.models import Order, OrderLine, TableSession
from app.repositories.base import looked_up, one_of, values
from app.repositories.order_history import WantedHistory, lines_with, with_item
from app.repositories.sitting import sitting_at
from app.repositories.table import SessionRepository, SessionRow, session_row

Opened = tuple[datetime | None, datetime | None]
NEAREST = 1_000
"""How many sessions are searched for an order that many have, before all that have one are read."""


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
        ids = await self._ids(wanted, opened)
        whole: Select[Any] = self.rows().where(TableSession.id == one_of(ids))
        found = await self._session.execute(_sorted(TableSession, whole, wanted))
        rows = [session_row(one) for one in found]
        if len(rows) <= wanted.limit:
            return rows, None
        last = rows[wanted.limit - 1].session
        if wanted.updated_after is not None:
            place = InstantPlace("updated", last.updated_at, last.id)
        else:
            place = InstantPlace("opened", last.opened_at, last.id)
        return rows[: wanted.limit], place

    async def _ids(self, wanted: WantedSessions, opened: Opened) -> Sequence[UUID]:
        """One session more than asked for.

        By what was ordered they are found as in `OrderHistoryRepository`: by the orders if these
        are few, else among the nearest sessions, else by the orders, however many.
        """
        enough = wanted.limit + 1
        sitting = None
        if wanted.table_id is not None:
            sitting = await sitting_at(self._session, self.store_id, wanted.table_id)
        listed = partial(_nearest, wanted=wanted, opened=opened, sitting=sitting)
        all_of_store = select(TableSession).where(TableSession.store_id == self.store_id)
        if wanted.channel is None and wanted.item_id is None:
            return await self._read(listed(TableSession, all_of_store, limit=enough))
        few = await self._few_orders(wanted)
        if few is None:
            near = listed(TableSession, all_of_store, limit=NEAREST).subquery("near")
            page = select(near).where(self._orders(wanted, near.c.id))
            found = await self._read(_sorted(near.c, page, wanted).limit(enough))
            if len(found) == enough or not await self.fills(near, NEAREST):
                return found
        visit = looked_up(TableSession, self.store_id, self._sessions(wanted, few))
        return await self._read(listed(visit, select(visit), limit=enough))

    async def _read(self, page: Select[Any]) -> Sequence[UUID]:
        return (await self._session.scalars(page)).all()

    async def _few_orders(self, wanted: WantedSessions) -> set[UUID] | None:
        """The orders with this item, or by this channel, if these are few."""
        few = None
        if wanted.item_id is not None:
            lines = lines_with(self.store_id, wanted.item_id)
            few = await self.few(lines.order_by(OrderLine.order_id.desc()))
        if few is None and wanted.channel is not None:
            orders = select(Order.id).where(
                Order.store_id == self.store_id, Order.channel == wanted.channel
            )
            # In the order of its index, which the planner must not pass by for a scan.
            by_number = (Order.business_date.desc(), Order.number.desc())
            few = await self.few(orders.order_by(*by_number))
        return few

    def _sessions(self, wanted: WantedSessions, few: set[UUID] | None) -> Select[Any]:
        """The sessions of the orders that match, of these few or of all."""
        order: type[Order] = Order
        if few is not None:
            order = looked_up(Order, self.store_id, values(few))
        elif wanted.item_id is not None:
            lines = lines_with(self.store_id, wanted.item_id)
            order = looked_up(Order, self.store_id, lines)
        visits: Select[Any] = select(order.session_id).where(order.store_id == self.store_id)
        if wanted.channel is not None:
            visits = visits.where(order.channel == wanted.channel)
        if few is not None and wanted.item_id is not None:
            visits = visits.where(with_item(order, self.store_id, wanted.item_id))
        return visits

    def _orders(self, wanted: WantedSessions, session_id: Any) -> ColumnElement[bool]:
        """That the session has an order that matches: a value, as in `with_item`."""
        order = select(literal(value=True)).where(
            Order.store_id == self.store_id, Order.session_id == session_id
        )
        if wanted.channel is not None:
            order = order.where(Order.channel == wanted.channel)
        if wanted.item_id is not None:
            order = order.where(with_item(Order, self.store_id, wanted.item_id))
        return order.limit(1).scalar_subquery()


def _nearest(
    visit: type[TableSession],
    query: Select[Any],
    *,
    wanted: WantedSessions,
    opened: Opened,
    sitting: UUID | None,
    limit: int,
) -> Select[Any]:
    """The first of these sessions that match all but what was ordered: ids, and the list's keys.

    Args:
        sitting: the party that has the table that is asked for, its own or linked to it.
    """
    keys: tuple[Any, ...] = (visit.id, visit.opened_at, visit.updated_at)
    query = query.with_only_columns(*keys)
    query = _in_order(visit, _matching(visit, query, wanted, opened), wanted)
    if wanted.table_id is None:
        return query.limit(limit)
    own = visit.table_id == wanted.table_id
    if sitting is None:
        return query.where(own).limit(limit)
    # Each is found by an index of its own.
    linked = (visit.table_id != wanted.table_id) & (visit.id == sitting)
    each = [query.where(one).limit(limit).subquery().select() for one in (own, linked)]
    both = union_all(*each).subquery("both")
    return _sorted(both.c, select(both), wanted).limit(limit)


def _matching(
    visit: type[TableSession], query: Select[Any], wanted: WantedSessions, opened: Opened
) -> Select[Any]:
    if wanted.status is not None:
        query = query.where(visit.status == wanted.status)
    for since in (opened[0], wanted.from_):
        if since is not None:
            query = query.where(visit.opened_at >= since)
    for until in (opened[1], wanted.to):
        if until is not None:
            query = query.where(visit.opened_at < until)
    return query


def _in_order(visit: type[TableSession], query: Select[Any], wanted: WantedSessions) -> Select[Any]:
    """In the list's order, from the cursor on."""
    place = wanted.cursor
    if wanted.updated_after is not None:
        query = query.where(visit.updated_at > wanted.updated_after)
    if isinstance(place, InstantPlace):
        if place.of == "updated":
            query = query.where(tuple_(visit.updated_at, visit.id) > (place.at, place.id))
        else:
            query = query.where(tuple_(visit.opened_at, visit.id) < (place.at, place.id))
    return _sorted(visit, query, wanted)


def _sorted(of: Any, query: Select[Any], wanted: WantedSessions) -> Select[Any]:
    if wanted.updated_after is not None:
        return query.order_by(of.updated_at, of.id)
    return query.order_by(of.opened_at.desc(), of.id.desc())
