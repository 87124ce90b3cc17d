"""Which sign-ins have ended: known to every worker within about a second, at no query a request."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from app.core import clock
from app.core.errors import (
    DomainError,
    NotAuthenticatedError,
    SessionClosedError,
    TokenExpiredError,
)
from app.core.events.source import SOURCE_ERRORS, Ending, EventLog
from app.core.logging import get_logger
from app.core.security.principals import Principal
from app.core.security.tokens import generation
from app.core.words import Words

log = get_logger(__name__)

POLL_SECONDS = 1.0
OVERLAP = timedelta(seconds=15)
"""Longer than any transaction: one that ends a sign-in may commit after a later one."""
KEPT = timedelta(hours=1, minutes=5)
"""Longer than an access token lives."""
SESSION_CLOSED = "session-closed"
"""Why a guest's sign-in ends with its table session: the caller is told so."""


class Revocations:
    """The ended sign-ins whose access tokens may still be going around, and the outdated tokens."""

    def __init__(self, source: EventLog) -> None:
        self._source = source
        # By the numbers of the ids, which every request looks up: a UUID is hashed in Python.
        self._ended: dict[int, tuple[datetime, str | None]] = {}
        self._outdated: dict[int, datetime] = {}
        self._since: datetime | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.on_add: Callable[[], None] = lambda: None

    def is_revoked(self, sign_in_id: UUID) -> bool:
        return sign_in_id.int in self._ended

    def refusal(self, principal: Principal) -> DomainError | None:
        """Why the access token of `principal` is no longer good; None while it is.

        An outdated one has "expired": clients exchange it, and the next one says what holds now.
        """
        number = principal.sign_in_id.int
        ended = self._ended.get(number)
        if ended is not None:
            if ended[1] == SESSION_CLOSED:
                return SessionClosedError()
            return NotAuthenticatedError(
                Words("This sign-in was ended.", "종료된 로그인입니다. 다시 로그인해 주세요.")
            )
        outdated = self._outdated.get(number) if self._outdated else None
        if outdated is not None and principal.generation < generation(outdated):
            return TokenExpiredError()
        return None

    def add(self, sign_in_id: UUID, reason: str | None = None) -> None:
        """Known here at once, before the poll; `on_add` may tell the others."""
        self._learn(Ending(sign_in_id, clock.now(), reason))
        self.on_add()

    def outdate(self, sign_in_id: UUID, at: datetime) -> None:
        """Access tokens from before `at` must be exchanged; told like an end."""
        self._learn(Ending(sign_in_id, None, None, at))
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
        for ending in await self._source.revocations_since(since - OVERLAP):
            self._learn(ending)
        self._since = now
        self._ended = {key: one for key, one in self._ended.items() if one[0] > now - KEPT}
        self._outdated = {key: at for key, at in self._outdated.items() if at > now - KEPT}

    def _learn(self, ending: Ending) -> None:
        number = ending.sign_in_id.int
        if ending.revoked_at is not None:
            self._ended[number] = (ending.revoked_at, ending.reason)
        known = self._outdated.get(number)
        if ending.outdated_at is not None and (known is None or known < ending.outdated_at):
            self._outdated[number] = ending.outdated_at

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
