"""The hub of one worker: a feed per store that somebody listens to."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from uuid import UUID

import psycopg

from app.core.events.record import EventRecord
from app.core.events.source import MAX_PAYLOAD, EventSource, Head
from app.core.logging import get_logger

log = get_logger(__name__)

BATCH = 500
COALESCE_SECONDS = 0.004
CURRENT = 1.0
"""How many seconds a confirmed head counts as current."""
WATCH_SECONDS = 600.0
"""How long a store's head is followed after somebody last asked for it."""

Accepts = Callable[[EventRecord], bool]


class Subscription:
    """One stream's bounded queue. A reader that falls behind loses it and is told to resync."""

    def __init__(self, feed: "Feed", accepts: Accepts, size: int) -> None:
        self.start_seq = feed.position
        self.overflowed = False
        self.ended = False
        self._feed = feed
        self._accepts = accepts
        self._size = size
        self._queue: deque[EventRecord] = deque()
        self._wake = asyncio.Event()

    def offer(self, record: EventRecord) -> None:
        if self.overflowed or not self._accepts(record):
            return
        if len(self._queue) >= self._size:
            self.overflowed = True
            self._queue.clear()
        else:
            self._queue.append(record)
        self._wake.set()

    async def wait(self, seconds: float) -> list[EventRecord]:
        """What has come, at once or within `seconds`; empty when nothing did."""
        if not self._queue and not self.overflowed and not self.ended:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
        self._wake.clear()
        taken = list(self._queue)
        self._queue.clear()
        return taken

    def resume(self) -> int:
        """Go on live after an overflow; the number that the reader must read up to by itself."""
        self.overflowed = False
        return self._feed.position

    def end(self) -> None:
        self.ended = True
        self._wake.set()

    def close(self) -> None:
        self._feed.subscriptions.discard(self)


class Feed:
    """One store's tail position and its readers."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.subscriptions: set[Subscription] = set()


class EventHub:
    """Tails the stores of interest; wakes on the doorbell, and looks every `poll_interval`."""

    def __init__(self, source: EventSource, poll_interval: float) -> None:
        self._source = source
        self._poll_interval = poll_interval
        self._feeds: dict[UUID, Feed] = {}
        self._watched: dict[UUID, float] = {}
        self._heads: dict[UUID, Head] = {}
        self._forgotten: set[UUID] = set()
        self._rung = asyncio.Event()
        self._to_ring: set[UUID] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._confirmed_at = 0.0
        self.on_wake: Callable[[], None] = lambda: None

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._tail(), name="event-tail"),
            asyncio.create_task(self._source.listen(self._heard), name="event-doorbell"),
            asyncio.create_task(self._ring_others(), name="event-ringer"),
        ]

    async def stop(self) -> None:
        """Tell every stream to end, then stop looking."""
        self.end_streams()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._source.close()

    def end_streams(self) -> None:
        for feed in self._feeds.values():
            for subscription in list(feed.subscriptions):
                subscription.end()

    def ring(self, stores: Iterable[UUID]) -> None:
        """These stores have new events: look now, and tell the other workers."""
        self._to_ring.update(stores)
        self._rung.set()

    async def subscribe(self, store_id: UUID, accepts: Accepts, queue_size: int) -> Subscription:
        """Listen to a store from its present position on.

        The position is taken in the same step as the registration: a replay up to `start_seq`
        and what arrives afterwards have no gap and no overlap between them.
        """
        feed = self._feeds.get(store_id)
        if feed is None:
            heads = await self._source.heads([store_id])
            position = heads[store_id].event_seq if store_id in heads else 0
            feed = self._feeds.setdefault(store_id, Feed(position))
        subscription = Subscription(feed, accepts, queue_size)
        feed.subscriptions.add(subscription)
        return subscription

    def catalog_version(self, store_id: UUID) -> int | None:
        """The store's catalog version, if it was confirmed within the last second.

        Asking makes the hub follow the store for some minutes.
        """
        now = time.monotonic()
        self._watched[store_id] = now + WATCH_SECONDS
        head = self._heads.get(store_id)
        return head.catalog_version if head and now - self._confirmed_at <= CURRENT else None

    def forget(self, store_id: UUID) -> None:
        """The store's catalog has just changed here: what was confirmed no longer counts."""
        self._heads.pop(store_id, None)
        self._forgotten.add(store_id)

    def _heard(self, payload: str) -> None:
        self.on_wake()
        if payload:
            self._rung.set()

    async def _ring_others(self) -> None:
        """One NOTIFY for all that was committed in a few milliseconds.

        NOTIFY takes a database-wide lock at commit: inside the order's own transaction it would
        cost a third of the throughput.
        """
        while True:
            await asyncio.sleep(COALESCE_SECONDS if self._to_ring else 0.02)
            if not self._to_ring:
                await self._rung.wait()
                await asyncio.sleep(COALESCE_SECONDS)
            stores, self._to_ring = self._to_ring, set()
            payload = ",".join(map(str, stores))
            with contextlib.suppress(psycopg.Error, OSError):
                if stores:
                    await self._source.notify(payload if len(payload) < MAX_PAYLOAD else "*")

    async def _tail(self) -> None:
        failures = 0
        while True:
            # Cleared before looking: a ring while we look makes us look again.
            self._rung.clear()
            try:
                await self._look()
                failures = 0
            except (psycopg.Error, OSError) as error:
                failures += 1
                log.warning("event tail failed", error=str(error), failures=failures)
                await asyncio.sleep(min(0.1 * failures, 1.0))
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_interval):
                    await self._rung.wait()

    async def _look(self) -> None:
        now = time.monotonic()
        for store in [store for store, feed in self._feeds.items() if not feed.subscriptions]:
            del self._feeds[store]
        self._watched = {store: until for store, until in self._watched.items() if until > now}
        stores = self._feeds.keys() | self._watched.keys()
        # A change made here while we ask may be missing from the answer.
        self._forgotten.clear()
        heads = await self._source.heads(list(stores)) if stores else {}
        self._heads = {store: head for store, head in heads.items() if store not in self._forgotten}
        self._confirmed_at = now
        behind = {
            store: feed.position
            for store, feed in self._feeds.items()
            if store in heads and heads[store].event_seq > feed.position
        }
        while behind:
            behind = await self._deliver(behind)

    async def _deliver(self, behind: dict[UUID, int]) -> dict[UUID, int]:
        """Fan out one batch; the stores that have more, with their new positions."""
        counts: dict[UUID, int] = {}
        for record in await self._source.events_after(behind, BATCH):
            feed = self._feeds.get(record.store_id)
            counts[record.store_id] = counts.get(record.store_id, 0) + 1
            if feed is None or record.seq <= feed.position:
                continue
            feed.position = record.seq
            for subscription in tuple(feed.subscriptions):
                subscription.offer(record)
        full = [store for store, count in counts.items() if count == BATCH]
        return {store: self._feeds[store].position for store in full if store in self._feeds}
