"""How long tables waited, counted by the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Float, cast, extract, func, select

from app.models import ServiceRequest, ServiceRequestItem, ServiceRequestType
from app.repositories.base import Repository
from app.repositories.table_numbers import numbers_of

Took = tuple[float, float, float]
"""Seconds: median, 90th percentile, longest."""


class AnswerTimes(NamedTuple):
    """`key` is the id of a type or table, or an hour."""

    key: Any
    asked: int
    acknowledged: int
    done: int
    cancelled: int
    to_acknowledge: Took | None
    to_done: Took | None


class AnswerTimesRepository(Repository):
    async def by_type(self, since: datetime, until: datetime) -> list[AnswerTimes]:
        """A request counts for each type that it asks for."""
        query = self._query(ServiceRequestItem.type_id, since, until).join(
            ServiceRequestItem,
            (ServiceRequestItem.store_id == ServiceRequest.store_id)
            & (ServiceRequestItem.request_id == ServiceRequest.id),
        )
        return await self._rows(query)

    async def by_table(self, since: datetime, until: datetime) -> list[AnswerTimes]:
        """By the table where the request was last."""
        return await self._rows(self._query(ServiceRequest.table_id, since, until))

    async def by_hour(self, since: datetime, until: datetime, zone: str) -> list[AnswerTimes]:
        """By the hour of the day in which it was asked for, in a time zone."""
        hour = extract("hour", func.timezone(zone, ServiceRequest.created_at))
        return await self._rows(self._query(hour, since, until))

    async def type_names(self, ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
        query = select(ServiceRequestType.id, ServiceRequestType.names).where(
            ServiceRequestType.store_id == self.store_id, ServiceRequestType.id.in_(ids)
        )
        return {row.id: row.names for row in await self._session.execute(query)}

    async def table_numbers(self, ids: Collection[UUID]) -> dict[UUID, int]:
        return await numbers_of(self._session, self.store_id, ids)

    def _query(self, key: Any, since: datetime, until: datetime) -> Any:
        return (
            select(
                key.label("key"),
                func.count(),
                func.count(ServiceRequest.acknowledged_at),
                func.count(ServiceRequest.done_at),
                func.count(ServiceRequest.cancelled_at),
                *_took(ServiceRequest.acknowledged_at),
                *_took(ServiceRequest.done_at),
            )
            .select_from(ServiceRequest)
            .where(
                ServiceRequest.store_id == self.store_id,
                ServiceRequest.created_at >= since,
                ServiceRequest.created_at < until,
            )
            .group_by("key")
            .order_by("key")
        )

    async def _rows(self, query: Any) -> list[AnswerTimes]:
        return [_read(row) for row in await self._session.execute(query)]


def _took(end: Any) -> list[Any]:
    seconds = cast(extract("epoch", end - ServiceRequest.created_at), Float)
    shares = [func.percentile_cont(share).within_group(seconds) for share in (0.5, 0.9)]
    return [*shares, func.max(seconds)]


def _read(row: Sequence[Any]) -> AnswerTimes:
    key, asked, acknowledged, done, cancelled, *took = row
    to_acknowledge, to_done = took[:3], took[3:]
    return AnswerTimes(
        key,
        asked,
        acknowledged,
        done,
        cancelled,
        (to_acknowledge[0], to_acknowledge[1], to_acknowledge[2]) if acknowledged else None,
        (to_done[0], to_done[1], to_done[2]) if done else None,
    )
