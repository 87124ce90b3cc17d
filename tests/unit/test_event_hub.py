"""The hub's promises, with a log in memory that can fail, be pruned and be set back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import pytest

from app.core import clock
from app.core.errors import DatabaseUnavailableError, TooManyStreamsError
from app.core.events import EventHub, EventRecord, Head, Subscription
from app.core.events.doorbell import Doorbell, stores_in
from app.core.events.revocations import Revocations
from app.core.events.slots import StreamSlots
from app.core.events.source import Ending
from app.core.ids import uuid7

STORE = uuid7()
NEVER = 60.0
"""A poll interval that no test waits for: what arrives was rung."""


class MemoryLog:
    """An event log as PostgreSQL keeps it: gapless numbers, a head that moves with them."""

    def __init__(self) -> None:
        self.events: dict[UUID, list[EventRecord]] = {}
        self.head: dict[UUID, int] = {}
        self.ended: list[tuple[UUID, datetime]] = []
        self.sent: list[str] = []
        self.asked: list[set[UUID]] = []
        self.broken = False

    def append(self, count: int = 1, store: UUID = STORE) -> None:
        for _ in range(count):
            seq = self.head[store] = self.head.get(store, 0) + 1
            record = EventRecord(store, seq, "order.placed", clock.now(), {}, None, None, {})
            self.events.setdefault(store, []).append(record)

    async def heads(self, stores: Sequence[UUID]) -> dict[UUID, Head]:
        self._check()
        self.asked.append(set(stores))
        return {store: Head(self.head.get(store, 0), 1) for store in stores}

    async def heads_now(self, stores: Sequence[UUID]) -> dict[UUID, Head]:
        return await self.heads(stores)

    async def events_after(self, after: Mapping[UUID, int], limit: int) -> list[EventRecord]:
        self._check()
        found = []
        for store, seq in after.items():
            found += [one for one in self.events.get(store, []) if one.seq > seq][:limit]
        return found

    async def revocations_since(self, since: datetime) -> list[Ending]:
        self._check()
        return [Ending(*one) for one in self.ended if one[1] > since]

    async def notify(self, payload: str) -> None:
        self._check()
        self.sent.append(payload)

    async def listen(self, heard: Callable[[str], None]) -> None:
        self.heard = heard
        await asyncio.Event().wait()

    async def close(self) -> None:
        self.broken = True

    def _check(self) -> None:
        if self.broken:
            raise OSError("the database is away")


@contextlib.asynccontextmanager
async def running(log: MemoryLog, poll_interval: float = NEVER) -> AsyncIterator[EventHub]:
    hub = EventHub(log, poll_interval)
    await hub.start()
    await asyncio.sleep(0)
    try:
        yield hub
    finally:
        await hub.stop()


def everything(_: EventRecord) -> bool:
    return True


async def numbers(subscription: Subscription, count: int) -> list[int]:
    """The numbers of the next `count` events."""
    seen: list[int] = []
    async with asyncio.timeout(5):
        while len(seen) < count:
            seen += [record.seq for record in await subscription.wait(1)]
    return seen


async def test_what_is_rung_arrives_in_order_also_over_many_batches() -> None:
    log = MemoryLog()
    log.append(3)
    async with running(log) as hub:
        subscription = await hub.subscribe(STORE, everything, 2000)
        assert subscription.start_seq == 3
        log.append(1000)
        hub.ring({STORE})
        assert await numbers(subscription, 1000) == list(range(4, 1004))


async def test_a_lost_wake_up_costs_one_poll() -> None:
    log = MemoryLog()
    async with running(log, poll_interval=0.02) as hub:
        subscription = await hub.subscribe(STORE, everything, 10)
        log.append(2)
        assert await numbers(subscription, 2) == [1, 2]


async def test_an_outage_loses_and_repeats_nothing() -> None:
    log = MemoryLog()
    async with running(log, poll_interval=0.01) as hub:
        subscription = await hub.subscribe(STORE, everything, 100)
        log.append()
        assert await numbers(subscription, 1) == [1]
        log.broken = True
        log.append(5)
        hub.ring({STORE})
        assert await subscription.wait(0.05) == []
        log.broken = False
        assert await numbers(subscription, 5) == [2, 3, 4, 5, 6]


async def test_a_first_listener_without_a_database_is_refused() -> None:
    log = MemoryLog()
    async with running(log) as hub:
        log.broken = True
        with pytest.raises(DatabaseUnavailableError):
            await hub.subscribe(STORE, everything, 10)


async def test_a_slow_reader_loses_its_queue_and_goes_on_live() -> None:
    log = MemoryLog()
    async with running(log) as hub:
        slow = await hub.subscribe(STORE, everything, 4)
        quick = await hub.subscribe(STORE, everything, 100)
        log.append(9)
        hub.ring({STORE})
        assert await numbers(quick, 9) == list(range(1, 10))
        assert slow.overflowed
        assert await slow.wait(0.01) == []
        assert slow.resume() == 9
        log.append()
        hub.ring({STORE})
        assert await numbers(slow, 1) == [10]


@pytest.mark.parametrize("head", [3, 40], ids=["set back by a restore", "pruned"])
async def test_a_log_that_has_jumped_makes_readers_resync(head: int) -> None:
    log = MemoryLog()
    log.append(10)
    async with running(log, poll_interval=0.01) as hub:
        subscription = await hub.subscribe(STORE, everything, 100)
        log.events[STORE], log.head[STORE] = [], head
        async with asyncio.timeout(5):
            assert await subscription.wait(1) == []
        assert subscription.overflowed
        assert subscription.resume() == head
        log.append()
        assert await numbers(subscription, 1) == [head + 1]


async def test_a_ring_asks_only_for_the_stores_that_rang_and_have_readers() -> None:
    log = MemoryLog()
    other = uuid7()
    async with running(log) as hub:
        subscription = await hub.subscribe(STORE, everything, 10)
        second = await hub.subscribe(other, everything, 10)
        await asyncio.sleep(0.01)
        log.asked.clear()
        log.append()
        hub.ring({STORE, uuid7()})
        await numbers(subscription, 1)
        assert log.asked == [{STORE}]
        assert not second.ended


async def test_a_reader_sees_only_what_it_accepts() -> None:
    log = MemoryLog()
    async with running(log) as hub:
        subscription = await hub.subscribe(STORE, lambda record: record.seq % 2 == 0, 10)
        log.append(6)
        hub.ring({STORE})
        assert await numbers(subscription, 3) == [2, 4, 6]


async def test_shutdown_ends_the_streams_and_those_that_open_late() -> None:
    log = MemoryLog()
    async with running(log) as hub:
        early = await hub.subscribe(STORE, everything, 10)
        hub.end_streams()
        late = await hub.subscribe(STORE, everything, 10)
        assert early.ended
        assert late.ended
        assert await late.wait(NEVER) == []


async def test_a_catalog_changed_here_is_not_current_until_read_again() -> None:
    log = MemoryLog()
    async with running(log, poll_interval=0.01) as hub:
        assert hub.catalog_version(STORE) is None
        await asyncio.sleep(0.1)
        assert hub.catalog_version(STORE) == 1
        hub.forget(STORE)
        assert hub.catalog_version(STORE) is None


async def test_the_doorbell_joins_what_is_rung_within_milliseconds() -> None:
    log = MemoryLog()
    bell = Doorbell(log)
    stores = [uuid7() for _ in range(5)]
    task = asyncio.create_task(bell.run())
    for store in stores:
        bell.ring({store})
    await asyncio.sleep(0.03)
    [payload] = log.sent
    assert stores_in(payload) == set(stores)
    bell.ring(uuid7() for _ in range(1000))
    await asyncio.sleep(0.03)
    assert log.sent[1:] == ["*"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_sign_in_ended_elsewhere_is_learnt_and_an_outage_is_made_up_for() -> None:
    log = MemoryLog()
    revocations = Revocations(log)
    first, second = uuid7(), uuid7()
    log.ended.append((first, clock.now()))
    await revocations.look()
    assert revocations.is_revoked(first)
    log.broken = True
    log.ended.append((second, clock.now()))
    with pytest.raises(OSError, match="away"):
        await revocations.look()
    log.broken = False
    await revocations.look()
    assert revocations.is_revoked(second)


def test_of_streams_opened_together_only_so_many_get_a_slot() -> None:
    slots = StreamSlots(per_credential=2, per_store=3)
    store, one, two = uuid7(), uuid7(), uuid7()
    with slots.hold(one, store), slots.hold(one, store):
        with pytest.raises(TooManyStreamsError), slots.hold(one, store):
            pass
        with slots.hold(two, store), pytest.raises(TooManyStreamsError):
            slots.check(uuid7(), store)
    slots.check(one, store)
