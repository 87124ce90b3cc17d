"""The event stream: Server-Sent Events (WHATWG HTML, 9.2) that hold no database connection.

A plain ASGI response that writes bytes encoded once per event: it costs half of the framework's
own class. First what was missed, then live; between the two there is no gap and no repeat.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.core.errors import NotReadyError
from app.core.events import EventRecord, Subscription
from app.core.runtime import Runtime
from app.core.security.principals import Principal
from app.services.event_reading import visible_to

RETRY_MS = 2000
CHECK_SECONDS = 2.0
PAGE = 500
MAX_DIGITS = 18

Replay = Callable[[int, int], Awaitable[list[EventRecord] | None]]
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

    It ends when the client leaves, when the process drains, and within seconds of the
    credential's revocation.
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

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._runtime.slots.hold(self._principal.sign_in_id, self._principal.store_id):
                await send(
                    {
                        "type": "http.response.start",
                        "status": self.status_code,
                        "headers": self.raw_headers,
                    }
                )
                await self._until_gone(receive, send)
        finally:
            self._subscription.close()

    async def _until_gone(self, receive: Receive, send: Send) -> None:
        """Write until the client hangs up or the stream has nothing more to say."""
        writer = asyncio.create_task(self._write(send))
        watcher = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((writer, watcher), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writer, watcher):
                task.cancel()
            done = await asyncio.gather(writer, watcher, return_exceptions=True)
        if isinstance(done[0], Exception) and not isinstance(done[0], OSError):
            raise done[0]

    async def _write(self, send: Send) -> None:
        async def put(content: bytes) -> None:
            await send({"type": "http.response.body", "body": content, "more_body": True})

        await put(f"retry: {RETRY_MS}\n\n".encode())
        await self._catch_up(put)
        await self._follow(put)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _catch_up(self, put: Callable[[bytes], Awaitable[None]]) -> None:
        upto, last = self._subscription.start_seq, self._last
        if last is None:
            return
        if not 0 <= last <= upto or upto - last > self._runtime.settings.stream_replay_limit:
            await put(_resync(upto))
            return
        while last < upto:
            page = await self._replay(last, min(last + PAGE, upto))
            if page is None:
                await put(_resync(upto))
                return
            if page:
                await put(b"".join(record.frame for record in page))
            last = min(last + PAGE, upto)

    async def _follow(self, put: Callable[[bytes], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        heartbeat = self._runtime.settings.stream_heartbeat
        written = loop.time()
        while True:
            records = await self._subscription.wait(min(CHECK_SECONDS, heartbeat))
            if self._runtime.revocations.is_revoked(self._principal.sign_in_id):
                return
            if self._subscription.overflowed:
                await put(_resync(self._subscription.resume()))
            elif records:
                await put(b"".join(record.frame for record in records))
            elif loop.time() - written >= heartbeat:
                await put(b": still here\n\n")
            elif self._subscription.ended:
                return
            else:
                continue
            written = loop.time()


async def _gone(receive: Receive) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass


def _resync(event_seq: int) -> bytes:
    """Read the state again: the events in between are not told one by one."""
    return f'id: {event_seq}\nevent: resync\ndata: {{"event_seq":{event_seq}}}\n\n'.encode()


async def open_stream(
    runtime: Runtime, principal: Principal, last_event_id: str | None, missed: Replay
) -> EventStreamResponse:
    """A stream of what `principal` may see.

    Raises:
        TooManyStreamsError: the credential or the store has as many open as it may.
        NotReadyError: this process is draining; another one answers.
    """
    if runtime.draining:
        raise NotReadyError
    runtime.slots.check(principal.sign_in_id, principal.store_id)
    size = runtime.settings.stream_queue_events
    subscription = await runtime.hub.subscribe(principal.store_id, visible_to(principal), size)
    last = parse_last_event_id(last_event_id)
    return EventStreamResponse(runtime, principal, subscription, last, missed)
