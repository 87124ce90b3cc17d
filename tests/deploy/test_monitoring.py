"""Staging with its watchers: every target is read, the dashboard has answers, and an alert reaches somebody.

The host's exporter and the one that asks from outside are started where their images can be had.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.deploy.containers import ROOT
from tests.deploy.house import Front
from tests.support.promtool import families, metrics_in

pytestmark = pytest.mark.deploy

STARTED: Final = ("prometheus", "alertmanager", "postgres-exporter")
READ: Final = {"api", "proxy", "postgres", "alertmanager", "prometheus"}
OTHERS: Final = ("node-exporter", "blackbox-exporter")
ELSEWHERE: Final = {
    # Written down by the first backup, which staging does not make.
    "table_order_backup_last_success_timestamp_seconds",
    # While an alert is pending or fires.
    "ALERTS",
}
HOOK: Final = """
import http.server
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.send_response(200)
        self.end_headers()
        # As Slack says it: with any other answer the alert counts as not told, and its end as nobody's concern.
        self.wfile.write(b"ok")
http.server.ThreadingHTTPServer(("", 8080), Hook).serve_forever()
"""
"""A Slack-compatible webhook, whose messages are its log."""


@pytest.fixture(scope="module")
def front(staging_front: Front) -> Front:
    stack = staging_front.stack
    (stack.folder / "deploy/secrets/staging/alert_webhook_url").write_text("http://hook:8080/\n")
    stack.compose(
        "up", "--detach", "--no-deps", "--wait", "--wait-timeout", "120", *STARTED, timeout=180
    )
    return staging_front


@pytest.fixture(scope="module")
def watched(front: Front) -> Front:
    """With all exporters; skipped loudly where there is no image of one."""
    stack = front.stack
    images = stack.compose("config", "--images", *OTHERS).split()
    for image in images:
        have = f"docker image inspect {image} || timeout 120 docker pull --quiet {image}"
        try:
            stack.run("sh", "-c", have, timeout=150)
        except AssertionError:
            pytest.skip(f"EXPORTERS NOT TESTED: no image {image}")
    up = ("up", "--detach", "--no-deps", "--wait", "--wait-timeout", "120")
    stack.compose(*up, *OTHERS, timeout=180)
    return front


@pytest.fixture
def hook(front: Front) -> Iterator[Callable[[], str]]:
    """What the webhook has been sent."""
    stack = front.stack
    name = f"{stack.project}-hook"
    image = f"table-order-service:{stack.environment.get('VERSION', 'local')}"
    where = (f"--network={stack.project}_monitoring", "--network-alias=hook")
    stack.docker("run", "--detach", "--name", name, *where, image, "python", "-c", HOOK)
    try:
        yield lambda: stack.docker("logs", name)
    finally:
        stack.docker("rm", "--force", name)


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
    assert re.search(r"duration: \d{3,}\.", said)
    assert "pg_sleep(0.6)" in said
    shown = front.stack.compose("exec", "-T", "db", *psql, "SHOW log_parameter_max_length").strip()
    assert shown == "0"


def test_an_alert_reaches_alertmanager(front: Front) -> None:
    # The host's exporters were not started, so their targets are away.
    wait_for(front, 'ALERTS{alertname="TargetDown", job="host"}', 1)
    wait_for(front, "prometheus_notifications_alertmanagers_discovered == 1", 1)


def test_the_host_is_read_and_the_service_is_asked_from_outside(watched: Front) -> None:
    jobs = READ | {"host", "front"}
    wait_for(watched, 'up{job=~"' + "|".join(jobs) + '"} == 1', len(jobs))
    assert wait_for(watched, 'up{job!~"' + "|".join(jobs) + '"}', 0) == []
    wait_for(watched, 'probe_success{job="front"} == 1', 1)
    # The self-signed one, for 397 days.
    wait_for(watched, "probe_ssl_earliest_cert_expiry - time() > 390 * 24 * 3600", 1)
    assert query(watched, 'node_filesystem_size_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"}')
    assert query(watched, "node_memory_MemAvailable_bytes > 0")


def test_every_rule_and_every_panel_has_an_answer(watched: Front) -> None:
    dashboards = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (ROOT / "deploy/grafana/dashboards").glob("*.json")
    ]
    panels = [panel for dashboard in dashboards for panel in dashboard["panels"]]
    shown = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    assert shown
    for expression in shown:
        query(watched, expression)

    asked = ("wget", "-qO-", "http://prometheus:9090/api/v1/rules?type=alert")
    told = json.loads(watched.stack.compose("exec", "-T", "blackbox-exporter", *asked))
    rules = [rule for group in told["data"]["groups"] for rule in group["rules"]]
    assert rules
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] == "err"} == {}

    there = {
        one["metric"]["__name__"]
        for one in query(watched, 'group by (__name__) ({__name__=~".+"})')
    }
    ours = set(families())
    read = set().union(*map(metrics_in, shown)) - {"time"}
    others = {name for name in read if not any(name.startswith(one) for one in ours)}
    assert others - ELSEWHERE <= there


def test_an_alert_is_told_and_so_is_its_end(watched: Front, hook: Callable[[], str]) -> None:
    def hears(words: str, seconds: float = 180) -> None:
        end = time.monotonic() + seconds
        while words not in hook():
            assert time.monotonic() < end, hook()
            time.sleep(2)

    watched.stack.compose("stop", "api")
    try:
        wait_for(watched, 'probe_success{job="front"} == 0', 1)
        hears("[firing] NoReplicaReady (page)")
    finally:
        watched.stack.compose("start", "api")
    watched.wait_until_ready(180)
    hears("[resolved] NoReplicaReady (page)")
    assert "docs/operations/runbooks/NoReplicaReady.md" in hook()
