"""Long reads on a streaming replica that has everything the primary had when the request came.

The primary is asked how far its log is written, the replica how far it has got. An answer of the
replica is therefore never older than its request, whichever worker, host or credential wrote last,
and nobody has to remember who wrote what. A replica that is behind, or away, costs one wait: it is
then left alone for a second while the primary answers.
"""

import asyncio
import time
from typing import Self

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.config import Settings
from app.core.database import Database
from app.core.errors import BusyError, DatabaseUnavailableError
from app.core.logging import get_logger

log = get_logger(__name__)

ASIDE_SECONDS = 1.0
LOOK_SECONDS = 0.005
QUERY_CANCELED = "57014"
# Connection, sign-in, lost to what the replica had to replay, resources, operator, system.
AWAY = ("08", "28", "40", "53", "57", "58")
UNREACHABLE = (psycopg.Error, BusyError, DatabaseUnavailableError)


class Replica:
    """One replica as a worker sees it."""

    def __init__(self, settings: Settings, primary: Database, url: str) -> None:
        self.database = Database(settings, url)
        self._primary = primary
        self._wait = settings.database_replica_wait
        self._asking: set[asyncio.Task[bool]] = set()
        self._late: asyncio.Task[bool] | None = None
        self._aside_until = 0.0
        self._missed = False

    @classmethod
    def of(cls, settings: Settings, primary: Database) -> Self | None:
        """The replica that the settings name, if they do."""
        url = settings.database_replica_url
        return cls(settings, primary, url.get_secret_value()) if url else None

    async def is_current(self) -> bool:
        """Whether it has what was committed before this call; it gets a moment to get there."""
        if self._is_aside():
            return False
        asking = asyncio.create_task(self._reach(), name="replica-position")
        self._asking.add(asking)
        asking.add_done_callback(self._asked)
        # Not cancelled when it takes too long: a frozen server doesn't answer that either.
        await asyncio.wait({asking}, timeout=self._wait)
        if not asking.done():
            self._late = asking
        current = asking.done() and asking.result()
        if not current:
            self._set_aside("behind, or it does not answer")
        elif self._missed:
            self._missed = False
            log.info("replica answers again")
        return current

    def is_away(self, error: Exception) -> bool:
        """Whether a read failed for want of the replica, so that the primary should answer."""
        if not isinstance(error, DBAPIError | PoolTimeoutError):
            return False
        cause = error.orig if isinstance(error, DBAPIError) else error
        state: str | None = getattr(cause, "sqlstate", None)
        away = state is None or (state.startswith(AWAY) and state != QUERY_CANCELED)
        if away:
            self._set_aside(str(cause).partition("\n")[0])
        return away

    async def close(self) -> None:
        for asking in self._asking:
            asking.cancel()
        await self.database.close()

    def _is_aside(self) -> bool:
        late = self._late is not None and not self._late.done()
        return late or time.monotonic() < self._aside_until

    def _set_aside(self, reason: str) -> None:
        self._aside_until = time.monotonic() + ASIDE_SECONDS
        if not self._missed:
            self._missed = True
            log.warning("replica set aside", reason=reason)

    async def _reach(self) -> bool:
        """Whether the replica gets to where the primary is now."""
        end = time.monotonic() + self._wait
        try:
            goal = await self._primary.call(_PRIMARY, ())
            while not (await self.database.call(_REACHED, goal))[0]:
                if time.monotonic() > end:
                    return False
                await asyncio.sleep(LOOK_SECONDS)
        except UNREACHABLE:
            return False
        return True

    def _asked(self, asking: asyncio.Task[bool]) -> None:
        self._asking.discard(asking)
        if not asking.cancelled():
            asking.exception()  # who waited for it has seen it, if anybody still did


# A position means something within one history only: that of a cluster (its identifier) since its
# last failover (its timeline). A replica's timeline is that of its last checkpoint: for a while
# after a failover an old one, and then the primary answers.
_PRIMARY = """
SELECT system_identifier, left(pg_walfile_name(pg_current_wal_flush_lsn()), 8),
       pg_current_wal_flush_lsn()::text
FROM pg_control_system()
"""
_REACHED = """
SELECT pg_is_in_recovery() AND s.system_identifier = %s
       AND upper(lpad(to_hex(c.timeline_id), 8, '0')) = %s
       AND pg_last_wal_replay_lsn() >= %s::pg_lsn
FROM pg_control_system() AS s, pg_control_checkpoint() AS c
"""
