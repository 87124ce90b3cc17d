"""Every downgrade works on data: a restaurant with a visit goes back step by step, and again."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg import sql
from pydantic import SecretStr

from app.core.config import Settings
from app.demo.loading import load_demo
from tests.support import migration
from tests.support.database import TEMPLATE_VARIABLE, database
from tests.support.release import Place, run, serving

FLOOR = "20261125_1300"
"""The first schema on which an order could be placed."""
KEPT = ("stores", "staff", "tables", "categories", "items", "options", "orders")
"""What no step back takes away; the parts of a set go with the sets."""

pytestmark = pytest.mark.slow


@pytest.fixture
def restaurant(server_url: str, tmp_path: Path) -> Iterator[Place]:
    """The demo stores, after a party's visit."""
    name = f"table_order_back_{uuid4().hex[:12]}"
    with database(server_url, name, os.environ[TEMPLATE_VARIABLE]) as url:
        place = Place(url, tmp_path)
        asyncio.run(load_demo(Settings(database_url=SecretStr(url), data_dir=tmp_path)))
        with serving(migration.ROOT, place) as address:
            words = ("app.demo.visit", "--base-url", address, "--store", "hanok")
            run(migration.ROOT, place, *words)
        yield place


def rows(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        counts = {}
        for table in KEPT:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            row = connection.execute(query).fetchone()
            counts[table] = int(row[0]) if row else 0
    return counts


def test_each_step_goes_back_and_forth_on_data(restaurant: Place) -> None:
    url = restaurant.url
    before = rows(url)
    assert all(before.values())
    scripts = ScriptDirectory.from_config(migration.configuration(url))
    steps = [step.revision for step in scripts.iterate_revisions("head", FLOOR)]
    for step in steps:
        migration.downgrade(url, "-1")
        migration.upgrade(url, step)
        migration.downgrade(url, "-1")
        assert rows(url) == before, step
    migration.upgrade(url)
    assert rows(url) == before
    migration.check(url)
