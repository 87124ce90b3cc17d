"""A request that comes while somebody else's transaction is under way: no luck is needed."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import LiteralString

import httpx
import psycopg

from tests.support.shops import Shop

PATIENCE = 5.0
# Not pg_stat_activity: a transaction sees there only who was connected when it first looked.
_WAITS = (
    "SELECT count(*) FROM pg_locks"
    " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
)


def meanwhile(
    shop: Shop,
    send: Callable[[], httpx.Response],
    change: LiteralString,
    then: LiteralString | None = None,
    **values: object,
) -> httpx.Response:
    """The answer to a request that finds `change` made and not yet committed.

    The change is committed as soon as the request waits for it, or has not waited at all.

    Args:
        then: another change of the same transaction, made while the request waits.
    """
    with psycopg.connect(shop.owner_url) as connection, ThreadPoolExecutor(1) as pool:
        connection.execute(change, values)
        answer = pool.submit(send)
        _until_it_waits(connection, answer)
        if then is not None:
            connection.execute(then, values)
        connection.commit()
        return answer.result(PATIENCE * 4)


def _until_it_waits(connection: psycopg.Connection, answer: Future[httpx.Response]) -> None:
    end = time.monotonic() + PATIENCE
    while not answer.done() and time.monotonic() < end:
        row = connection.execute(_WAITS).fetchone()
        if row is not None and row[0]:
            return
        time.sleep(0.01)
    assert answer.done(), "the request neither waited nor answered"
