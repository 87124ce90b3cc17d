"""Which sign-ins have ended: known to every worker within about a second, at no query a request."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from app.core import clock
from app.core.events.source import EventSource
from app.core.logging import get_logger

log = get_logger(__name__)

POLL_SECONDS = 1.0
OVERLAP = timedelta(seconds=15)
"""Longer than any transaction: one that ends a sign-in may commit after a later one."""
KEPT = timedelta(hours=1, minutes=5)
"""Longer than an access token lives."""


class Revocations:
    """The ended sign-ins whose access tokens may still be going around."""

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self._ended: dict[UUID, datetime] = {}
        self._since: datetime | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def is_revoked(self, sign_in_id: UUID) -> bool:
        return sign_in_id in self._ended

    def add(self, sign_in_id: UUID) -> None:
        """Known here at once, before the poll."""
        self._ended[sign_in_id] = clock.now()

    def wake(self) -> None:
        self._wake.set()

    async def start(self) -> None:
        with contextlib.suppress(psycopg.Error, OSError):
            await self.look()
        self._task = asyncio.create_task(self._poll(), name="revocations")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        now = clock.now()
        found = await self._source.revocations_since((self._since or now - KEPT) - OVERLAP)
        self._ended.update(found)
        self._since = now
        self._ended = {key: at for key, at in self._ended.items() if at > now - KEPT}

    async def _poll(self) -> None:
        while True:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            try:
                await self.look()
            except (psycopg.Error, OSError) as error:
                log.warning("revocations not read", error=str(error))
