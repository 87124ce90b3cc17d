"""A database connection that does not wait for ever for a server that has frozen."""

from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus


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
