"""Two ways into the migrated database: as its owner, and as the role that the API works as."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest


@pytest.fixture
def owner_connection(database_url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A transaction of the owner; what it does is undone."""
    with psycopg.connect(database_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def app_connection(database_url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A transaction of the API's role, in no store yet; what it does is undone."""
    options = "-c role=table_order_app"
    with psycopg.connect(database_url, options=options) as connection:
        yield connection
        connection.rollback()
