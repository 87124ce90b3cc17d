"""Which request the running code works for, so that what it logs can say so.

The scope itself, and not a copy of its parts: setting one variable is all that a request pays, and
what is found out later (the operation, the trace) is there when a line is written.
"""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog

request_scope: ContextVar[MutableMapping[str, Any] | None] = ContextVar(
    "request_scope", default=None
)


@contextmanager
def outside_requests() -> Iterator[None]:
    """For what begins in a request, or in a job's run, and outlives it: tasks take over the
    context that they begin in."""
    token = request_scope.set(None)
    of_a_job = structlog.contextvars.get_contextvars()
    structlog.contextvars.clear_contextvars()
    try:
        yield
    finally:
        request_scope.reset(token)
        structlog.contextvars.bind_contextvars(**of_a_job)
