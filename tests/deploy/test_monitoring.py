"""Staging with those of its watchers that need nothing of the host: every target is found and read."""

from __future__ import annotations

import json
import time
from typing import Any, Final

import pytest

from tests.deploy.house import Front

pytestmark = pytest.mark.deploy

STARTED: Final = ("prometheus", "alertmanager", "postgres-exporter")
READ: Final = {"api", "proxy", "postgres", "alertmanager", "prometheus"}


@pytest.fixture(scope="module")
def front(staging_front: Front) -> Front:
    staging_front.stack.compose(
        "up", "--detach", "--no-deps", "--wait", "--wait-timeout", "120", *STARTED, timeout=180
    )
    return staging_front


def query(front: Front, expression: str) -> list[dict[str, Any]]:
    """What Prometheus answers now."""
    command = ("promtool", "query", "instant", "--format=json", "http://127.0.0.1:9090", expression)
    found: list[dict[str, Any]] = json.loads(
        front.stack.compose("exec", "-T", "prometheus", *command)
    )
    return found


def wait_for(front: Front, expression: str, wanted: int, seconds: float = 90) -> list[Any]:
    end = time.monotonic() + seconds
    while len(found := query(front, expression)) != wanted:
        assert time.monotonic() < end, f"{expression}: {found}"
        time.sleep(2)
    return found


def test_every_target_is_read(front: Front) -> None:
    found = wait_for(front, 'up{job=~"' + "|".join(READ) + '"} == 1', len(READ))
    assert {one["metric"]["job"] for one in found} == READ


def test_both_workers_pools_are_added_up(front: Front) -> None:
    (size,) = wait_for(front, "sum(database_pool_size) == 20", 1)
    assert size["value"][1] == "20"


def test_postgresql_is_read_by_a_login_that_sees_no_row(front: Front) -> None:
    wait_for(front, "pg_up == 1", 1)
    wait_for(front, 'pg_stat_activity_count{datname="table_order", state="idle"} > 0', 1)
    powers = (
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR has_table_privilege(oid, 'orders', 'SELECT')"
        " FROM pg_roles WHERE rolname = 'table_order_monitor'"
    )
    psql = ("psql", "--username=postgres", "--dbname=table_order", "-At", "--command", powers)
    assert front.stack.compose("exec", "-T", "db", *psql).strip() == "f"


def test_the_log_of_the_database_tells_slow_statements_without_values(front: Front) -> None:
    psql = ("psql", "--username=postgres", "--dbname=table_order", "-At", "--command")
    front.stack.compose("exec", "-T", "db", *psql, "SELECT pg_sleep(0.6)")
    said = front.stack.compose("logs", "--no-log-prefix", "db")
    assert "duration: 6" in said
    assert "pg_sleep(0.6)" in said
    shown = front.stack.compose("exec", "-T", "db", *psql, "SHOW log_parameter_max_length").strip()
    assert shown == "0"


def test_an_alert_reaches_alertmanager(front: Front) -> None:
    # The host's exporters were not started, so their targets are away.
    wait_for(front, 'ALERTS{alertname="TargetDown", job="host"}', 1)
    wait_for(front, "prometheus_notifications_alertmanagers_discovered == 1", 1)
