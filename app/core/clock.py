"""The one place where the time comes from, so that tests can hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_held: datetime | None = None


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _held or datetime.now(UTC)


@contextmanager
def held_at(instant: datetime) -> Iterator[None]:
    """Hold the time of this process at `instant` (aware) while the block runs."""
    global _held  # noqa: PLW0603 - one clock per process is the point
    before, _held = _held, instant
    try:
        yield
    finally:
        _held = before
