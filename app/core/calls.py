"""Single statements, each a transaction of its own, on connections without an ORM around them.

Through SQLAlchemy's engine such a call costs 0.6 ms of CPU, most of it for switching the
connection to autocommit and back; psycopg's own pool costs 0.06 ms.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from app.core.connection import Connection, has_ended, is_lost
from app.core.context import outside_requests
from app.core.errors import BusyError, DatabaseUnavailableError
from app.core.metrics import POOL_REFUSALS, POOL_WAIT
from app.core.watched_pool import PoolUsage

_WAIT, _REFUSALS = POOL_WAIT.labels("calls"), POOL_REFUSALS.labels("calls")

RECONNECT_SECONDS = 1.0
"""After that long a failed connection is given up; the next caller tries again at once."""


class CallPool:
    """Connections in autocommit; opened as they are needed, at most `size`."""

    def __init__(
        self, url: str, arguments: dict[str, Any], *, size: int, wait: float, patience: float
    ) -> None:
        """Make it without connecting.

        Args:
            wait: how long a caller waits for a free connection, in seconds.
            patience: how long an answer may take, in seconds.
        """
        self._patience = patience
        self._checking: asyncio.Task[None] | None = None
        self._away = False
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            connection_class=Connection,
            kwargs={**arguments, "autocommit": True},
            min_size=0,
            max_size=size,
            open=False,
            configure=self._configure,
            timeout=wait,
            reconnect_timeout=RECONNECT_SECONDS,
            reconnect_failed=self._gone,
            name="calls",
        )

    async def call(self, statement: str, parameters: tuple[Any, ...]) -> Any:
        """Run the statement; its first row or None.

        Raises:
            BusyError: all connections are taken.
            DatabaseUnavailableError: there is none to be had.
            psycopg.Error: the statement failed.
        """
        if self._pool.closed:
            with outside_requests():
                await self._pool.open()
        began = time.perf_counter()
        try:
            async with self._connection() as connection:
                _WAIT.observe(time.perf_counter() - began)
                cursor = await connection.execute(statement, parameters)
                return await cursor.fetchone()
        except PoolTimeout as error:
            _WAIT.observe(time.perf_counter() - began)
            _REFUSALS.inc()
            raise (DatabaseUnavailableError if self._away else BusyError) from error
        except psycopg.OperationalError as error:
            if is_lost(error) and self._checking is None:
                # One connection broke: most likely all did. The others need not fail first.
                with outside_requests():
                    self._checking = asyncio.create_task(self._pool.check(), name="check-calls")
                self._checking.add_done_callback(self._checked)
            raise

    def usage(self) -> PoolUsage:
        """How busy it is at this moment."""
        stats = self._pool.get_stats()
        opened, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
        waiting = stats.get("requests_waiting", 0)
        return PoolUsage(self._pool.max_size, idle, max(opened - idle, 0), waiting)

    async def close(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
        await self._pool.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection = await self._pool.getconn()
        # The pool's own `check` waits longer before each next one.
        while has_ended(connection):
            await connection.close()
            await self._pool.putconn(connection)
            connection = await self._pool.getconn()
        try:
            yield connection
        finally:
            await self._pool.putconn(connection)

    async def _configure(self, connection: Connection) -> None:
        connection.patience = self._patience
        self._away = False

    async def _gone(self, _: Any) -> None:
        self._away = True

    def _checked(self, task: asyncio.Task[None]) -> None:
        self._checking = None
        if not task.cancelled():
            task.exception()  # whatever it was, the next call meets it too
