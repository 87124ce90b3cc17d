"""Health is asked by anybody, without a limit, and takes no more than the start has counted."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.core.pools import Demand
from app.main import create_app
from tests.support import database as databases
from tests.support.server import live_server

STRANGERS = 200
PATHS = ("/health", "/health/ready", "/api/v1/health", "/api/v1/health/ready")


@pytest.fixture
def own_database(server_url: str) -> Iterator[str]:
    """A database in which nobody but this test's service has connections."""
    name, template = f"table_order_health_{os.getpid()}", os.environ[databases.TEMPLATE_VARIABLE]
    with databases.database(server_url, name, template) as url:
        yield url


class Watch:
    """The most connections that the database had at once while the block ran."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.most = 0

    async def __aenter__(self) -> "Watch":
        self._admin = psycopg.connect(self._url, autocommit=True)
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        await asyncio.to_thread(self._look)
        self._admin.close()

    async def _watch(self) -> None:
        while True:
            await asyncio.to_thread(self._look)

    def _look(self) -> None:
        found = self._admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchone()
        self.most = max(self.most, found[0] if found else 0)


async def ask_all(url: str) -> Counter[tuple[str, int, str]]:
    """What so many strangers are told who ask at once."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=url, limits=limits, timeout=60, trust_env=False
    ) as client:
        answers = await asyncio.gather(
            *(client.get(PATHS[number % len(PATHS)]) for number in range(STRANGERS))
        )
    return Counter(
        (answer.request.url.path, answer.status_code, answer.json()["status"]) for answer in answers
    )


async def test_strangers_share_one_connection(own_database: str) -> None:
    settings = Settings(database_url=SecretStr(own_database))
    demand = Demand.of(settings)
    with live_server(create_app(settings)) as url:
        async with Watch(own_database) as watch:
            told = [await ask_all(url) for _ in range(2)]

    assert told == [{(path, 200, "ok"): STRANGERS // len(PATHS) for path in PATHS}] * 2
    assert 0 < watch.most <= demand.pooled + demand.lines
