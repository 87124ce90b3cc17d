"""Staging with backups: the service makes one by itself, and a dropped table comes back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest

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
        made.compose("up", "--detach", "--wait", "backup", timeout=200)
        yield made
    finally:
        made.remove()


def ask(stack: Stack, question: str) -> str:
    words = ("psql", "--username=postgres", "--dbname=table_order", "-XAtq", "--command")
    return stack.compose("exec", "-T", "db", *words, question).strip()


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


def test_a_dropped_table_comes_back(stack: Stack) -> None:
    ask(stack, "CREATE TABLE note AS SELECT 'kept' AS text")
    instant = ask(stack, 'SELECT to_char(clock_timestamp(), \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')')
    ask(stack, "DROP TABLE note")
    tool(stack, "check")  # what happened since is archived as well
    stack.compose("stop", "backup", "db")

    tool(stack, "restore", "--at", instant, "--yes")
    stack.compose("up", "--detach", "--wait", "db", "backup", timeout=200)

    assert ask(stack, "SELECT text FROM note") == "kept"
