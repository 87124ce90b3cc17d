"""Finding orders among millions: every filter has an index that also has the list's order."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, tuple_

from app.core.keyset import InstantPlace, NumberPlace, Place
from app.models import Order, OrderLine
from app.repositories.order import OrderRepository

DATES_AROUND = timedelta(days=2)
"""A business date is never further than this from the UTC date of its orders."""


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
        query = self._matching(wanted, session_id)
        query = _by_change(query, wanted) if wanted.updated_after else _newest_first(query, wanted)
        rows = list((await self._session.scalars(query.limit(wanted.limit + 1))).all())
        page = rows[: wanted.limit]
        if len(rows) <= wanted.limit:
            return page, None
        last = page[-1]
        if wanted.updated_after is not None:
            return page, InstantPlace("updated", last.updated_at, last.id)
        return page, NumberPlace(last.business_date, last.number)

    def _matching(self, wanted: WantedOrders, session_id: UUID | None) -> Select[Any]:
        query = self.select()
        for column, value in (
            (Order.session_id, session_id),
            (Order.table_id, wanted.table_id),
            (Order.channel, wanted.channel),
        ):
            if value is not None:
                query = query.where(column == value)
        if wanted.status:
            query = query.where(_status_in(wanted.status))
        if wanted.item_id is not None:
            query = query.where(
                exists().where(
                    OrderLine.store_id == self.store_id,
                    OrderLine.item_id == wanted.item_id,
                    OrderLine.order_id == Order.id,
                )
            )
        query = _between_dates(query, wanted.dates)
        return _between_times(query, wanted.from_, wanted.to)


def _status_in(wanted: Sequence[str]) -> Any:
    """Written out in the statement: the planner must see that a partial index is meant."""
    values = sorted({str(status) for status in wanted})
    return Order.status.in_(bindparam("status", values, expanding=True, literal_execute=True))


def _between_dates(query: Select[Any], dates: tuple[date | None, date | None]) -> Select[Any]:
    first, last = dates
    if first is not None:
        query = query.where(Order.business_date >= first)
    if last is not None:
        query = query.where(Order.business_date <= last)
    return query


def _between_times(
    query: Select[Any], since: datetime | None, until: datetime | None
) -> Select[Any]:
    """The times, and the business dates that they imply: those are in every index."""
    if since is not None:
        query = query.where(Order.created_at >= since)
        query = query.where(Order.business_date >= _date_near(since, -DATES_AROUND))
    if until is not None:
        query = query.where(Order.created_at < until)
        query = query.where(Order.business_date <= _date_near(until, DATES_AROUND))
    return query


def _date_near(instant: datetime, offset: timedelta) -> date:
    day = instant.astimezone(UTC).date()
    try:
        return day + offset
    except OverflowError:
        return day


def _newest_first(query: Select[Any], wanted: WantedOrders) -> Select[Any]:
    if isinstance(wanted.cursor, NumberPlace):
        place = (wanted.cursor.business_date, wanted.cursor.number)
        query = query.where(tuple_(Order.business_date, Order.number) < place)
    return query.order_by(Order.business_date.desc(), Order.number.desc())


def _by_change(query: Select[Any], wanted: WantedOrders) -> Select[Any]:
    query = query.where(Order.updated_at > wanted.updated_after)
    if isinstance(wanted.cursor, InstantPlace):
        place = (wanted.cursor.at, wanted.cursor.id)
        query = query.where(tuple_(Order.updated_at, Order.id) > place)
    return query.order_by(Order.updated_at, Order.id)
