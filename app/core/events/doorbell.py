"""Waking the other workers after a commit."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from app.core.events.source import SOURCE_ERRORS, EventLog
from app.core.logging import get_logger

log = get_logger(__name__)

COALESCE_SECONDS = 0.005
MAX_STORES = 200
"""How many store ids fit into a notification's 8,000 bytes, with room to spare."""
EVERYTHING = "*"
REVOKED = "revoked"


class Doorbell:
    """Sends one NOTIFY for all that was committed in a few milliseconds.

    NOTIFY takes a database-wide lock at commit: inside the order's own transaction it would cost
    a third of the throughput.
    """

    def __init__(self, source: EventLog) -> None:
        self._source = source
        self._waiting: set[str] = set()
        self._rung = asyncio.Event()

    def ring(self, stores: Iterable[UUID]) -> None:
        """These stores have new events, committed."""
        self._waiting.update(map(str, stores))
        self._rung.set()

    def ring_revoked(self) -> None:
        """A sign-in was ended, committed."""
        self._waiting.add(REVOKED)
        self._rung.set()

    async def run(self) -> None:
        """Send for ever. The first ring goes out at once, those right after it together."""
        while True:
            await self._rung.wait()
            self._rung.clear()
            words, self._waiting = self._waiting, set()
            try:
                if words:
                    await self._source.notify(_payload(words))
            except SOURCE_ERRORS as error:
                log.warning("doorbell not sent; the others poll", error=str(error))
            await asyncio.sleep(COALESCE_SECONDS)


def _payload(words: set[str]) -> str:
    if len(words) > MAX_STORES:
        return EVERYTHING
    return ",".join(words)


def stores_in(payload: str) -> set[UUID] | None:
    """The stores that a payload names; None for all of them, as for what can't be read."""
    words = {word for word in payload.split(",") if word and word != REVOKED}
    try:
        return {UUID(word) for word in words}
    except ValueError:
        return None


def tells_revocation(payload: str) -> bool:
    return payload == EVERYTHING or REVOKED in payload
