"""A database connection that does not wait for ever for a server that has frozen."""

import select
from typing import Any

from psycopg import AsyncConnection, Error, OperationalError
from psycopg.abc import RV, PQGen
from psycopg.pq import ConnStatus, TransactionStatus

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


class Connection(AsyncConnection[Any]):
    """Hangs up when the server says nothing for `patience` seconds.

    The server's own time-outs don't help when it is the server that froze; nor do TCP's, while
    its machine still acknowledges what it is sent.
    """

    patience: float | None = None

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
