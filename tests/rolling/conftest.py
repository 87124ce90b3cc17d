"""Releases of before, and databases for them."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.database import TEMPLATE_VARIABLE, database
from tests.support.release import NoHistoryError, Place, last_release, oldest_release, unpack


@pytest.fixture(scope="module", params=[last_release, oldest_release], ids=["last", "oldest"])
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the last release, and of the oldest that an operator may go back to."""
    try:
        release = request.param()
    except NoHistoryError as error:
        pytest.skip(str(error))
    return unpack(release, tmp_path_factory.mktemp("release"))


@pytest.fixture
def empty(server_url: str, tmp_path: Path) -> Iterator[Place]:
    with database(server_url, f"table_order_rolling_{uuid4().hex[:12]}") as url:
        yield Place(url, tmp_path)


@pytest.fixture
def migrated(server_url: str, tmp_path: Path) -> Iterator[Place]:
    name = f"table_order_rolling_{uuid4().hex[:12]}"
    with database(server_url, name, os.environ[TEMPLATE_VARIABLE]) as url:
        yield Place(url, tmp_path)
