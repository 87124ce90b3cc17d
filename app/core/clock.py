"""The one place where the time comes from, so that tests can hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_held: datetime | None = None


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _held or datetime.now(UTC)


def instant_text(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@contextmanager
def held_at(instant: datetime) -> Iterator[None]:
    """Hold the time of this process at `instant` (aware) while the block runs."""
    global _held  # noqa: PLW0603 - one clock per process is the point
    before, _held = _held, instant
    try:
        yield
    finally:
        _held = before
