"""The internal port: metrics for Prometheus, never on the public one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from app.core.config import Settings
from app.core.logging import get_logger
from app.core.metrics import exposition

log = get_logger(__name__)

RETRY_SECONDS = 5.0
REQUEST_SECONDS = 5.0
BAD_REQUESTS = (
    TimeoutError,
    OSError,
    ValueError,
    asyncio.IncompleteReadError,
    asyncio.LimitOverrunError,
)
"""From who is slow, hangs up, or sends a head without end."""


@contextlib.asynccontextmanager
async def serve_metrics(settings: Settings) -> AsyncIterator[None]:
    """Answer `GET /metrics` on `INTERNAL_PORT` while the block runs; 0 turns it off.

    One worker holds the port and answers for all; when it ends another takes over.
    """
    if settings.internal_port == 0:
        yield
        return
    task = asyncio.create_task(_hold(settings.host, settings.internal_port), name="metrics")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _hold(host: str, port: int) -> None:
    while True:
        try:
            async with await asyncio.start_server(_answer, host, port) as server:
                await server.serve_forever()
        except OSError:
            log.debug("another worker answers for the metrics", port=port)
            await asyncio.sleep(RETRY_SECONDS)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request a connection: all that a scraper needs."""
    with contextlib.suppress(*BAD_REQUESTS), contextlib.closing(writer):
        async with asyncio.timeout(REQUEST_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
            found = head.startswith((b"GET /metrics ", b"HEAD /metrics "))
            # In a thread: with several workers it reads and adds up their files.
            body = await asyncio.to_thread(exposition) if found else b"Not found\n"
            status = "200 OK" if found else "404 Not Found"
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
                + (b"" if head.startswith(b"HEAD") else body)
            )
            await writer.drain()
