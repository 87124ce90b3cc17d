"""What every statement passes when it has ended: the slow ones are logged, traces get a span.

The texts that the service sends hold no values, only places for them; the values are never read.
"""

import time
from collections.abc import Callable
from typing import Any

from psycopg import sql

from app.core.config import Settings
from app.core.logging import get_logger
from app.core.metrics import SLOW_STATEMENTS

log = get_logger(__name__)

LONGEST_TEXT = 500

Ended = Callable[[str, float, BaseException | None], None]
"""Hears of each statement: its text, how long it took in seconds, and what it raised."""


class _Watch:
    """One per process, as logging is: connections are made in many places."""

    slow_after: float | None = None
    on_end: Ended | None = None


_watch = _Watch()


def configure(settings: Settings, on_end: Ended | None = None) -> None:
    """Log what takes `SLOW_STATEMENT_MS` or longer (0: nothing), and tell `on_end` of everything."""
    milliseconds = settings.slow_statement_ms
    _watch.slow_after = milliseconds / 1000 if milliseconds else None
    _watch.on_end = on_end


def ended(query: Any, began: float, error: BaseException | None) -> None:
    """A statement that began at `began` (`time.perf_counter`) has ended, by `error` if it is one."""
    seconds = time.perf_counter() - began
    if _watch.on_end is not None:
        _watch.on_end(_text(query), seconds, error)
    if _watch.slow_after is not None and seconds >= _watch.slow_after:
        SLOW_STATEMENTS.inc()
        log.warning(
            "slow statement",
            ms=round(seconds * 1000, 1),
            statement=_text(query),
            failed=type(error).__name__ if error else None,
        )


def _text(query: Any) -> str:
    """On one line, and not longer than a log line should be."""
    if isinstance(query, sql.Composable):
        query = query.as_string()
    if isinstance(query, bytes):
        query = query.decode(errors="replace")
    return " ".join(str(query).split())[:LONGEST_TEXT]
