"""Which sign-ins have ended: known to every worker within about a second, at no query a request."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from app.core import clock
from app.core.events.source import SOURCE_ERRORS, EventLog
from app.core.logging import get_logger

log = get_logger(__name__)

POLL_SECONDS = 1.0
OVERLAP = timedelta(seconds=15)
"""Longer than any transaction: one that ends a sign-in may commit after a later one."""
KEPT = timedelta(hours=1, minutes=5)
"""Longer than an access token lives."""


class Revocations:
    """The ended sign-ins whose access tokens may still be going around."""

    def __init__(self, source: EventLog) -> None:
        self._source = source
        self._ended: dict[UUID, datetime] = {}
        self._since: datetime | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.on_add: Callable[[], None] = lambda: None

    def is_revoked(self, sign_in_id: UUID) -> bool:
        return sign_in_id in self._ended

    def add(self, sign_in_id: UUID) -> None:
        """Known here at once, before the poll; `on_add` may tell the others."""
        self._ended[sign_in_id] = clock.now()
        self.on_add()

    def wake(self) -> None:
        """Look now: another worker has ended a sign-in."""
        self._wake.set()

    async def start(self) -> None:
        with contextlib.suppress(*SOURCE_ERRORS):
            await self.look()
        self._task = asyncio.create_task(self._poll(), name="revocations")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Learn what ended since the last look; the first one reaches back over all that count.

        Raises:
            psycopg.Error, OSError: the database is away; the next look covers this one's time.
        """
        now = clock.now()
        since = now - KEPT if self._since is None else min(self._since, now)
        self._ended.update(await self._source.revocations_since(since - OVERLAP))
        self._since = now
        self._ended = {key: at for key, at in self._ended.items() if at > now - KEPT}

    async def _poll(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.look()
            except Exception as error:
                expected = isinstance(error, SOURCE_ERRORS)
                log.warning(
                    "revocations not read", exc_info=None if expected else error, error=str(error)
                )
                await asyncio.sleep(0.2)
