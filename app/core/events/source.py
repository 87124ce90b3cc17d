"""Where the hub reads: the event log of many stores, on one connection of its own.

Not the pool's: a stream must wake although every pooled connection is busy. Streams themselves
hold no connection.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from app.core.config import Settings
from app.core.database import connect_arguments
from app.core.events.record import EventRecord
from app.core.logging import get_logger

log = get_logger(__name__)

CHANNEL = "table_order_doorbell"
MAX_PAYLOAD = 7_500


class Head(NamedTuple):
    """A store's newest event number, and the version of what may be ordered there."""

    event_seq: int
    catalog_version: int


class EventSource:
    """Reads heads, events and ended sign-ins; sends and hears the doorbell."""

    def __init__(self, settings: Settings) -> None:
        listen = settings.database_listen_url
        self._url = listen.get_secret_value() if listen else settings.api_url
        self._arguments = connect_arguments(settings)
        self._connection: AsyncConnection[Any] | None = None
        self._lock = asyncio.Lock()

    async def heads(self, stores: Sequence[UUID]) -> dict[UUID, Head]:
        rows = await self._fetch("SELECT * FROM event_heads(%s)", (list(stores),))
        return {row[0]: Head(row[1], row[2]) for row in rows}

    async def events_after(self, after: Mapping[UUID, int], limit: int) -> list[EventRecord]:
        """Up to `limit` events of each store, by store and number."""
        rows = await self._fetch(
            "SELECT store_id, seq, type, occurred_at, actor, table_id, session_id, data"
            " FROM events_after(%s, %s, %s)",
            (list(after), list(after.values()), limit),
        )
        return [EventRecord(*row) for row in rows]

    async def revocations_since(self, since: datetime) -> list[tuple[UUID, datetime]]:
        """The sign-ins ended after `since`, and when."""
        rows = await self._fetch(
            "SELECT sign_in_id, revoked_at FROM revocations_since(%s)", (since,)
        )
        return [(row[0], row[1]) for row in rows]

    async def notify(self, payload: str) -> None:
        await self._fetch("SELECT pg_notify(%s, %s)", (CHANNEL, payload))

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Call `heard` with each payload, for ever, on a connection of its own."""
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    async for notification in connection.notifies():
                        heard(notification.payload)
            except (psycopg.Error, OSError) as error:
                log.warning("doorbell lost; polling goes on", error=str(error))
                await asyncio.sleep(0.5)

    async def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                await self._connection.close()
            self._connection = None

    async def _connect(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(self._url, autocommit=True, **self._arguments)

    async def _fetch(self, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        async with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = await self._connect()
            cursor = await self._connection.execute(statement, parameters)
            return await cursor.fetchall()
