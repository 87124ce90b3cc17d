"""Where the hub reads: the event log of many stores, on connections of its own.

Not the pool's: a stream must wake although every pooled connection is busy. Streams themselves
hold no connection. A worker opens four, each when it is first needed: to read, to ask, to ring, to hear.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson
import psycopg
from psycopg import AsyncConnection
from psycopg.types.json import set_json_loads

from app.core.config import Settings
from app.core.connection import connect
from app.core.database import connect_arguments
from app.core.events.record import EventRecord
from app.core.logging import get_logger

log = get_logger(__name__)

CHANNEL = "table_order_doorbell"
ANSWER_SECONDS = 2.0
"""A server that froze must not freeze the worker's streams with it."""
LISTEN_CHECK_SECONDS = 30.0
SOURCE_ERRORS = (psycopg.Error, OSError)
"""What reading raises while the database is away (a time-out is an OSError)."""


class Head(NamedTuple):
    """A store's newest event number, and the version of what may be ordered there."""

    event_seq: int
    catalog_version: int


class Ending(NamedTuple):
    """What has become of a sign-in: ended (`revoked_at`, why), or its access tokens outdated."""

    sign_in_id: UUID
    revoked_at: datetime | None
    reason: str | None = None
    outdated_at: datetime | None = None


class EventLog(Protocol):
    """What the hub needs of the database. Every method may raise one of `SOURCE_ERRORS`."""

    async def heads(self, stores: Sequence[UUID]) -> dict[UUID, Head]: ...

    async def heads_now(self, stores: Sequence[UUID]) -> dict[UUID, Head]: ...

    async def events_after(self, after: Mapping[UUID, int], limit: int) -> list[EventRecord]: ...

    async def revocations_since(self, since: datetime) -> list[Ending]: ...

    async def notify(self, payload: str) -> None: ...

    async def listen(self, heard: Callable[[str], None]) -> None: ...

    async def close(self) -> None: ...


class EventSource:
    """The event log in PostgreSQL: heads, events, ended sign-ins, and the doorbell."""

    def __init__(self, settings: Settings) -> None:
        url = settings.listen_url
        arguments = {
            **connect_arguments(settings, direct=settings.database_listen_url is not None),
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        }
        self._reading = _Line(url, arguments)
        self._asking = _Line(url, arguments)
        self._ringing = _Line(url, arguments)
        self._hearing = _Line(url, arguments)

    async def heads(self, stores: Sequence[UUID]) -> dict[UUID, Head]:
        """The head of each store that exists."""
        return await _heads(self._reading, stores)

    async def heads_now(self, stores: Sequence[UUID]) -> dict[UUID, Head]:
        """The same on a connection that no long reading of events holds up."""
        return await _heads(self._asking, stores)

    async def events_after(self, after: Mapping[UUID, int], limit: int) -> list[EventRecord]:
        """Up to `limit` events of each store after its number, by store and number."""
        rows = await self._reading.fetch(
            "SELECT store_id, seq, type, occurred_at, actor, table_id, session_id, data"
            " FROM events_after(%s, %s, %s)",
            (list(after), list(after.values()), limit),
        )
        return [EventRecord(*row) for row in rows]

    async def revocations_since(self, since: datetime) -> list[Ending]:
        """The sign-ins that ended after `since`, or whose access tokens were outdated after it."""
        rows = await self._ringing.fetch(
            "SELECT coalesce(e.sign_in_id, c.sign_in_id), e.revoked_at, c.revoked_reason,"
            " c.outdated_at FROM revocations_since(%s) e"
            " FULL JOIN sign_in_changes_since(%s) c ON c.sign_in_id = e.sign_in_id",
            (since, since),
        )
        return [Ending(*row) for row in rows]

    async def notify(self, payload: str) -> None:
        """Ring the other workers; `payload` is under 8,000 bytes."""
        await self._ringing.fetch("SELECT pg_notify(%s, %s)", (CHANNEL, payload))

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Call `heard` with what others ring, for ever.

        Our own notifications come back too; they are left out, since we rang here already.
        """
        while True:
            try:
                async with self._hearing.opened() as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    while not connection.closed:
                        async for bell in connection.notifies(timeout=LISTEN_CHECK_SECONDS):
                            if bell.pid != self._ringing.pid:
                                heard(bell.payload)
                        await connection.execute("SELECT 1")
            except SOURCE_ERRORS as error:
                log.warning("doorbell lost; polling goes on", error=str(error))
                await asyncio.sleep(0.5)

    async def close(self) -> None:
        for line in (self._reading, self._asking, self._ringing, self._hearing):
            await line.close()


async def _heads(line: "_Line", stores: Sequence[UUID]) -> dict[UUID, Head]:
    rows = await line.fetch("SELECT * FROM event_heads(%s)", (list(stores),))
    return {row[0]: Head(row[1], row[2]) for row in rows}


class _Line:
    """One autocommit connection, opened when needed and again after a failure."""

    def __init__(self, url: str, arguments: dict[str, Any]) -> None:
        self._url = url
        self._arguments = arguments
        self._connection: AsyncConnection[Any] | None = None
        self._lock = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The server process at the other end, None when there is none."""
        connection = self._connection
        return None if connection is None or connection.closed else connection.info.backend_pid

    async def fetch(self, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._lock.acquire()
        try:
            connection = await self._open()
            cursor = await connection.execute(statement, parameters)
            return await cursor.fetchall()
        except BaseException:
            # Cancelled or failed half-way: whatever its state, the next one starts afresh.
            await self.close()
            raise
        finally:
            self._lock.release()

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[AsyncConnection[Any]]:
        """The connection, for one long use; closed afterwards."""
        async with self._lock:
            try:
                yield await self._open()
            finally:
                await self.close()

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                await connection.close()

    async def _open(self) -> AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            # Not a time-out around it all: to be cancelled, a statement needs the server's answer.
            self._connection = await connect(
                self._url, patience=ANSWER_SECONDS, autocommit=True, **self._arguments
            )
            set_json_loads(orjson.loads, self._connection)
        return self._connection
