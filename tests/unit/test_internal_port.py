"""The port of the metrics answers who asks well, hangs up on others, and fails for nobody."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.core.config import Settings
from app.core.internal import serve_metrics
from tests.local.test_serve import free_port

SOON = 20.0


@pytest.fixture
async def port() -> AsyncIterator[int]:
    port = free_port()
    async with serve_metrics(Settings(internal_port=port)):
        yield port


async def said(port: int, request: bytes) -> bytes:
    """What comes back before the server hangs up."""
    async with asyncio.timeout(SOON):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
        try:
            writer.write(request)
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


@pytest.mark.parametrize(
    ("request_", "beginning"),
    [
        (b"GET /metrics HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK"),
        (b"GET /other HTTP/1.1\r\n\r\n", b"HTTP/1.1 404 Not Found"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 200_000, b""),
    ],
    ids=["metrics", "other", "endless"],
)
async def test_each_is_answered_or_hung_up_on(port: int, request_: bytes, beginning: bytes) -> None:
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, failure: failures.append(failure))

    answer = await said(port, request_)

    assert answer.startswith(beginning)
    assert bool(answer) == bool(beginning)
    assert failures == []
