"""The hub of one worker: a feed per store that somebody listens to."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from app.core import clock
from app.core.errors import DatabaseUnavailableError
from app.core.events.doorbell import Doorbell, stores_in, tells_revocation
from app.core.events.record import EventRecord
from app.core.events.source import SOURCE_ERRORS, EventLog, Head
from app.core.events.subscription import Accepts, Feed, Subscription
from app.core.logging import get_logger
from app.core.metrics import EVENT_LAG, EVENT_TAIL_FAILURES

log = get_logger(__name__)

BATCH = 200
"""Events of one store per reading."""
STORES_PER_BATCH = 50
MAX_BACKOFF = 1.0
CURRENT_SECONDS = 1.0
"""How long a confirmed head counts as current."""
WATCH_SECONDS = 600.0
"""How long a store's head is followed after somebody last asked for it."""


@dataclass(slots=True)
class _Watched:
    """A store whose head is followed until `until`; the head, if it is known, and since when."""

    until: float = 0.0
    head: Head | None = None
    confirmed_at: float = 0.0


class EventHub:
    """Tails the stores of interest; wakes on the doorbell, and looks every `poll_interval`."""

    def __init__(self, source: EventLog, poll_interval: float) -> None:
        self._source = source
        self._poll_interval = poll_interval
        self._doorbell = Doorbell(source)
        self._feeds: dict[UUID, Feed] = {}
        self._watched: dict[UUID, _Watched] = {}
        self._outdated: set[UUID] = set()
        self._rung: set[UUID] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._draining = False
        self._away_since = 0.0
        self.on_wake: Callable[[], None] = lambda: None

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._tail(), name="event-tail"),
            asyncio.create_task(self._source.listen(self._heard), name="event-doorbell"),
            asyncio.create_task(self._doorbell.run(), name="event-ringer"),
        ]

    async def stop(self) -> None:
        """Tell every stream to end, then stop looking."""
        self.end_streams()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._source.close()

    def end_streams(self) -> None:
        """End the streams, and those that are still being opened; for the shutdown signal."""
        self._draining = True
        for feed in self._feeds.values():
            for subscription in tuple(feed.subscriptions):
                subscription.end()

    def ring(self, stores: Iterable[UUID]) -> None:
        """These stores have new events: look now, and tell the other workers."""
        stores = set(stores)
        self._look_soon(stores)
        self._doorbell.ring(stores)

    def ring_revoked(self) -> None:
        """A sign-in was ended here: the other workers should look at once."""
        self._doorbell.ring_revoked()

    async def subscribe(self, store_id: UUID, accepts: Accepts, queue_size: int) -> Subscription:
        """Listen to a store from its present position on.

        The position is taken in the same step as the registration: a replay up to `start_seq`
        and what arrives afterwards have no gap and no overlap between them. The caller keeps the
        subscription; the feed forgets it when the caller does.

        Raises:
            DatabaseUnavailableError: nobody listens to the store yet and its head can't be read.
        """
        feed = self._feeds.get(store_id)
        if feed is None:
            position = await self._position(store_id)
            feed = self._feeds.setdefault(store_id, Feed(store_id, position))
        subscription = Subscription(feed, accepts, queue_size)
        feed.subscriptions.add(subscription)
        if self._draining:
            subscription.end()
        return subscription

    async def _position(self, store_id: UUID) -> int:
        # Shielded: a client that hangs up must not break the connection that all streams share.
        reading = asyncio.ensure_future(self._source.heads([store_id]))
        try:
            heads = await asyncio.shield(reading)
        except SOURCE_ERRORS as error:
            raise DatabaseUnavailableError from error
        return heads[store_id].event_seq if store_id in heads else 0

    def catalog_version(self, store_id: UUID) -> int | None:
        """The store's catalog version, if it was confirmed within the last second.

        Asking makes the hub follow the store for some minutes.
        """
        now = time.monotonic()
        watched = self._watched.get(store_id)
        if watched is None:
            watched = self._watched[store_id] = _Watched()
        watched.until = now + WATCH_SECONDS
        if watched.head is None or now - watched.confirmed_at > CURRENT_SECONDS:
            return None
        return watched.head.catalog_version

    def seconds_away(self, store_id: UUID) -> int | None:
        """For how long the store could not be asked after; None while the database answers."""
        if not self._away_since:
            return None
        watched = self._watched.get(store_id, _Watched())
        since = self._away_since if watched.head is None else watched.confirmed_at
        return int(time.monotonic() - since)

    def forget(self, store_id: UUID) -> None:
        """The store's catalog has just changed here: what was confirmed no longer counts.

        Neither does what is being read at this moment: it may be from before the change.
        """
        if store_id in self._watched:
            self._watched[store_id].head = None
        self._outdated.add(store_id)

    def _heard(self, payload: str) -> None:
        if tells_revocation(payload):
            self.on_wake()
        self._look_soon(stores_in(payload))

    def _look_soon(self, stores: set[UUID] | None) -> None:
        """Wake the tail for those of `stores` (None: all) that somebody is interested in."""
        known = self._feeds.keys() | self._watched.keys()
        rung = known if stores is None else known & stores
        if rung:
            self._rung |= rung
            self._wake.set()

    async def _tail(self) -> None:
        failures = 0
        look_at_all = 0.0
        while True:
            # Taken before looking: a ring while we look makes us look again.
            self._wake.clear()
            rung, self._rung = self._rung, set()
            now = time.monotonic()
            try:
                if now >= look_at_all:
                    self._drop_idle()
                    rung = self._feeds.keys() | self._watched.keys()
                    look_at_all = now + self._poll_interval
                await self._look(rung, now)
                failures, self._away_since = 0, 0.0
            except Exception as error:
                failures += 1
                self._away_since = self._away_since or now
                EVENT_TAIL_FAILURES.inc()
                expected = isinstance(error, SOURCE_ERRORS)
                log.warning(
                    "event tail failed", exc_info=None if expected else error, error=str(error)
                )
                # Positions stay where they are: afterwards all stores are looked at, none skips.
                look_at_all = 0.0
                await asyncio.sleep(min(0.05 * 2 ** min(failures, 10), MAX_BACKOFF))
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(look_at_all - time.monotonic(), 0.0)):
                    await self._wake.wait()

    def _drop_idle(self) -> None:
        """Drop what nobody is interested in any more."""
        now = time.monotonic()
        for store in [store for store, feed in self._feeds.items() if not feed.subscriptions]:
            del self._feeds[store]
        self._watched = {store: one for store, one in self._watched.items() if one.until > now}

    async def _look(self, stores: set[UUID], now: float) -> None:
        if not stores:
            return
        # Positions as of the question: a feed that opens meanwhile may know a later head.
        asked = {store: feed for store in stores if (feed := self._feeds.get(store)) is not None}
        positions = {store: feed.position for store, feed in asked.items()}
        self._outdated.clear()
        heads = await self._source.heads(list(stores))
        for store, head in heads.items():
            watched = self._watched.get(store)
            if watched is not None and store not in self._outdated:
                watched.head, watched.confirmed_at = head, now
        behind = {}
        for store, position in positions.items():
            head_seq = heads[store].event_seq if store in heads else position
            if head_seq < position:
                asked[store].jump(head_seq)
            elif head_seq > position:
                behind[store] = head_seq
        await self._catch_up(asked, behind)

    async def _catch_up(self, feeds: dict[UUID, Feed], behind: dict[UUID, int]) -> None:
        """Read and hand on up to each head in `behind`, a bounded number of events at a time."""
        while behind:
            batch = list(islice(behind, STORES_PER_BATCH))
            after = {store: feeds[store].position for store in batch}
            for record in await self._source.events_after(after, BATCH):
                feeds[record.store_id].advance(record)
                _observe(record)
            for store in batch:
                feed = feeds[store]
                if feed.position == after[store]:
                    # The head says that there were some, and they are gone: pruned.
                    feed.jump(behind[store])
                if feed.position >= behind[store]:
                    del behind[store]


def _observe(record: EventRecord) -> None:
    EVENT_LAG.observe(max((clock.now() - record.occurred_at).total_seconds(), 0.0))
