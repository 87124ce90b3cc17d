"""The database goes silent after a question was sent: it is given up, and not asked to cancel.

Who gives up by cancelling waits for the answer to the cancellation, from a server that says
nothing any more.
"""

import psycopg
import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.core.pools import problems_of
from app.core.probing import ask_revision
from tests.support.silence import Silence


def through(silence: Silence) -> Settings:
    return Settings(database_url=SecretStr(silence.url), database_statement_timeout_ms=100)


async def test_readiness_gives_up(database_url: str) -> None:
    silence = Silence(b"alembic_version")
    async with silence.before(database_url):
        assert await ask_revision(through(silence)) is None

    assert silence.connections == 1


async def test_the_count_of_connections_gives_up(database_url: str) -> None:
    silence = Silence(b"max_connections")
    async with silence.before(database_url):
        with pytest.raises(psycopg.OperationalError):
            await problems_of(through(silence))

    assert silence.connections == 1
