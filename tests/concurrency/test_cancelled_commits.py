"""Who is cancelled during a commit has committed, has told it, and is cancelled all the same."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.core.database import Database
from tests.support.meanwhile import until_they_wait
from tests.support.shops import Shop

COUNTER = "SELECT 1 FROM store_counters WHERE store_id = %(store)s FOR UPDATE"
ACTOR = {"kind": "system", "id": None, "name": "test"}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(Settings(database_url=SecretStr(database_url)))
    yield opened
    await opened.close()


class Told:
    """What those who follow the commits were told."""

    def __init__(self, database: Database) -> None:
        self.rung: list[set[UUID]] = []
        self.changed: list[UUID] = []
        self.hooks = 0
        database.on_commit = self.rung.append
        database.on_catalog_change = self.changed.append

    def hook(self) -> None:
        self.hooks += 1


async def change(database: Database, shop: Shop, told: Told) -> None:
    """A transaction whose commit needs the store's counter."""
    async with database.transaction(shop.id) as unit:
        await unit.session()
        unit.after_commit.append(told.hook)
        unit.record("menu.changed", {}, actor=ACTOR)
        unit.bump_catalog()


async def test_a_commit_that_was_begun_is_ended(database: Database, shop: Shop) -> None:
    told = Told(database)
    before = shop.counters()
    with psycopg.connect(shop.owner_url) as holder:
        holder.execute(COUNTER, {"store": shop.id})
        changing = asyncio.create_task(change(database, shop, told))
        await asyncio.to_thread(until_they_wait, holder, [changing])
        for _ in range(2):
            changing.cancel()
            await asyncio.sleep(0.01)
        assert not changing.done()

    with pytest.raises(asyncio.CancelledError):
        await changing

    assert changing.cancelled()
    assert shop.counters() == (before[0] + 1, before[1] + 1)
    assert (told.rung, told.changed, told.hooks) == ([{shop.id}], [shop.id], 1)
    assert database.usage()["units"].in_use == 0


async def test_a_commit_that_fails_is_not_told(database: Database, shop: Shop) -> None:
    told = Told(database)
    before = shop.counters()
    with psycopg.connect(shop.owner_url) as holder:
        holder.execute(COUNTER, {"store": shop.id})
        changing = asyncio.create_task(change(database, shop, told))
        await asyncio.to_thread(until_they_wait, holder, [changing])
        changing.cancel()
        # The lock's time-out ends the commit.
        with pytest.raises(asyncio.CancelledError):
            await changing

    assert shop.counters() == before
    assert (told.rung, told.changed, told.hooks) == ([], [], 0)
    assert database.usage()["units"].in_use == 0
