"""One stream's place in a feed: a bounded queue, and what ends or interrupts it."""

import asyncio
from collections import deque
from collections.abc import Callable
from uuid import UUID
from weakref import WeakSet

from app.core.events.record import EventRecord

Accepts = Callable[[EventRecord], bool]


class Subscription:
    """One stream's bounded queue. A reader that falls behind loses it and is told to resync.

    `start_seq` is the feed's position at the registration: what follows it comes here.
    """

    def __init__(self, feed: "Feed", accepts: Accepts, size: int) -> None:
        self.start_seq = feed.position
        self.overflowed = False
        self.ended = False
        self.on_end: Callable[[], None] = lambda: None
        self._feed = feed
        self._accepts = accepts
        self._size = size
        self._queue: deque[EventRecord] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def offer(self, record: EventRecord) -> None:
        """Queue an event that the reader may see; drop them all when it is too far behind."""
        if self.overflowed or not self._accepts(record):
            return
        if len(self._queue) >= self._size:
            self.overflow()
            return
        self._queue.append(record)
        self._wake()

    def overflow(self) -> None:
        """Events were lost to this reader: it must read the state anew."""
        self.overflowed = True
        self._queue.clear()
        self._wake()

    async def wait(self, seconds: float) -> list[EventRecord]:
        """What has come, at once or within `seconds`; empty when nothing did."""
        if not self._queue and not self.overflowed and not self.ended:
            # A future and a timer: a third of what asyncio.timeout costs, for thousands of these.
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(seconds, self._wake)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        taken = list(self._queue)
        self._queue.clear()
        return taken

    def sift(self) -> None:
        """Drop what came before it was known what the reader may see, and is not for it."""
        self._queue = deque(record for record in self._queue if self._accepts(record))

    def resume(self) -> int:
        """Go on live after an overflow; the number that the reader must read up to by itself."""
        self.overflowed = False
        return self._feed.position

    def end(self) -> None:
        """Let the stream say good-bye, also while it waits for a client that doesn't read."""
        self.ended = True
        self._wake()
        self.on_end()

    def close(self) -> None:
        self._feed.subscriptions.discard(self)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Feed:
    """One store's tail position and its readers.

    Held weakly: a subscription whose response was never sent disappears with it.
    """

    def __init__(self, store_id: UUID, position: int) -> None:
        self.store_id = store_id
        self.position = position
        self.subscriptions: WeakSet[Subscription] = WeakSet()

    def advance(self, record: EventRecord) -> None:
        """Hand on the next event; one that was handed on already is left out."""
        if record.seq <= self.position:
            return
        if record.seq > self.position + 1:
            self.jump(record.seq - 1)
        self.position = record.seq
        for subscription in tuple(self.subscriptions):
            subscription.offer(record)

    def jump(self, position: int) -> None:
        """Go on from elsewhere: the log was pruned, or the database was set back by a restore."""
        self.position = position
        for subscription in tuple(self.subscriptions):
            subscription.overflow()
