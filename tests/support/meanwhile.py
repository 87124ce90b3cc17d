"""A request that comes while somebody else's transaction is under way: no luck is needed."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, LiteralString

import httpx
import psycopg

from tests.support.shops import Shop

PATIENCE = 5.0
# Not pg_stat_activity: a transaction sees there only who was connected when it first looked.
_BEHIND = """
WITH RECURSIVE behind (pid) AS (
    SELECT pg_backend_pid()
    UNION
    SELECT l.pid FROM pg_locks l JOIN behind b ON b.pid = ANY (pg_blocking_pids(l.pid))
    WHERE NOT l.granted
)
SELECT count(*) - 1 FROM behind
"""


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
        until_they_wait(connection, [answer])
        if then is not None:
            connection.execute(then, values)
        connection.commit()
        return answer.result(PATIENCE * 4)


def all_under_way(
    shop: Shop, sends: Sequence[Callable[[], httpx.Response]], lock: LiteralString, **values: object
) -> list[httpx.Response]:
    """The answers to requests each of which has come as far as `lock`, or another lock before it,
    when the next one comes; then all go on."""
    with psycopg.connect(shop.owner_url) as connection, ThreadPoolExecutor(len(sends)) as pool:
        connection.execute(lock, values)
        answers: list[Future[httpx.Response]] = []
        for send in sends:
            answers.append(pool.submit(send))
            until_they_wait(connection, answers)
        connection.rollback()
        return [answer.result(PATIENCE * 4) for answer in answers]


def until_they_wait(
    connection: psycopg.Connection, answers: Sequence[Future[Any] | asyncio.Future[Any]]
) -> None:
    """Until each request waits for what `connection` holds, be it behind another, or has an answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        row = connection.execute(_BEHIND).fetchone()
        assert row is not None
        if row[0] + sum(answer.done() for answer in answers) >= len(answers):
            return
        time.sleep(0.01)
    raise AssertionError("a request neither waited nor answered")
