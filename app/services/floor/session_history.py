"""Open sessions and the history (과거 내역)."""

from datetime import date

from app.models import Store
from app.repositories.session_history import Opened, SessionHistoryRepository
from app.repositories.store import StoreReader
from app.schemas.base import Page
from app.schemas.history import SessionFilter
from app.schemas.session import SessionOutput
from app.schemas.timing import YEARS
from app.services.floor.outputs import session_output


class SessionHistoryService:
    def __init__(self, sessions: SessionHistoryRepository, stores: StoreReader) -> None:
        self._sessions = sessions
        self._stores = stores

    async def find(self, wanted: SessionFilter) -> Page[SessionOutput]:
        """The store's sessions, the newest first; by `updated_after` the oldest change first."""
        opened: Opened = (None, None)
        if wanted.dates != (None, None):
            opened = _days(await self._stores.get(), *wanted.dates)
        rows, place = await self._sessions.find(wanted, opened)
        return Page(
            data=[session_output(row) for row in rows],
            next_cursor=None if place is None else str(place),
        )


def _days(store: Store, first: date | None, last: date | None) -> Opened:
    """The instants at which these business dates begin and are over, by the store's calendar."""
    calendar = store.calendar
    return (
        None if first is None else calendar.bounds(_in_these_years(first))[0],
        None if last is None else calendar.bounds(_in_these_years(last))[1],
    )


def _in_these_years(day: date) -> date:
    """No session is older or newer, and calendars of other times have surprises."""
    return min(max(day, date(YEARS[0], 1, 1)), date(YEARS[-1], 12, 31))
