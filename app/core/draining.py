"""Leaving without a failed request: not ready first, then no more streams, then no more requests."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any

from app.core.logging import get_logger
from app.core.runtime import Runtime

log = get_logger(__name__)


@contextlib.contextmanager
def draining_on_signals(runtime: Runtime, delay: float) -> Iterator[None]:
    """Put the drain before what the server does on SIGTERM and SIGINT, while the block runs.

    Args:
        delay: for how long everything is still served after SIGTERM, in seconds.
    """
    drain = _Drain(runtime, delay)
    try:
        for wanted in (signal.SIGTERM, signal.SIGINT):
            drain.previous[wanted] = signal.signal(wanted, drain.heard)
    except ValueError:  # not the main thread: whoever runs us there stops us by other means
        yield
        return
    try:
        yield
    finally:
        for signum, handler in drain.previous.items():
            signal.signal(signum, handler)


class _Drain:
    """On SIGTERM readiness turns false, so that the proxy's checks notice and it sends the next
    requests elsewhere. Only then are the streams ended (the server waits for open responses, and
    streams never end by themselves), and the server hears of the signal. A second signal, and
    Ctrl-C, do not wait.
    """

    def __init__(self, runtime: Runtime, delay: float) -> None:
        self.previous: dict[int, Any] = {}
        self._runtime = runtime
        self._delay = delay
        self._loop = asyncio.get_running_loop()

    def heard(self, signum: int, _: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._begin, signum)

    def _begin(self, signum: int) -> None:
        if signum == signal.SIGINT or self._runtime.draining or not self._delay:
            self._finish(signum)
            return
        log.info("draining", seconds=self._delay)
        self._runtime.drain()
        self._loop.call_later(self._delay, self._finish, signum)

    def _finish(self, signum: int) -> None:
        self._runtime.end_streams()
        handler = self.previous[signum]
        if callable(handler):
            handler(signum, None)
