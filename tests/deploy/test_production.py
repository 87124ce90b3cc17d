"""`deploy/production.yml`: nothing is lost when replicas are replaced, and PgBouncer mixes nothing up."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deploy.cluster import leader, psql
from tests.deploy.evening import Evening
from tests.deploy.house import Front, House, open_house

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def front(production_front: Front) -> Front:
    return production_front


@pytest.fixture(scope="module")
def house(front: Front) -> House:
    return open_house(front, "hanok")


def replicas(front: Front) -> set[str]:
    return set(front.stack.compose("ps", "--quiet", "api", "api-2").split())


def test_replacing_every_replica_loses_no_request_and_no_event(front: Front, house: House) -> None:
    before = replicas(front)
    assert len(before) == 2

    evening = Evening(house)
    with evening.going_on():
        front.stack.make("rolling-restart")

    assert len(replicas(front)) == 2
    assert not replicas(front) & before
    assert evening.failures == []
    assert len(evening.placed) > 50
    assert evening.reads > 50
    # The kitchen's stream was ended at least once, and came back.
    assert evening.streams > 1
    numbers = [number for number, _, _ in evening.heard]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert evening.told_of("order.created") == set(evening.placed)
    assert {order["id"] for order in house.orders()} >= set(evening.placed)


def test_the_service_reaches_postgresql_through_the_pooler(front: Front, house: House) -> None:
    with front.client(house.owner) as owner:
        owner.get("/menu").raise_for_status()
    sessions = "FROM pg_stat_activity WHERE usename = 'table_order_app' AND application_name"
    direct = psql(front, leader(front), f"SELECT DISTINCT query {sessions} = 'table-order-events'")
    assert direct
    for query in direct.splitlines():
        assert re.search(
            r"LISTEN|event|pg_notify|revocations_since|max_connections|SELECT 1", query
        )
    pooled = psql(front, leader(front), f"SELECT count(*) {sessions} = 'table-order-api'")
    assert 0 < int(pooled) <= 40


def test_stores_stay_apart_on_shared_connections(front: Front, house: House) -> None:
    other = open_house(front, "harbor")

    def order(house: House, number: int) -> None:
        with front.client(house.tablet(number)) as tablet:
            for _ in range(10):
                placed = house.order(tablet, note=f"canary of {house.code}")
                assert placed.status_code == 201, placed.text

    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(order, where, 10 + n) for n in range(3) for where in (house, other)]
        for job in jobs:
            job.result(120)

    assert len(other.orders()) == 30
    for here, stranger in ((house, other), (other, house)):
        with front.client(here.owner) as owner:
            for path in ("/orders?limit=100", "/events?limit=100", "/tables/board"):
                answer = owner.get(path)
                assert answer.is_success, answer.text
                assert f"canary of {stranger.code}" not in answer.text
            theirs = stranger.orders()[0]["id"]
            assert owner.get(f"/orders/{theirs}").status_code == 404


def test_a_shared_connection_keeps_nothing_of_its_last_user(front: Front, house: House) -> None:
    """Every server connection of the pooler, asked without a store: none is set, no row is seen."""
    asked = """
import pathlib, psycopg
url = pathlib.Path('/run/secrets/database_url').read_text().strip()
held = [psycopg.connect(url, prepare_threshold=None) for _ in range(20)]
for connection in held:
    print(connection.execute("SELECT pg_backend_pid(), coalesce(current_setting('app.store_id', true), ''),"
        " (SELECT count(*) FROM orders), current_setting('statement_timeout')").fetchone())
"""
    told = front.stack.compose("exec", "-T", "api", "python", "-c", asked).splitlines()
    rows = [eval(line) for line in told]  # noqa: S307 - tuples that the line above printed
    assert len({pid for pid, *_ in rows}) == 20
    assert {row[1:] for row in rows} == {("", 0, "5s")}


def test_connections_are_counted_before_the_first_is_opened(front: Front) -> None:
    run = (
        *("run", "--rm", "--no-deps"),
        *("--env", "DATABASE_POOL_SIZE=100", "--env", "DATABASE_POOLER_CLIENTS=100", "api"),
    )
    done = subprocess.run(
        ["docker", "compose", "--project-name", front.stack.project, *files(front), *run],
        cwd=front.stack.folder,
        env=front.stack.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "open 804 connections to the pooler, which takes 100" in done.stderr


def files(front: Front) -> list[str]:
    return [part for name in front.stack.files for part in ("--file", name)]


def test_browsers_are_told_to_come_by_https_only(front: Front) -> None:
    with front.client(path="") as client:
        answer = client.get("/docs")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
