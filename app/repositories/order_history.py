"""Finding orders among millions: every filter has an index that also has the list's order."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, select, tuple_, union_all
from sqlalchemy.orm import aliased

from app.core.keyset import InstantPlace, NumberPlace, Place
from app.models import Order, OrderLine
from app.repositories.base import looked_up, values
from app.repositories.order import OrderRepository, load_lines

DATES_AROUND = timedelta(days=2)
"""A business date is never further than this from the UTC date of its orders."""


NEAREST = 5_000
"""How many orders are searched for an item that many have, before all that have it are read."""


class WantedHistory(Protocol):
    """What is read of a filter: `None` where it does not matter."""

    @property
    def table_id(self) -> UUID | None: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def item_id(self) -> UUID | None: ...
    @property
    def from_(self) -> datetime | None: ...
    @property
    def to(self) -> datetime | None: ...
    @property
    def updated_after(self) -> datetime | None: ...
    @property
    def cursor(self) -> Place | None: ...
    @property
    def limit(self) -> int: ...


class WantedOrders(WantedHistory, Protocol):
    @property
    def status(self) -> Sequence[str] | None: ...
    @property
    def dates(self) -> tuple[date | None, date | None]: ...


class OrderHistoryRepository(OrderRepository):
    async def find(
        self, wanted: WantedOrders, session_id: UUID | None
    ) -> tuple[list[Order], Place | None]:
        """A page of orders, and the place where it ends unless it is the last.

        Newest first is by business date and number: numbers are given in the order of commits, so
        no order can appear among those that a reader has passed already, as it could by id or time.
        """
        rows = await self._rows(wanted, session_id)
        page = rows[: wanted.limit]
        await load_lines(self, page)
        if len(rows) <= wanted.limit:
            return page, None
        last = page[-1]
        if wanted.updated_after is not None:
            return page, InstantPlace("updated", last.updated_at, last.id)
        return page, NumberPlace(last.business_date, last.number)

    async def _rows(self, wanted: WantedOrders, session_id: UUID | None) -> list[Order]:
        """One order more than asked for, so that it is seen whether there are any.

        With an item, few orders that have it are found by their ids. Of many, a page stands among
        the nearest that match all else, unless it has not been sold for long: then all are read.
        The planner would guess one way for both, since it knows how often an item is sold in all
        stores, and not in this one.
        """
        enough = wanted.limit + 1
        matching = _matching(Order, self.select(), wanted, session_id)
        if wanted.item_id is None:
            return await self._read(_nearest(Order, matching, wanted, enough))
        ids = lines_with(self.store_id, wanted.item_id)
        few = await self.few(ids.order_by(OrderLine.order_id.desc()))
        if few is None:
            nearest = _nearest(Order, matching, wanted, NEAREST).subquery("near")
            near = aliased(Order, nearest)
            page = select(near).where(with_item(near, self.store_id, wanted.item_id))
            found = await self._read(_in_order(near, page, wanted).limit(enough))
            if len(found) == enough or not await self.fills(nearest, NEAREST):
                return found
        order = looked_up(Order, self.store_id, ids if few is None else values(few))
        matching = _matching(order, select(order), wanted, session_id)
        return await self._read(_nearest(order, matching, wanted, enough))

    async def _read(self, page: Select[Any]) -> list[Order]:
        return list((await self._session.scalars(page)).all())


def lines_with(store_id: UUID, item_id: UUID) -> Select[Any]:
    """The ids of the orders with an item; one that has it on two lines comes twice."""
    return select(OrderLine.order_id).where(
        OrderLine.store_id == store_id, OrderLine.item_id == item_id
    )


def with_item(order: type[Order], store_id: UUID, item_id: UUID) -> ColumnElement[bool]:
    """That an order has the item: a value and no EXISTS, which the planner may turn round."""
    line = lines_with(store_id, item_id).where(OrderLine.order_id == order.id)
    return line.with_only_columns(literal(value=True)).limit(1).scalar_subquery()


def _matching(
    order: type[Order], query: Select[Any], wanted: WantedOrders, session_id: UUID | None
) -> Select[Any]:
    """What matches all but status and item."""
    for column, value in (
        (order.session_id, session_id),
        (order.table_id, wanted.table_id),
        (order.channel, wanted.channel),
    ):
        if value is not None:
            query = query.where(column == value)
    query = _between_dates(order, query, wanted.dates)
    return _between_times(order, query, wanted.from_, wanted.to)


def _nearest(
    order: type[Order], query: Select[Any], wanted: WantedOrders, limit: int
) -> Select[Any]:
    """The first of these with the statuses: each is read from the index by itself, where it has the
    list's order. By change it does not matter: the index of changes has no status."""
    statuses = sorted(set(wanted.status or ()))
    if len(statuses) < 2 or wanted.updated_after is not None:  # noqa: PLR2004 - several
        query = query.where(order.status.in_(statuses)) if statuses else query
        return _in_order(order, query, wanted).limit(limit)
    each = [
        _in_order(order, query.where(order.status == one), wanted).limit(limit).subquery().select()
        for one in statuses
    ]
    together = aliased(Order, union_all(*each).subquery("together"))
    return _in_order(together, select(together), wanted).limit(limit)


def _between_dates(
    order: type[Order], query: Select[Any], dates: tuple[date | None, date | None]
) -> Select[Any]:
    first, last = dates
    if first is not None:
        query = query.where(order.business_date >= first)
    if last is not None:
        query = query.where(order.business_date <= last)
    return query


def _between_times(
    order: type[Order], query: Select[Any], since: datetime | None, until: datetime | None
) -> Select[Any]:
    """The times, and the business dates that they imply: those are in every index."""
    if since is not None:
        query = query.where(order.created_at >= since)
        query = query.where(order.business_date >= _date_near(since, -DATES_AROUND))
    if until is not None:
        query = query.where(order.created_at < until)
        query = query.where(order.business_date <= _date_near(until, DATES_AROUND))
    return query


def _date_near(instant: datetime, offset: timedelta) -> date:
    day = instant.astimezone(UTC).date()
    try:
        return day + offset
    except OverflowError:
        return day


def _in_order(order: type[Order], query: Select[Any], wanted: WantedOrders) -> Select[Any]:
    """In the list's order, from the cursor on."""
    keys: tuple[Any, Any]
    place = wanted.cursor
    if wanted.updated_after is not None:
        keys = (order.updated_at, order.id)
        query = query.where(order.updated_at > wanted.updated_after).order_by(*keys)
        if isinstance(place, InstantPlace):
            query = query.where(tuple_(*keys) > (place.at, place.id))
    else:
        keys = (order.business_date, order.number)
        query = query.order_by(*(key.desc() for key in keys))
        if isinstance(place, NumberPlace):
            query = query.where(tuple_(*keys) < (place.business_date, place.number))
    return query
