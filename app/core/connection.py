"""A database connection that does not wait for ever for a server that has frozen."""

import select
import time
from collections.abc import Iterable
from typing import Any, Self

from psycopg import AsyncConnection, AsyncCursor, Error, OperationalError
from psycopg.abc import RV, Params, PQGen
from psycopg.pq import ConnStatus, TransactionStatus

from app.core import statements

FAREWELLS = 3
CONNECTION_EXCEPTION = "08"
"""SQLSTATE class; also what PgBouncer says when it has lost its server, or can't get one."""
SERVER_LEAVES = ("57P01", "57P02", "57P03", "57P05", "25P03")
"""Shut down, crashed, not started yet; the session was idle for too long, in a transaction or not."""


def is_lost(error: BaseException) -> bool:
    """Whether the connection broke, and not just what was asked on it.

    What was being committed may be stored or not: the same request with the same key tells.
    """
    if not isinstance(error, Error):
        return False
    if error.sqlstate is None:
        return isinstance(error, OperationalError)
    return error.sqlstate.startswith(CONNECTION_EXCEPTION) or error.sqlstate in SERVER_LEAVES


def has_ended(connection: AsyncConnection[Any]) -> bool:
    """Whether the other end has hung up on a connection that nobody was using.

    Costs 2 µs and no round trip: an idle connection has something to read when it was closed, and
    hardly ever otherwise (a changed parameter). Without it each pooled connection of before a
    failover is found out by a request that fails, whenever that may come.
    """
    waiting = select.poll()
    try:
        waiting.register(connection.pgconn.socket, select.POLLIN)
        # A farewell is read first, the end behind it next.
        for _ in range(FAREWELLS):
            if not waiting.poll(0):
                break
            connection.pgconn.consume_input()
    except Error:
        return True
    return connection.pgconn.status != ConnStatus.OK


class Cursor(AsyncCursor[Any]):
    """Says of each statement how long it took."""

    async def execute(
        self,
        query: Any,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        began = time.perf_counter()
        try:
            await super().execute(query, params, prepare=prepare, binary=binary)
        except BaseException as error:
            statements.ended(query, began, error)
            raise
        statements.ended(query, began, None)
        return self

    async def executemany(
        self, query: Any, params_seq: Iterable[Params], *, returning: bool = False
    ) -> None:
        began = time.perf_counter()
        try:
            await super().executemany(query, params_seq, returning=returning)
        except BaseException as error:
            statements.ended(query, began, error)
            raise
        statements.ended(query, began, None)


class Connection(AsyncConnection[Any]):
    """Hangs up when the server says nothing for `patience` seconds.

    The server's own time-outs don't help when it is the server that froze; nor do TCP's, while
    its machine still acknowledges what it is sent.
    """

    patience: float | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.cursor_factory = Cursor

    async def commit(self) -> None:
        """Waits for the standbys too where commits are synchronous."""
        began = time.perf_counter()
        try:
            await super().commit()
        except BaseException as error:
            statements.ended("COMMIT", began, error)
            raise
        statements.ended("COMMIT", began, None)

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is psycopg's
    ) -> RV:
        """Every exchange goes through here: statements, commits, roll-backs."""
        try:
            return await super().wait(gen, interval, self.patience if timeout is None else timeout)
        except OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # The answer may still come, and nobody would know to which question.
                self.pgconn.finish()
            raise


async def connect(url: str = "", *, patience: float, **arguments: Any) -> Connection:
    """A new connection.

    Args:
        patience: how long each answer may take, in seconds.

    Raises:
        psycopg.OperationalError: the server can't be reached, or refuses.
    """
    connection = await Connection.connect(url, **arguments)
    connection.patience = patience
    return connection
