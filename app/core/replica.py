"""Long reads on a streaming replica that has everything the primary had when the request came.

The primary is asked how far its log is written, the replica whether it has got that far; an answer
of the replica is therefore never older than its request, whichever worker, host or credential
wrote last, and nobody has to remember who wrote what. The question is put in the read's own
transaction: behind one address there may be several replicas, each as far as it is.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import Settings
from app.core.connection import Connection
from app.core.database import Database, UnitOfWork, UnitPool
from app.core.errors import BusyError, DatabaseUnavailableError
from app.core.logging import get_logger

log = get_logger(__name__)

ASIDE_SECONDS = 1.0
LOOK_SECONDS = 0.005
QUERY_CANCELED = "57014"
# Connection, sign-in, lost to what the replica had to replay, resources, operator, system.
AWAY = ("08", "28", "40", "53", "57", "58")


class BehindError(Exception):
    """The replica can't be said to have what the primary has."""


class Replica:
    """The replica as a worker sees it: in use until it fails, then tried once a second."""

    def __init__(self, settings: Settings, primary: Database, url: str) -> None:
        self._units = UnitPool(settings, url, settings.database_pool_size)
        self._primary = primary
        self._wait = settings.database_replica_wait
        self._aside_until = 0.0
        self._missed = False
        self._trying = False

    @classmethod
    def of(cls, settings: Settings, primary: Database) -> Self | None:
        """The replica that the settings name, if they do."""
        url = settings.replica_url
        return None if url is None else cls(settings, primary, url)

    def is_worth_asking(self) -> bool:
        """False for a second after it has failed, and while somebody tries whether it is back."""
        return not self._missed or not (self._trying or time.monotonic() < self._aside_until)

    @asynccontextmanager
    async def transaction(self, store_id: UUID | None) -> AsyncIterator[UnitOfWork]:
        """A unit of work that sees all that was committed before it was asked for.

        Raises:
            BehindError, DBAPIError, PoolTimeoutError: what `is_away` takes for the replica's fault.
        """
        self._trying = True
        try:
            goal = await self._position()
            async with self._units.transaction() as unit:
                await self._catch_up(await unit.session(), goal)
                self._found()
                if store_id is not None:
                    await unit.enter(store_id)
                yield unit
        finally:
            self._trying = False

    def is_away(self, error: Exception) -> bool:
        """Whether a read failed for want of the replica, so that the primary should answer."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, psycopg.Error | PoolTimeoutError | BehindError):
            return False
        state: str | None = getattr(cause, "sqlstate", None)
        away = state is None or (state.startswith(AWAY) and state != QUERY_CANCELED)
        if away:
            self._aside_until = time.monotonic() + ASIDE_SECONDS
            if not self._missed:
                self._missed = True
                log.warning("replica set aside", reason=str(cause).partition("\n")[0])
        return away

    async def close(self) -> None:
        await self._units.close()

    def _found(self) -> None:
        if self._missed:
            self._missed = False
            log.info("replica answers again")

    async def _position(self) -> dict[str, Any]:
        """Up to where the primary's log is on disk."""
        try:
            row = await self._primary.call(_POSITION, ())
        except (psycopg.Error, BusyError, DatabaseUnavailableError) as error:
            raise BehindError("the primary does not say where it is") from error
        return dict(zip(("system", "timeline", "position"), row, strict=True))

    async def _catch_up(self, session: AsyncSession, goal: dict[str, Any]) -> None:
        """Wait until the server of this session has replayed as much."""
        end = time.monotonic() + self._wait
        opened = await (await session.connection()).get_raw_connection()
        connection = opened.driver_connection
        assert isinstance(connection, Connection)  # noqa: S101 - for mypy
        patience, connection.patience = connection.patience, self._wait
        try:
            while not await session.scalar(_REACHED, goal):
                if time.monotonic() > end:
                    raise BehindError("it is behind, or follows somebody else")
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            connection.patience = patience


# A position means something within one history only: that of a cluster (its identifier) since its
# last failover (its timeline). A replica's timeline is that of its last checkpoint: for a while
# after a failover an old one, and then the primary answers.
_POSITION = """
SELECT system_identifier, left(pg_walfile_name(pg_current_wal_flush_lsn()), 8),
       pg_current_wal_flush_lsn()::text
FROM pg_control_system()
"""
_REACHED = text(
    "SELECT pg_is_in_recovery() AND s.system_identifier = :system"
    " AND upper(lpad(to_hex(c.timeline_id), 8, '0')) = :timeline"
    " AND pg_last_wal_replay_lsn() >= CAST(:position AS pg_lsn)"
    " FROM pg_control_system() AS s, pg_control_checkpoint() AS c"
)
