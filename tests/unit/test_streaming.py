"""What a stream writes, down to its bytes, to clients that behave and clients that don't."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.types import Message

from app.api import streaming
from app.api.streaming import EventStreamResponse, parse_last_event_id
from app.core import clock
from app.core.events import EventRecord, Subscription
from app.core.events.slots import StreamSlots
from app.core.events.subscription import Feed
from app.core.ids import uuid7
from app.core.security.permissions import Role
from app.core.security.principals import Principal, PrincipalKind

STORE = uuid7()
PRINCIPAL = Principal(PrincipalKind.STAFF, STORE, uuid7(), "Kim", uuid7(), "ko", role=Role.STAFF)


def record(seq: int) -> EventRecord:
    return EventRecord(STORE, seq, "order.placed", clock.now(), {}, None, None, {})


class Client:
    """The server's side of a connection: what arrived, and whether the client reads and stays."""

    def __init__(self) -> None:
        self.received = b""
        self.complete = False
        self.reads = asyncio.Event()
        self.reads.set()
        self.left = asyncio.Event()
        self.arrived = asyncio.Event()

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        self.received += message.get("body", b"")
        self.arrived.set()
        self.complete = message["type"] == "http.response.body" and not message["more_body"]

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def has(self, text: bytes) -> None:
        async with asyncio.timeout(5):
            while text not in self.received:
                self.arrived.clear()
                await self.arrived.wait()


class Stream:
    """A running response to `client`."""

    def __init__(self, client: Client, last: int | None = None, position: int = 0) -> None:
        self.revoked = False
        self.feed = Feed(STORE, position)
        self.subscription = Subscription(self.feed, lambda _: True, 4)
        self.feed.subscriptions.add(self.subscription)
        self.slots = StreamSlots(1, 1)
        runtime = SimpleNamespace(
            slots=self.slots,
            settings=SimpleNamespace(
                stream_heartbeat=0.05, stream_replay_limit=100, access_token_ttl=900
            ),
            revocations=SimpleNamespace(refusal=lambda _: self.revoked or None),
        )
        response = EventStreamResponse(
            cast("Any", runtime), PRINCIPAL, self.subscription, last, self.replay
        )
        self.task = asyncio.create_task(response({}, client.receive, client.send))

    async def replay(self, after: int, upto: int) -> list[EventRecord] | None:
        return [record(seq) for seq in range(after + 1, upto + 1)]

    async def over(self) -> None:
        """The response has ended and left nothing behind."""
        async with asyncio.timeout(5):
            await self.task
        assert not self.feed.subscriptions
        self.slots.check(PRINCIPAL.sign_in_id, STORE)


async def test_missed_events_come_before_live_ones_each_once() -> None:
    client = Client()
    stream = Stream(client, last=1, position=3)
    stream.feed.advance(record(4))
    await client.has(b"id: 4\n")
    ids = [line for line in client.received.split(b"\n") if line.startswith(b"id: ")]
    assert ids == [b"id: 2", b"id: 3", b"id: 4"]
    client.left.set()
    await stream.over()


@pytest.mark.parametrize("last", [-1, 9, 0], ids=["no number", "from the future", "too old"])
async def test_an_impossible_position_gets_one_resync_and_then_live(last: int) -> None:
    client = Client()
    position = 500 if last == 0 else 3
    stream = Stream(client, last=last, position=position)
    stream.feed.advance(record(position + 1))
    await client.has(f"id: {position + 1}\n".encode())
    resync = f'id: {position}\nevent: resync\ndata: {{"event_seq":{position}}}\n\n'.encode()
    assert client.received.count(b"event: resync") == 1
    assert client.received.index(resync) < client.received.index(b"event: order.placed")
    client.left.set()
    await stream.over()


async def test_a_client_that_did_not_read_is_told_to_resync() -> None:
    client = Client()
    stream = Stream(client)
    await client.has(b"retry: 2000\n")
    client.reads.clear()
    for seq in range(1, 20):
        stream.feed.advance(record(seq))
        await asyncio.sleep(0.001)
    client.reads.set()
    await client.has(b'event: resync\ndata: {"event_seq":19}')
    stream.feed.advance(record(20))
    await client.has(b"id: 20\nevent: order.placed")
    client.left.set()
    await stream.over()


async def test_shutdown_says_when_to_come_again_and_completes_the_response() -> None:
    client = Client()
    stream = Stream(client)
    await client.has(b": still here\n\n")
    stream.subscription.end()
    await stream.over()
    assert client.complete
    assert client.received.count(b"retry: ") == 2


async def test_shutdown_does_not_wait_for_a_client_that_does_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "GOODBYE_SECONDS", 0.05)
    client = Client()
    stream = Stream(client)
    await client.has(b": connected")
    client.reads.clear()
    stream.feed.advance(record(1))
    await asyncio.sleep(0.02)
    stream.subscription.end()
    await stream.over()


async def test_a_revoked_credential_sees_no_further_event() -> None:
    client = Client()
    stream = Stream(client)
    await client.has(b": connected")
    stream.revoked = True
    stream.feed.advance(record(1))
    await stream.over()
    assert b"order.placed" not in client.received


async def test_a_replay_that_fails_ends_the_stream_so_that_the_client_asks_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(*_: object) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(Stream, "replay", fail)
    client = Client()
    await Stream(client, last=1, position=3).over()
    assert client.complete
    assert b"id: " not in client.received


@pytest.mark.parametrize(
    ("text", "number"),
    [(None, None), ("", None), ("0", 0), ("42", 42), ("-1", -1), ("٣", -1), ("9" * 40, -1)],
)
def test_last_event_id_is_a_number_or_refused(text: str | None, number: int | None) -> None:
    assert parse_last_event_id(text) == number
