"""What may be undone at a table, and until when. Pure."""

from datetime import datetime

from app.core.errors import BusinessDayOverError, SessionNotOpenError, VersionMismatchError
from app.models import Store, TableSession
from app.models.table import SessionStatus


def check_open(*sessions: TableSession) -> None:
    """Raise SessionNotOpenError unless all of them are open."""
    if any(session.status != SessionStatus.OPEN for session in sessions):
        raise SessionNotOpenError


def check_version(session: TableSession, expected: int | None) -> None:
    """Raise VersionMismatchError when the session changed since `expected` was read."""
    if expected is not None and session.version != expected:
        raise VersionMismatchError(version=session.version)


def check_ended_today(session: TableSession, store: Store, now: datetime) -> None:
    """Raise BusinessDayOverError when the session ended on an earlier business date than now's."""
    ended = session.closed_at or now
    if store.calendar.date_of(ended) != store.calendar.date_of(now):
        raise BusinessDayOverError
