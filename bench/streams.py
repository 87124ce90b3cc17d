"""Open event streams while orders are written: how late an event is, and what a stream weighs.

One process opens all streams, as tablets and screens do, sends orders at a steady rate, and
compares each event's `occurred_at`, taken just before the commit, with the moment it is read.
Client and service share a clock.
"""

import asyncio
import math
import re
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle
from uuid import uuid4

from bench.load import LoadError
from bench.wrk import UNIQUE, Request

OPEN_AT_ONCE = 100
OPEN_SECONDS = 60.0
SETTLE_SECONDS = 1.0
WRITERS = 8
_OCCURRED = re.compile(rb'^data:.*"occurred_at":"([^"]+)"', re.MULTILINE)


@dataclass(slots=True)
class Delays:
    """Seconds from an event's recording to its reading, of all streams."""

    seconds: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        if not self.seconds:
            raise LoadError("no event arrived")
        ordered = sorted(self.seconds)
        return ordered[math.ceil(share * len(ordered)) - 1] * 1000


def run(
    host: str,
    streams: Sequence[Request],
    orders: Sequence[Request],
    *,
    per_second: float,
    seconds: float,
    weigh: Callable[[], float],
) -> dict[str, float]:
    """Open `streams`, then send `orders` in turn, `per_second`, for `seconds`.

    Returns p50 and p99 in milliseconds, the number of events read, and the KiB that each stream
    added to what `weigh` says in MiB. Raises `LoadError` when one is refused or breaks.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return asyncio.run(_run(host, streams, orders, per_second, seconds, weigh))


async def _run(
    host: str,
    streams: Sequence[Request],
    orders: Sequence[Request],
    per_second: float,
    seconds: float,
    weigh: Callable[[], float],
) -> dict[str, float]:
    delays = Delays()
    before = weigh()
    readers: list[asyncio.Task[None]] = []
    try:
        for start in range(0, len(streams), OPEN_AT_ONCE):
            opening = [_open(host, one) for one in streams[start : start + OPEN_AT_ONCE]]
            opened = await asyncio.wait_for(asyncio.gather(*opening), OPEN_SECONDS)
            readers += [asyncio.create_task(_listen(*one, delays)) for one in opened]
        await asyncio.sleep(SETTLE_SECONDS)
        grown = (weigh() - before) * 1024 / len(streams)
        await _write(host, orders, per_second, seconds)
        await asyncio.sleep(SETTLE_SECONDS)
        for reader in readers:
            if reader.done():
                raise LoadError(f"a stream ended before its time: {reader.exception() or 'closed'}")
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    return {
        "p50": delays.percentile(0.5),
        "p99": delays.percentile(0.99),
        "count": float(len(delays.seconds)),
        "kilobytes": grown,
    }


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _open(host: str, request: Request) -> Connection:
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    writer.write(request.encode(host))
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise LoadError(f"a stream was refused: {head[:200].decode()}")
    return reader, writer


async def _listen(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delays: Delays
) -> None:
    rest = b""
    # The writer is looked at only to be kept: a connection ends with the last use of it.
    while not writer.is_closing() and (chunk := await reader.read(65536)):
        now = time.time()
        *whole, rest = (rest + chunk).split(b"\n\n")
        for frame in whole:
            if (found := _OCCURRED.search(frame)) and b"event: order.created" in frame:
                delays.seconds.append(now - datetime.fromisoformat(found[1].decode()).timestamp())


async def _write(host: str, orders: Sequence[Request], per_second: float, seconds: float) -> None:
    """Send at the times of a clock, not when the last one was answered."""
    name, _, port = host.partition(":")
    turns = cycle(orders)
    beats: asyncio.Queue[Request | None] = asyncio.Queue()
    writers = [
        asyncio.create_task(_send(*await asyncio.open_connection(name, int(port)), host, beats))
        for _ in range(WRITERS)
    ]
    began = time.monotonic()
    for beat in range(round(per_second * seconds)):
        await asyncio.sleep(max(began + beat / per_second - time.monotonic(), 0))
        beats.put_nowait(next(turns))
    for _ in writers:
        beats.put_nowait(None)
    await asyncio.gather(*writers)


async def _send(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    host: str,
    beats: "asyncio.Queue[Request | None]",
) -> None:
    while (request := await beats.get()) is not None:
        writer.write(request.encode(host).replace(UNIQUE.encode(), str(uuid4()).encode()))
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        await reader.readexactly(int(length[1]) if length else 0)
        if not head.startswith(b"HTTP/1.1 201"):
            raise LoadError(f"an order was refused: {head[:200].decode()}")
    writer.close()
