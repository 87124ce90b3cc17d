"""Staging with backups: the service makes one by itself, and a dropped table comes back, on the replica too."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import pytest

from app.local.processes import wait_until
from tests.deploy.stack import HOST, Stack, hosted

pytestmark = pytest.mark.deploy

METRICS: Final = (
    "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9101/metrics').read().decode())"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # A network of its own: another test's staging may be up.
    made = hosted(
        tmp_path_factory.mktemp("clone"),
        "staging",
        backups=True,
        PUBLIC_HOST=HOST,
        EDGE_SUBNET="10.251.91.0/24",
    )
    made.make("secrets")
    try:
        made.compose("build", "--quiet", "db", "backup", timeout=400)
        made.compose("up", "--detach", "--wait", "db", timeout=200)
        made.compose("run", "--rm", "migrate", timeout=200)
        made.compose("up", "--detach", "--wait", "backup", "db-replica", timeout=200)
        yield made
    finally:
        made.remove()


def ask(stack: Stack, question: str, server: str = "db") -> str:
    words = ("psql", "--username=postgres", "--dbname=table_order", "-XAtq", "--command")
    return stack.compose("exec", "-T", server, *words, question).strip()


def health(stack: Stack, service: str) -> str:
    container = stack.compose("ps", "--all", "--quiet", service).strip()
    return stack.docker("inspect", "--format={{.State.Health.Status}}", container).strip()


def wait_for_the_replica(stack: Stack, question: str, wanted: str) -> None:
    """Until it follows its primary and answers so."""
    end = time.monotonic() + 120
    answer = ""
    while answer != wanted:
        assert time.monotonic() < end, f"{answer}\n{stack.compose('logs', 'db-replica')}"
        time.sleep(1)
        with suppress(AssertionError):  # it is just being started
            answer = ask(stack, question, "db-replica") if follows(stack) else ""
    assert ask(stack, "SELECT pg_is_in_recovery()", "db-replica") == "t"


def follows(stack: Stack) -> bool:
    streams = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
    return health(stack, "db-replica") == "healthy" and ask(stack, streams) == "1"


def metric(stack: Stack, name: str) -> float:
    shown = stack.compose("exec", "-T", "backup", "python", "-c", METRICS)
    [value] = [line.split()[1] for line in shown.splitlines() if line.startswith(f"{name} ")]
    return float(value)


def tool(stack: Stack, *words: str) -> str:
    command = ("python", "-m", "app.cli", "db", *words)
    return stack.compose("run", "--rm", "--no-deps", "-T", "backup", *command, timeout=200)


def test_backups_are_locked_in_like_everything_else(stack: Stack) -> None:
    services: dict[str, Any] = json.loads(stack.compose("config", "--format", "json"))["services"]
    for name in ("backup", "backup-setup"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert not services[name].get("ports")
    # The API has no way to the backups, nor their pass phrase.
    assert "backup" not in services["api"]["networks"]
    assert not [mount for mount in services["api"]["secrets"] if "backup" in mount["source"]]


def test_damaged_pages_are_noticed(stack: Stack) -> None:
    assert ask(stack, "SHOW data_checksums") == "on"


def test_the_service_makes_a_backup_and_brings_it_back(stack: Stack) -> None:
    end = time.monotonic() + 240
    while not metric(stack, "table_order_backup_verify_last_success_timestamp_seconds"):
        assert time.monotonic() < end, stack.compose("logs", "backup")
        time.sleep(2)
    assert metric(stack, "table_order_backup_last_success_timestamp_seconds") > 0
    assert metric(stack, "table_order_backup_last_attempt_failed") == 0


def test_a_new_server_has_nothing_to_complain_about(stack: Stack) -> None:
    """An operator's first look: no error, and no failed attempt to send its log."""
    said = stack.compose("logs", "--no-log-prefix", "db")
    assert "database system is ready to accept connections" in said
    for word in ("ERROR: [", "archive command failed", "contains errors"):
        assert word not in said


def test_jobs_leave_no_volumes_behind(stack: Stack) -> None:
    for service in stack.compose("ps", "--all", "--services").split():
        container = stack.compose("ps", "--all", "--quiet", service).strip()
        mounts = json.loads(stack.docker("inspect", "--format={{json .Mounts}}", container))
        volumes = [one["Name"] for one in mounts if one["Type"] == "volume"]
        assert all(name.startswith(stack.project) for name in volumes), service


def instant(stack: Stack) -> str:
    return ask(stack, 'SELECT to_char(clock_timestamp(), \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')')


def test_a_dropped_table_comes_back_and_the_replica_with_it(stack: Stack) -> None:
    """With the replica running all the time: nobody has to think of it."""
    ask(stack, "CREATE TABLE note AS SELECT 'kept' AS text")
    before = instant(stack)
    ask(stack, "DROP TABLE note")
    tool(stack, "check")  # what happened since is archived as well
    stack.compose("stop", "backup", "db")

    tool(stack, "restore", "--at", before, "--yes")
    stack.compose("up", "--detach", "--wait", "db", "backup", timeout=200)

    assert ask(stack, "SELECT text FROM note") == "kept"
    wait_for_the_replica(stack, "SELECT text FROM note", "kept")
    ask(stack, "UPDATE note SET text = 'later'")
    wait_for_the_replica(stack, "SELECT text FROM note", "later")


def test_the_pages_recipe_ends_with_a_replica_that_is_well(stack: Stack) -> None:
    ask(stack, "UPDATE note SET text = 'twice'")
    before = instant(stack)
    ask(stack, "DROP TABLE note")
    tool(stack, "check")
    stack.compose("stop", "backup", "db-replica", "db")

    tool(stack, "restore", "--at", before, "--yes")
    stack.compose("up", "--detach", "--wait", "db", "db-replica", "backup", timeout=200)

    assert ask(stack, "SELECT text FROM note", "db-replica") == "twice"
    assert follows(stack)


def test_a_replica_that_does_not_follow_is_not_called_well(stack: Stack) -> None:
    with_a_wrong_slot = (
        "ALTER SYSTEM SET primary_slot_name = 'no_such_slot'",
        "SELECT pg_reload_conf()",
    )
    for statement in with_a_wrong_slot:
        ask(stack, statement, "db-replica")
    assert wait_until(lambda: health(stack, "db-replica") == "unhealthy", 120)
    assert ask(stack, "SELECT 1", "db-replica") == "1"
    ask(stack, "ALTER SYSTEM SET primary_slot_name = 'table_order_replica'", "db-replica")
    ask(stack, "SELECT pg_reload_conf()", "db-replica")
    wait_for_the_replica(stack, "SELECT text FROM note", "twice")


def test_a_replica_is_not_written_over_with_another_database(stack: Stack) -> None:
    """It may be the last copy of what was there."""
    stack.compose("rm", "--stop", "--force", "db", "backup")
    stack.docker("volume", "rm", f"{stack.project}_db-data")
    stack.compose("up", "--detach", "--wait", "--no-deps", "db", timeout=200)

    log = ("logs", "--no-log-prefix", "db-replica")
    assert wait_until(lambda: "is another database" in stack.compose(*log), 120)
    kept = stack.compose(
        "run",
        "--rm",
        "--no-deps",
        "-T",
        "--entrypoint",
        "ls",
        "db-replica",
        "/var/lib/postgresql/data/standby",
    )
    assert "PG_VERSION" in kept
