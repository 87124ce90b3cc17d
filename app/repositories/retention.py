"""What is too old, deleted batch by batch; and which worker does it.

The API's role can't delete events or sign-ins by itself: one database function does, refuses what
is younger than a day, and lets one caller in at a time. Every statement is a transaction of its
own, on the pool of single calls, so that it works through a pooler too.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from app.core.database import Database

PAGE = 500
JOB = "retention"

_STORES = (
    "SELECT coalesce(array_agg(p.code ORDER BY p.code), '{}'),"
    " coalesce(array_agg(p.store_id ORDER BY p.code), '{}')"
    " FROM (SELECT code, store_id FROM store_directory WHERE code > %s ORDER BY code LIMIT %s) p"
)
_PRUNE = "SELECT prune(%s, %s, %s, %s)"
_PRUNABLE = "SELECT prunable(%s, %s, %s)"
# The row's lock decides between workers that come at once; the loser finds it no longer due.
_CLAIM = (
    "UPDATE job_runs SET started_at = %s, finished_at = NULL, progress = '{}'"
    " WHERE name = %s AND (started_at IS NULL OR started_at <= %s) RETURNING true"
)
_PROGRESS = "UPDATE job_runs SET progress = %s::jsonb WHERE name = %s AND started_at = %s"
_FINISH = "UPDATE job_runs SET finished_at = %s WHERE name = %s AND started_at = %s"


class RetentionRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def stores(self, after: str = "") -> tuple[str, list[UUID]]:
        """The next page of stores by code, and the code to go on from; empty at the end."""
        codes, ids = await self._database.call(_STORES, (after, PAGE))
        return (codes[-1] if codes else after), ids

    async def prune(
        self, kind: str, store_id: UUID | None, before: datetime, limit: int
    ) -> int | None:
        """Delete up to `limit` rows from before a time; how many, None while another run does.

        Args:
            store_id: None for what belongs to no store.
        """
        row = await self._database.call(_PRUNE, (kind, store_id, before, limit))
        deleted: int | None = row[0]
        return deleted

    async def prunable(self, kind: str, store_id: UUID | None, before: datetime) -> int:
        """How many rows `prune` would delete, all batches together."""
        row = await self._database.call(_PRUNABLE, (kind, store_id, before))
        count: int = row[0]
        return count

    async def claim(self, now: datetime, interval: timedelta) -> bool:
        """Begin a run, unless one began less than `interval` ago on this or any other worker."""
        return await self._database.call(_CLAIM, (now, JOB, now - interval)) is not None

    async def note(self, started_at: datetime, progress: dict[str, Any]) -> None:
        """Write down how far the run that began then has come."""
        await self._database.call(
            f"{_PROGRESS} RETURNING true", (orjson.dumps(progress).decode(), JOB, started_at)
        )

    async def finish(self, started_at: datetime, now: datetime) -> None:
        """Write down that the run that began then is done."""
        await self._database.call(f"{_FINISH} RETURNING true", (now, JOB, started_at))
