"""Production's standbys answer long reads, and one of them may go."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.deploy.cluster import Cluster
from tests.deploy.house import Front, House, open_house

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def front(production_front: Front) -> Iterator[Front]:
    cluster = Cluster(production_front)
    cluster.wait_until_whole()
    yield production_front
    cluster.wait_until_whole()


@pytest.fixture(scope="module")
def house(front: Front) -> House:
    return open_house(front, "dalbit")


def answered_by_a_standby(front: Front) -> float:
    """How many long reads were, by all workers of both copies."""
    asked = (
        "import urllib.request as u;"
        "said = u.urlopen('http://127.0.0.1:9100/metrics').read().decode().splitlines();"
        "print(sum(float(l.split()[-1]) for l in said if l.startswith('replica_reads_total{server=\"replica\"}')))"
    )
    return sum(
        float(front.stack.compose("exec", "-T", name, "python", "-c", asked))
        for name in ("api", "api-2")
    )


def order_and_read(house: House, tablet: httpx.Client, owner: httpx.Client) -> None:
    """Whoever answers, what was ordered just now is there."""
    placed = house.order(tablet)
    assert placed.status_code == 201, placed.text
    listed = owner.get("/orders", params={"limit": 100})
    assert listed.status_code == 200, listed.text
    assert placed.json()["id"] in {order["id"] for order in listed.json()["data"]}


def read_until_a_standby_answers(front: Front, house: House, seconds: float) -> None:
    before = answered_by_a_standby(front)
    end = time.monotonic() + seconds
    with front.client(house.tablet(1)) as tablet, front.client(house.owner) as owner:
        while answered_by_a_standby(front) < before + 3:
            assert time.monotonic() < end, "no standby answers"
            for _ in range(5):
                order_and_read(house, tablet, owner)


def test_both_standbys_are_reached_by_the_port_for_reads(front: Front) -> None:
    asked = """
import pathlib, psycopg
url = pathlib.Path('/run/secrets/database_replica_url').read_text().strip()
held = [psycopg.connect(url, prepare_threshold=None) for _ in range(12)]
found = [one.execute("SELECT pg_is_in_recovery(), inet_server_addr()::text").fetchone() for one in held]
print(all(row[0] for row in found), len({row[1] for row in found}))
"""
    assert front.stack.compose("exec", "-T", "api", "python", "-c", asked).split() == ["True", "2"]


def test_long_reads_go_to_a_standby_and_go_on_when_one_is_lost(front: Front, house: House) -> None:
    read_until_a_standby_answers(front, house, 120)

    cluster = Cluster(front)
    lost = cluster.standbys()[0]
    cluster.signal("kill", lost)
    try:
        # No answer is an error or too old, from the first moment on; soon the other standby gives them.
        read_until_a_standby_answers(front, house, 60)
        running = front.stack.compose("ps", "--services", "--status", "running").split()
        assert lost not in running
    finally:
        cluster.signal("start", lost)
    cluster.wait_until_whole()
    read_until_a_standby_answers(front, house, 60)
