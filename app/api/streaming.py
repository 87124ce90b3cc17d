"""The event stream: Server-Sent Events (WHATWG HTML, 9.2) that hold no database connection.

A plain ASGI response that writes bytes encoded once per event: it costs half of the framework's
own class. First what was missed, then live; between the two there is no gap and no repeat.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator
from uuid import UUID

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.core.errors import NotAuthenticatedError, NotReadyError
from app.core.events import EventRecord, Subscription
from app.core.logging import get_logger
from app.core.runtime import Runtime
from app.core.security.principals import Principal
from app.services.store.event_reading import TableEvents, shown_to, visible_to

log = get_logger(__name__)

RETRY_MS = 2000
CHECK_SECONDS = 2.0
PAGE = 500
MAX_DIGITS = 18
CHUNK_BYTES = 32 * 1024
"""Of a batch for a slow reader no more than this waits in its connection's buffer at once."""
STALL_SECONDS = 60.0
"""How long a client may read nothing at all while something is written to it."""
GOODBYE_SECONDS = 1.0
"""How long a write may still take once the stream should end."""
FAREWELL_SECONDS = 2.0
"""How long a guest whose visit has ended is still told why: news of the end may overtake its event."""

Replay = Callable[[int, int], Awaitable[list[EventRecord] | None]]
"""The events in (after, upto] that the caller may see; None when they can't be told any more."""

Linked = Callable[[], Awaitable[UUID | None]]
"""The party that the caller's table is linked to."""

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


def parse_last_event_id(text: str | None) -> int | None:
    """The number that the client has seen; -1 for what is no number, None when it sent none."""
    if text is None or text == "":
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else -1


