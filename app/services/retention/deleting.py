"""Deleting what is too old: events, answers by idempotency key, expired credentials, pictures.

Orders are the store's books and stay; the audit log stays for years. Each batch is a short
transaction of its own; a run that is broken off goes on where it was with the next one.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.core import clock
from app.core.config import Settings
from app.core.database import Database
from app.core.errors import BusyError
from app.core.jobs import Turns
from app.core.media import MediaStore
from app.core.metrics import RETENTION_DELETED
from app.core.words import Words
from app.repositories.retention import RetentionRepository
from app.services.retention.media_sweeping import MediaSweepingService

PICTURES = "pictures"
PAUSE_SECONDS = 0.02
"""Between two full batches, so that guests' orders come in between."""


class Kind(NamedTuple):
    """One table, how long its rows are kept, and whether they belong to stores."""

    name: str
    kept: timedelta
    by_store: bool = True


class Progress(NamedTuple):
    """How many of a kind went so far; the kind's last one is `done`."""

    kind: str
    deleted: int
    done: bool


def kinds(settings: Settings) -> tuple[Kind, ...]:
    """What is kept for how long. Tokens come before the sign-ins that they belong to."""
    sign_ins = timedelta(days=settings.sign_in_retention_days)
    codes = timedelta(days=settings.code_retention_days)
    audit = timedelta(days=settings.audit_retention_days)
    return (
        Kind("events", timedelta(days=settings.event_retention_days)),
        Kind("idempotency_records", timedelta(days=settings.idempotency_retention_days)),
        Kind("refresh_tokens", sign_ins),
        Kind("sign_ins", sign_ins),
        Kind("pairing_codes", codes),
        Kind("stream_tickets", codes),
        Kind("throttles", codes, by_store=False),
        *((Kind("audit_entries", audit),) if audit else ()),
    )


class RetentionService:
    def __init__(self, database: Database, media: MediaStore, settings: Settings) -> None:
        self._old = RetentionRepository(database)
        self._sweeping = MediaSweepingService(database, media)
        self._kinds = kinds(settings)
        self._batch = settings.retention_batch

    async def run(self, *, dry_run: bool = False) -> AsyncIterator[Progress]:
        """Delete all that is too old, or only count it; tells how far it is.

        Raises:
            BusyError: another run deletes at this moment.
            StorageUnavailableError: the pictures can't be listed or deleted now.
            Exception: what went wrong in a store, once the others had their turn.
        """
        now, turns = clock.now(), Turns()
        for kind in self._kinds:
            deleted = 0
            async for store_id in self._places(kind):
                with turns.of(store_id):
                    before = now - kind.kept
                    async for count in self._prune(kind, store_id, before, dry_run=dry_run):
                        deleted += count
                        if count:
                            yield Progress(kind.name, deleted, done=False)
            yield Progress(kind.name, deleted, done=True)
        swept = [digest async for digest in self._sweeping.sweep(dry_run=dry_run)]
        if not dry_run:
            RETENTION_DELETED.labels(PICTURES).inc(len(swept))
        yield Progress(PICTURES, len(swept), done=True)
        turns.end()

    async def _places(self, kind: Kind) -> AsyncIterator[UUID | None]:
        """Every store, by pages; or the one place of what belongs to none."""
        if not kind.by_store:
            yield None
            return
        code, stores = await self._old.stores()
        while stores:
            for store_id in stores:
                yield store_id
            code, stores = await self._old.stores(code)

    async def _prune(
        self, kind: Kind, store_id: UUID | None, before: datetime, *, dry_run: bool
    ) -> AsyncIterator[int]:
        if dry_run:
            yield await self._old.prunable(kind.name, store_id, before)
            return
        while True:
            count = await self._old.prune(kind.name, store_id, before, self._batch)
            if count is None:
                raise BusyError(
                    Words(
                        "Another run deletes at this moment; it will take this one's rows too.",
                        "다른 정리 작업이 실행 중입니다. 이 데이터도 함께 정리됩니다.",
                    )
                )
            RETENTION_DELETED.labels(kind.name).inc(count)
            yield count
            if count < self._batch:
                return
            await asyncio.sleep(PAUSE_SECONDS)
