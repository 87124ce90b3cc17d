"""Production with backups, as `make deploy` starts it: a failover breaks nothing, and an instant comes back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import uuid4

import pytest

from tests.deploy.cluster import MEMBERS, Cluster, psql
from tests.deploy.hosting import production
from tests.deploy.house import Front, House, open_house

pytestmark = pytest.mark.deploy

METRICS: Final = (
    "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9101/metrics').read().decode())"
)
NOW: Final = (
    "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
)
PATIENCE: Final = 300.0


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    # A network of its own: another test's production may be up.
    folder = tmp_path_factory.mktemp("backed-up")
    with production(folder, backups=True, EDGE_SUBNET="10.251.92.0/24") as made:
        yield made


@pytest.fixture(scope="module")
def house(front: Front) -> House:
    return open_house(front, "hanok")


def wait_for(front: Front, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, front.stack.compose("logs", "--tail", "40", "backup")
        time.sleep(2)


def metric(front: Front, name: str) -> float:
    shown = front.stack.compose("exec", "-T", "backup", "python", "-c", METRICS)
    found = [line.split()[1] for line in shown.splitlines() if line.startswith(f"{name} ")]
    return float(found[0]) if found else 0.0


def tool(front: Front, *words: str) -> str:
    command = ("exec", "-T", "backup", "python", "-m", "app.cli", "db", *words)
    return front.stack.compose(*command, timeout=300)


def backups(front: Front) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = json.loads(tool(front, "list", "--json"))["backups"]
    return made


def timeline(front: Front) -> str:
    """That of the leader, as the names of its log's segments begin."""
    asked = "SELECT pg_walfile_name(pg_current_wal_lsn())"
    return psql(front, Cluster(front).leader(), asked)[:8]


def place(front: Front, house: House, token: str, count: int) -> list[str]:
    """Orders of one tablet, each with its key until it is acknowledged; their ids."""
    placed: list[str] = []
    with front.client(token) as tablet:
        for _ in range(count):
            end, key = time.monotonic() + 60, str(uuid4())
            while not (answer := house.order(tablet, key=key)).is_success:
                assert time.monotonic() < end, answer.text
                time.sleep(0.5)
            placed.append(answer.json()["id"])
    return placed


def stored(front: Front, member: str) -> list[str]:
    return psql(front, member, "SELECT id FROM orders ORDER BY id").splitlines()


def test_backups_begin_by_themselves(front: Front) -> None:
    wait_for(
        front,
        lambda: metric(front, "table_order_backup_verify_last_success_timestamp_seconds") > 0,
    )
    assert metric(front, "table_order_backup_last_success_timestamp_seconds") > 0
    assert metric(front, "table_order_backup_last_attempt_failed") == 0
    leader = Cluster(front).leader()
    assert psql(front, leader, "SHOW data_checksums") == "on"
    assert psql(front, leader, "SELECT archived_count > 0 FROM pg_stat_archiver") == "t"


def test_the_pass_phrase_is_where_the_repository_is(front: Front) -> None:
    services = json.loads(front.stack.compose("config", "--format", "json"))["services"]
    holders = {
        name
        for name, service in services.items()
        if any(mount["source"] == "backup_cipher_pass" for mount in service.get("secrets", ()))
    }
    assert {name for name in holders if not name.startswith("backup")} <= {"repository"}


def test_only_the_certificate_opens_the_repository(front: Front) -> None:
    own, other = "/var/lib/table-order-tls", "/tmp/other"  # noqa: S108 - the container's own
    made = (
        f"mkdir -p {other} && cd {other} && openssl req -x509 -newkey rsa:2048 -noenc -subj /CN=table-order-backup"
        " -keyout key.pem -out certificate.pem 2>/dev/null && chmod 600 key.pem"
    )

    def info(certificate: str) -> str:
        asked = (
            "pgbackrest --no-config --stanza=table-order --repo1-host=repository --repo1-host-type=tls"
            " --repo1-host-config=/var/lib/table-order-backup/pgbackrest.conf"
            f" --repo1-host-ca-file={own}/certificate.pem --repo1-host-cert-file={certificate}/certificate.pem"
            f" --repo1-host-key-file={certificate}/key.pem --log-level-stderr=warn info"
        )
        # It succeeds in saying that it was told nothing.
        return front.stack.compose("exec", "-T", "backup", "sh", "-c", f"{made}; {asked} 2>&1")

    assert "full backup" in info(own)
    refused = info(other)
    assert "full backup" not in refused
    assert "error" in refused


def lose_the_leader(front: Front, house: House, token: str) -> list[str]:
    """Until the cluster is whole and backed up again; the orders that were placed meanwhile."""
    cluster = Cluster(front)
    lost, before = cluster.leader(), timeline(front)
    cluster.signal("kill", lost)
    placed = place(front, house, token, 5)
    after = timeline(front)
    assert after > before
    cluster.signal("start", lost)
    cluster.wait_until_whole()
    # Nobody asked for it: what the lost primary had not sent is nowhere.
    wait_for(front, lambda: backups(front)[-1]["wal"]["start"][:8] == after)
    return placed


def test_an_instant_comes_back_across_a_failover(front: Front, house: House) -> None:
    cluster = Cluster(front)
    # They come in while there is a primary.
    tablets = [house.tablet(table) for table in range(1, 6)]
    kept = place(front, house, tablets[0], 5)
    tool(front, "backup", "--type=incr")

    kept += lose_the_leader(front, house, tablets[1])
    after = timeline(front)

    kept += place(front, house, tablets[2], 5)
    instant = psql(front, cluster.leader(), NOW)
    undone = place(front, house, tablets[3], 5)
    tool(front, "backup", "--type=incr")
    assert stored(front, cluster.leader()) == sorted([*kept, *undone])

    bring_back(front, instant)

    cluster.wait_until_whole()
    for member in MEMBERS:
        wait_for(front, lambda member=member: stored(front, member) == sorted(kept))  # type: ignore[misc]
    assert timeline(front) > after
    kept += place(front, house, tablets[4], 1)
    assert {order["id"] for order in house.orders()} == set(kept)

    # The new course of things is backed up by itself, and comes back as well.
    now = timeline(front)
    wait_for(front, lambda: backups(front)[-1]["wal"]["start"][:8] == now)
    assert f"orders: {len(kept)}" in tool(front, "verify")


def bring_back(front: Front, instant: str) -> None:
    """As docs/operations/backups.md has it."""
    compose = front.stack.compose
    with pytest.raises(AssertionError, match="A server runs on"):
        compose("run", "--rm", "-T", "restore", "--at", instant, "--yes")

    compose("stop", "db-1")
    with pytest.raises(AssertionError, match="answers: stop every member"):
        compose("run", "--rm", "-T", "restore", "--at", instant, "--yes")

    compose("stop", "api", "api-2", "pgbouncer", "backup", *MEMBERS, timeout=200)
    compose("run", "--rm", "-T", "restore", "--at", instant, "--yes", timeout=300)
    compose("exec", "-T", "etcd-1", "etcdctl", "del", "--prefix", "/service/table-order/")
    compose("up", "--detach", "--wait", "db-1", timeout=200)
    front.stack.make("deploy", timeout=420)
    front.wait_until_ready()