class EventStreamResponse(Response):
    """One stream, from its replay to its end.

    It ends when the client leaves, when the process drains, within seconds of the credential's
    revocation, and after the life of an access token: whoever comes again must still be let in.
    A guest's ends with the `session.closed` of its visit (ADR 0042).
    A stream beyond the limits is refused with TooManyStreamsError before anything is sent.
    """

    def __init__(
        self,
        runtime: Runtime,
        principal: Principal,
        subscription: Subscription,
        last_event_id: int | None,
        replay: Replay,
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._runtime = runtime
        self._principal = principal
        self._subscription = subscription
        self._last = last_event_id
        self._replay = replay
        self._gone = False
        self._barred_at: float | None = None
        self._limit: asyncio.Timeout | None = None

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        self._send = send
        self._subscription.on_end = self._hurry
        try:
            with self._runtime.slots.hold(self._principal.sign_in_id, self._principal.store_id):
                await send(
                    {
                        "type": "http.response.start",
                        "status": self.status_code,
                        "headers": self.raw_headers,
                    }
                )
                await self._until_gone(receive)
        finally:
            self._subscription.close()

    async def _until_gone(self, receive: Receive) -> None:
        """Write until the client hangs up or the stream has nothing more to say."""
        watcher = asyncio.create_task(self._watch(receive))
        try:
            # A client that takes nothing is cut off: the server closes what isn't completed.
            with contextlib.suppress(TimeoutError):
                await self._put(f"retry: {RETRY_MS}\n: connected\n\n".encode())
                if await self._catch_up():
                    await self._follow()
                await self._say_goodbye()
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._subscription.end()

    def _hurry(self) -> None:
        """The stream should end: shorten a write that waits for a client that doesn't read."""
        if self._limit is not None:
            with contextlib.suppress(RuntimeError):
                self._limit.reschedule(asyncio.get_running_loop().time() + GOODBYE_SECONDS)

    async def _put(self, content: bytes, *, more: bool = True) -> None:
        """Write to the client, as fast as it reads.

        Raises:
            TimeoutError: it reads nothing.
        """
        allowed = GOODBYE_SECONDS if self._subscription.ended else STALL_SECONDS
        async with asyncio.timeout(allowed) as self._limit:
            await self._send({"type": "http.response.body", "body": content, "more_body": more})
        self._limit = None

    async def _put_all(self, records: Iterable[EventRecord]) -> None:
        for chunk in _chunks(shown_to(self._principal, record) for record in records):
            if self._gone or self._is_barred():
                return
            await self._put(chunk)

    async def _catch_up(self) -> bool:
        """Tell what was missed, or that it must be read anew; False when the stream should end."""
        upto, last = self._subscription.start_seq, self._last
        if last is None:
            return True
        if not 0 <= last <= upto or upto - last > self._runtime.settings.stream_replay_limit:
            await self._put(_resync(upto))
            return True
        while last < upto and not self._gone:
            step = min(last + PAGE, upto)
            try:
                page = await self._replay(last, step)
            except Exception as error:  # noqa: BLE001 - logged, and asked again
                # The status is long sent. The client comes again and asks for the same events.
                log.warning("replay failed", error=str(error))
                return False
            if page is None:
                await self._put(_resync(upto))
                return True
            await self._put_all(page)
            last = step
        return True

    async def _follow(self) -> None:
        """Tell what happens until the stream should end."""
        loop = asyncio.get_running_loop()
        heartbeat = self._runtime.settings.stream_heartbeat
        written = loop.time()
        ends = written + self._runtime.settings.access_token_ttl
        while not self._gone and loop.time() < ends:
            records = await self._subscription.wait(min(CHECK_SECONDS, heartbeat))
            if self._is_barred():
                return
            if records:
                told, ended = self._until_its_end(records)
                await self._put_all(told)
                if ended:
                    return
            elif self._subscription.overflowed:
                await self._put(_resync(self._subscription.resume()))
            elif self._subscription.ended:
                return
            elif loop.time() - written >= heartbeat:
                await self._put(b": still here\n\n")
            else:
                continue
            written = loop.time()

    async def _say_goodbye(self) -> None:
        """End the response; the clients of a worker that stops don't all come back at once."""
        if not self._gone:
            retry = RETRY_MS // 2 + secrets.randbelow(RETRY_MS)
            await self._put(f"retry: {retry}\n\n".encode())
            await self._put(b"", more=False)

    def _until_its_end(self, records: list[EventRecord]) -> tuple[list[EventRecord], bool]:
        """The events up to the end of a guest's visit, and whether it is among them."""
        if self._principal.session_id is not None:
            for place, record in enumerate(records, 1):
                if record.type == "session.closed":
                    return records[:place], True
        return records, False

    def _is_barred(self) -> bool:
        """Whether the stream may tell nothing more.

        At once where a sign-in was ended. A guest whose visit ends, or goes on in another session,
        is told so first: its party's events, for a moment, until the one that says it.
        """
        refusal = self._runtime.revocations.refusal(self._principal)
        if refusal is None:
            return False
        if self._principal.session_id is None or isinstance(refusal, NotAuthenticatedError):
            return True
        now = asyncio.get_running_loop().time()
        if self._barred_at is None:
            self._barred_at = now + FAREWELL_SECONDS
        return now >= self._barred_at


def _chunks(records: Iterable[EventRecord]) -> Iterator[bytes]:
    frames: list[bytes] = []
    size = 0
    for record in records:
        frames.append(record.frame)
        size += len(record.frame)
        if size >= CHUNK_BYTES:
            yield b"".join(frames)
            frames, size = [], 0
    if frames:
        yield b"".join(frames)


def _resync(event_seq: int) -> bytes:
    """Read the state again: the events in between are not told one by one."""
    return f'id: {event_seq}\nevent: resync\ndata: {{"event_seq":{event_seq}}}\n\n'.encode()


async def open_stream(
    runtime: Runtime,
    principal: Principal,
    last_event_id: str | None,
    missed: Replay,
    linked: Linked,
) -> EventStreamResponse:
    """A stream of what `principal` may see.

    Raises:
        TooManyStreamsError: the credential or the store has as many open as it may.
        NotReadyError: this process stops; another one answers.
    """
    if runtime.stopping:
        raise NotReadyError
    runtime.slots.check(principal.sign_in_id, principal.store_id)
    size = runtime.settings.stream_queue_events
    accepts = visible_to(principal)
    subscription = await runtime.hub.subscribe(principal.store_id, accepts, size)
    if isinstance(accepts, TableEvents):
        # Asked once the subscription stands: what is linked from now on, it hears itself.
        accepts.link(await linked())
        subscription.sift()
    last = parse_last_event_id(last_event_id)
    return EventStreamResponse(runtime, principal, subscription, last, missed)
