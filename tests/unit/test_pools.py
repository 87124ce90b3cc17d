"""Connections are counted over all processes, and against the limit that they meet first."""

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr, ValidationError

from app.core.config import Settings
from app.core.database import Database, connect_arguments
from app.core.pools import Admitted, Demand, problems_of, shortages


def settings(**said: object) -> Settings:
    return Settings.model_validate({"_env_file": None, **said})


def test_every_worker_of_every_replica_counts() -> None:
    demand = Demand.of(settings(replicas=2, workers=4, database_pool_size=10))
    assert demand == Demand(pooled=2 * 4 * 11, lines=2 * 4 * 4)


def test_a_replica_gets_as_large_a_pool_from_every_worker() -> None:
    replica = SecretStr("postgresql://replica")
    said = settings(replicas=2, workers=4, database_pool_size=10, database_replica_url=replica)
    assert Demand.of(said) == Demand(pooled=88, lines=32, replica=80)


@pytest.mark.parametrize(
    ("admitted", "words"),
    [
        (Admitted(200, replica_servers=80), []),
        (
            Admitted(200, replica_servers=79),
            ["need 80 connections to the replica, which admits 79"],
        ),
        (Admitted(200, replica_servers=None), []),
        (Admitted(200, 168, 40, replica_servers=40), []),
        (Admitted(200, 167, 40, replica_servers=40), ["168 connections to the pooler"]),
        (Admitted(200, 168, 40, replica_servers=39), ["need 40 connections to the replica"]),
    ],
)
def test_a_replica_and_a_pooler_before_it_admit_them_too(
    admitted: Admitted, words: list[str]
) -> None:
    found = shortages(Demand(pooled=88, lines=32, replica=80), admitted)
    assert len(found) == len(words)
    for text, word in zip(found, words, strict=True):
        assert word in text


@pytest.mark.parametrize(
    ("admitted", "words"),
    [
        (Admitted(servers=120), []),
        (Admitted(servers=119), ["need 120 connections to PostgreSQL, which admits 119"]),
        (Admitted(72, pooler_clients=88, pooler_servers=40), []),
        (Admitted(71, pooler_clients=88, pooler_servers=40), ["need 72 connections to PostgreSQL"]),
        (Admitted(72, pooler_clients=87, pooler_servers=40), ["88 connections to the pooler"]),
    ],
)
def test_the_limit_itself_is_enough_and_one_less_is_not(
    admitted: Admitted, words: list[str]
) -> None:
    found = shortages(Demand(pooled=88, lines=32), admitted)
    assert len(found) == len(words)
    for text, word in zip(found, words, strict=True):
        assert word in text


def test_a_pooler_without_a_direct_way_is_refused() -> None:
    with pytest.raises(ValidationError, match="DATABASE_LISTEN_URL"):
        settings(database_pooler=True)


def test_only_direct_connections_bring_options_of_their_own() -> None:
    pooled = settings(database_pooler=True, database_listen_url="postgresql://direct")
    assert "options" not in connect_arguments(pooled)
    assert "statement_timeout" in connect_arguments(pooled, direct=True)["options"]
    assert "statement_timeout" in connect_arguments(settings())["options"]


@pytest.mark.anyio
@pytest.mark.parametrize("size", [2, 3, 10])
async def test_a_workers_pools_are_as_large_as_they_are_counted(size: int) -> None:
    database = Database(settings(database_pool_size=size))
    assert sum(pool.size for pool in database.usage().values()) == size
    await database.close()


def test_one_connection_is_too_few_for_two_pools() -> None:
    with pytest.raises(ValidationError, match="database_pool_size"):
        settings(database_pool_size=1)


@pytest.mark.anyio
async def test_the_server_is_asked_for_its_limits(database_url: str) -> None:
    said = {"database_url": SecretStr(database_url)}
    assert await problems_of(settings(**said)) == []
    [found] = await problems_of(settings(**said, workers=64, replicas=2))
    assert "need 1920 connections to PostgreSQL" in found

    away = SecretStr("postgresql://127.0.0.1:1/nobody")
    assert await problems_of(settings(**said, database_replica_url=away)) == []
    both = settings(**said, workers=20, database_replica_url=said["database_url"])
    assert [text for text in await problems_of(both) if "need 200 connections to the rep" in text]

    with psycopg.connect(database_url, autocommit=True) as admin:
        name = sql.Identifier(admin.info.dbname)
        admin.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT 74").format(name))
        try:
            [found] = await problems_of(settings(**said, workers=5))
            assert "need 75 connections to PostgreSQL, which admits 74" in found
        finally:
            admin.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT -1").format(name))


@pytest.mark.anyio
async def test_behind_a_pooler_the_login_must_bring_its_limits(database_url: str) -> None:
    """The test run's login has none, as an operator's own role would not."""
    said = {"database_url": SecretStr(database_url), "database_listen_url": SecretStr(database_url)}
    found = await problems_of(settings(**said, database_pooler=True))
    assert [problem for problem in found if "no statement_timeout of its own" in problem]
    assert [problem for problem in found if "no lock_timeout of its own" in problem]
