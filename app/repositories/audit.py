"""The audit log as its readers see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from app.core.ids import lowest_id
from app.models import AuditEntry
from app.repositories.base import Repository

MADE_AROUND = timedelta(days=1)
"""An entry's id is never made further than this from its time, even where a clock is set."""


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """What entries must match; None matches all. `since` is included, `until` is not."""

    action: str | None = None
    actor_id: UUID | None = None
    target_kind: str | None = None
    target_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditRepository(Repository):
    async def find(
        self, wanted: AuditSearch, *, cursor: UUID | None, limit: int
    ) -> tuple[list[AuditEntry], str | None]:
        """Keyset page, newest first: UUIDv7 ids are in the order of creation."""
        query = self._matching(wanted)
        if cursor is not None:
            query = query.where(AuditEntry.id < cursor)
        query = query.order_by(AuditEntry.id.desc()).limit(limit + 1)
        rows = list((await self._session.scalars(query)).all())
        return rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else None

    def _matching(self, wanted: AuditSearch) -> Select[Any]:
        actor = None if wanted.actor_id is None else str(wanted.actor_id)
        same = {
            AuditEntry.action: wanted.action,
            AuditEntry.actor_id: actor,
            AuditEntry.target_kind: wanted.target_kind,
            AuditEntry.target_id: wanted.target_id,
        }
        query: Select[Any] = select(AuditEntry).where(
            AuditEntry.store_id == self.store_id,
            *(column == value for column, value in same.items() if value is not None),
        )
        # The times, and what they imply for the ids: those are in every index.
        if wanted.since is not None:
            first = lowest_id(wanted.since, -MADE_AROUND)
            query = query.where(AuditEntry.at >= wanted.since, AuditEntry.id >= first)
        if wanted.until is not None:
            beyond = lowest_id(wanted.until, MADE_AROUND)
            query = query.where(AuditEntry.at < wanted.until, AuditEntry.id < beyond)
        return query
