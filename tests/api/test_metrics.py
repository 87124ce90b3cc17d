"""What is counted over HTTP, and how busy a pool says that it is."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.config import Settings
from app.core.database import Database
from app.core.errors import BusyError, DatabaseUnavailableError
from app.core.jobs import job_run
from app.core.watched_pool import PoolUsage
from app.main import create_app
from tests.support.floor import Floor, order_body
from tests.support.server import live_server
from tests.support.shops import Shop, open_shop

LIMIT = 5


def value(name: str, **labels: str) -> float:
    """A metric of this process; 0 when it was never touched."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture(scope="module")
def limited(database_url: str) -> Iterator[Shop]:
    settings = Settings(database_url=SecretStr(database_url), rate_limit_per_minute=LIMIT)
    app = create_app(settings)
    with live_server(app) as url:
        opened = open_shop(url, app.state.runtime, database_url)
        yield opened
        opened.close()


def test_replays_are_counted_for_orders_and_for_other_intents(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    sent = [
        (tablet, "/orders", order_body(floor.stew, 1)),
        (shop.manager, "/tables", {"number": 7}),
    ]
    before = value("idempotent_replays_total")
    placed = value("orders_placed_total", channel="tablet")

    for client, path, body in sent:
        key = {"Idempotency-Key": str(uuid4())}
        first, again = (client.post(path, json=body, headers=key) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.headers["Idempotent-Replayed"] == "true"

    assert value("idempotent_replays_total") == before + 2
    assert value("orders_placed_total", channel="tablet") == placed + 1


def test_a_refused_request_is_counted_once_also_where_memory_answers(limited: Shop) -> None:
    before = value("requests_rate_limited_total", limit="credential")

    answers = [limited.staff.get("/tables/board").status_code for _ in range(LIMIT + 3)]

    assert answers == [200] * LIMIT + [429] * 3
    assert value("requests_rate_limited_total", limit="credential") == before + 3


def test_refused_sign_ins_are_counted_by_kind(shop: Shop) -> None:
    before = value("sign_ins_refused_total", kind="staff")
    body = {"store_code": shop.code, "username": "nobody", "password": "not the password"}

    refused = shop.connect().post("/auth/login", json=body)

    assert refused.status_code == 401
    assert value("sign_ins_refused_total", kind="staff") == before + 1


@pytest.mark.anyio
async def test_full_pools_say_so(database_url: str) -> None:
    """Two connections in all: one for units of work, one for calls."""
    settings = Settings(
        database_url=SecretStr(database_url), database_pool_size=2, database_pool_wait=0.5
    )
    database = Database(settings)
    before = _refusals()
    try:
        async with database.transaction() as unit:
            await (await unit.session()).execute(text("SELECT 1"))
            sleeping = asyncio.create_task(database.call("SELECT pg_sleep(1.5)", ()))
            await _until(lambda: database.usage()["calls"].in_use == 1)
            late = [
                asyncio.create_task(_one_more(database)),
                asyncio.create_task(database.call("SELECT 1", ())),
            ]
            full = PoolUsage(size=1, idle=0, in_use=1, waiting=1)
            await _until(lambda: set(database.usage().values()) == {full})
            results = await asyncio.gather(*late, return_exceptions=True)
            assert [type(result) for result in results] == [PoolTimeoutError, BusyError]
            await sleeping
        assert set(database.usage().values()) == {PoolUsage(size=1, idle=1, in_use=0, waiting=0)}
    finally:
        await database.close()
    assert _refusals() == [count + 1 for count in before]


def _refusals() -> list[float]:
    return [value("database_pool_refusals_total", pool=pool) for pool in ("units", "calls")]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the pools tell nobody
            await asyncio.sleep(0.01)


async def _one_more(database: Database) -> None:
    async with database.transaction() as unit:
        await (await unit.session()).execute(text("SELECT 1"))


@pytest.mark.anyio
async def test_a_pool_that_a_job_was_the_first_to_use_is_not_the_jobs() -> None:
    """Its lines are written for as long as the process lives."""
    away = SecretStr("postgresql://127.0.0.1:1/nobody")
    database = Database(Settings(database_url=away, database_pool_wait=0.2))
    of_lines: list[dict[str, Any]] = []

    def note(_: logging.LogRecord) -> bool:
        of_lines.append(structlog.contextvars.get_contextvars())
        return True

    pool_log = logging.getLogger("psycopg.pool")
    pool_log.addFilter(note)
    try:
        with job_run("test"):
            with pytest.raises((BusyError, DatabaseUnavailableError)):
                await database.call("SELECT 1", ())
            assert structlog.contextvars.get_contextvars()["job"] == "test"
    finally:
        pool_log.removeFilter(note)
        await database.close()

    assert of_lines
    assert not any(of_lines)


def test_a_job_is_counted_by_how_it_ended() -> None:
    before = {
        outcome: value("job_runs_total", job_name="test", outcome=outcome)
        for outcome in ("done", "failed")
    }
    with pytest.raises(BusyError), job_run("test"):
        raise BusyError
    failed_at = value("job_last_success_timestamp_seconds", job_name="test")
    with job_run("test"):
        pass

    assert value("job_last_success_timestamp_seconds", job_name="test") > failed_at
    for outcome, count in before.items():
        assert value("job_runs_total", job_name="test", outcome=outcome) == count + 1
