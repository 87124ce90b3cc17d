"""Which request the running code works for, so that what it logs can say so.

The scope itself, and not a copy of its parts: setting one variable is all that a request pays, and
what is found out later (the operation, the trace) is there when a line is written.
"""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

request_scope: ContextVar[MutableMapping[str, Any] | None] = ContextVar(
    "request_scope", default=None
)


@contextmanager
def outside_requests() -> Iterator[None]:
    """For what begins in a request and outlives it: tasks take over the context they begin in."""
    token = request_scope.set(None)
    try:
        yield
    finally:
        request_scope.reset(token)
