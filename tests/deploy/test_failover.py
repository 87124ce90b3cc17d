"""The database's container is killed on a busy evening, and comes back; `make failover` plays the rest."""

from __future__ import annotations

import pytest

from tests.deploy.cluster import Cluster, leader
from tests.deploy.failover import run
from tests.deploy.house import Front, open_house

pytestmark = pytest.mark.deploy


def test_no_order_is_lost_or_doubled_when_the_primary_is_killed(production_front: Front) -> None:
    old = leader(production_front)
    outcome = run(open_house(production_front, "nuri"), "primary-killed")
    assert leader(production_front) != old
    assert (outcome.lost, outcome.doubled) == (0, 0)
    assert outcome.acknowledged > 100
    # It was really away, and they were told so.
    assert outcome.refused > 0


def test_a_commit_waits_for_one_standby_whichever_it_is(production_front: Front) -> None:
    cluster = Cluster(production_front)
    cluster.wait_until_whole()
    said = cluster.run(cluster.leader(), "psql", "-Atc", "SHOW synchronous_standby_names").strip()
    assert said == 'ANY 1 ("{}","{}")'.format(*sorted(cluster.standbys()))


def test_nobody_changes_the_cluster_without_its_password(production_front: Front) -> None:
    cluster = Cluster(production_front)
    asked = """
import ssl, urllib.error, urllib.request
trust = ssl.create_default_context(cafile="/run/secrets/database_ca")
for method, path in (("GET", "/primary"), ("POST", "/switchover"), ("PATCH", "/config"), ("POST", "/restart")):
    body = b"{}" if method != "GET" else None
    request = urllib.request.Request(f"https://LEADER:8008{path}", data=body, method=method)
    try:
        print(urllib.request.urlopen(request, timeout=5, context=trust).status)
    except urllib.error.HTTPError as error:
        print(error.code)
""".replace("LEADER", cluster.leader())
    assert cluster.run("api", "python", "-c", asked).split() == ["200", "401", "401", "401"]
