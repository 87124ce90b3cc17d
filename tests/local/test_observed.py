"""The service as deployments run it, seen from outside: metrics of two workers, logs, traces."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psutil
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from app.core.config import Settings
from app.core.runtime import Runtime
from app.local.processes import wait_until
from tests.local.test_serve import free_port, serves
from tests.support.collector import Collector, collecting
from tests.support.floor import Floor, order_body
from tests.support.shops import Shop, open_shop

pytestmark = pytest.mark.slow

WORKERS = 2
POOL = 4


@dataclass(frozen=True)
class Observed:
    """A running service, its log file, and the collector that gets its traces."""

    url: str
    metrics_url: str
    log: Path
    collector: Collector
    server: "subprocess.Popen[bytes]"
    shop: Shop

    def sample(self, name: str, **labels: str) -> float:
        """The sum of the samples with these labels, as a scrape finds them now."""
        text = httpx.get(self.metrics_url, timeout=10, trust_env=False).raise_for_status().text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def lines(self, **wanted: Any) -> list[dict[str, Any]]:
        """The log's lines with these members; every line has to be JSON."""
        lines = [orjson.loads(line) for line in self.log.read_bytes().splitlines()]
        return [line for line in lines if wanted.items() <= line.items()]

    def line(self, **wanted: Any) -> dict[str, Any]:
        """The one line with these members; it is written after the answer has left."""
        assert wait_until(lambda: bool(self.lines(**wanted)), 20)
        (line,) = self.lines(**wanted)
        return line

    def ask(self, path: str, **headers: str) -> httpx.Response:
        """On a new connection, which the kernel gives to any of the workers."""
        headers = {"Authorization": self.shop.staff.headers["Authorization"], **headers}
        return httpx.get(f"{self.url}/api/v1{path}", headers=headers, timeout=30, trust_env=False)


@pytest.fixture(scope="module")
def observed(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    port, internal, log = free_port(), free_port(), tmp_path_factory.mktemp("log") / "stderr"
    with contextlib.ExitStack() as stack:
        collector = stack.enter_context(collecting())
        said = {
            "DATABASE_URL": database_url,
            "DATABASE_POOL_SIZE": str(POOL),
            "PORT": str(port),
            "INTERNAL_PORT": str(internal),
            "WORKERS": str(WORKERS),
            "LOG_FORMAT": "json",
            "SLOW_STATEMENT_MS": "40",
            "REVISION": "4f2a9c1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20key",
        }
        server = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve"],
            env={**os.environ, **said},
            stderr=stack.enter_context(log.open("wb")),
        )
        stack.callback(server.wait)
        stack.callback(server.kill)
        assert wait_until(lambda: serves(port) or server.poll() is not None, 90)
        url = f"http://127.0.0.1:{port}"
        shop = open_shop(url, Runtime(Settings(database_url=SecretStr(database_url))), database_url)
        stack.callback(shop.close)
        metrics = f"http://127.0.0.1:{internal}/metrics"
        yield Observed(url, metrics, log, collector, server, shop)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0


def test_any_worker_answers_for_all(observed: Observed) -> None:
    counted = {"route": "/api/v1/store", "status": "200", "method": "GET"}
    before = observed.sample("http_requests_total", **counted)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: observed.ask("/store"), range(60)))

    assert {answer.status_code for answer in answers} == {200}
    # A request is accounted for after its answer has left.
    assert wait_until(lambda: observed.sample("http_requests_total", **counted) >= before + 60, 20)
    assert observed.sample("http_requests_total", **counted) == before + 60
    # Both have counted, or the sum would prove nothing.
    assert len({line["pid"] for line in observed.lines(event="request")}) == WORKERS
    assert observed.sample("table_order_build_info", revision="4f2a9c1") == 1
    # What each worker does by itself, now and then.
    assert wait_until(lambda: observed.sample("database_pool_size") == WORKERS * POOL, 20)
    done = {"job_name": "menu-changes", "outcome": "done"}
    assert wait_until(lambda: observed.sample("job_runs_total", **done) > 0, 20)
    assert wait_until(lambda: observed.sample("event_loop_delay_seconds_count") > 0, 20)


def test_a_killed_worker_takes_its_gauges_along_and_leaves_its_counters(
    observed: Observed,
) -> None:
    answered = {"route": "/api/v1/store", "status": "200"}
    observed.ask("/store").raise_for_status()
    before = observed.sample("http_requests_total", **answered)
    killed = next(
        child
        for child in psutil.Process(observed.server.pid).children(recursive=True)
        if child.pid in {line["pid"] for line in observed.lines(event="request")}
    )
    killed.kill()

    def another_has_come() -> bool:
        pids = {line["pid"] for line in observed.lines(event="request")}
        with contextlib.suppress(httpx.TransportError):
            observed.ask("/store")
        return len(pids) > WORKERS

    assert wait_until(another_has_come, 60)
    assert wait_until(lambda: observed.sample("database_pool_size") == WORKERS * POOL, 20)
    assert observed.sample("http_requests_total", **answered) >= before


def test_a_slow_statement_is_told_with_its_operation_and_without_its_values(
    observed: Observed, database_url: str
) -> None:
    request_id, waiting = f"slow-{uuid4()}", "SELECT 1 FROM pg_locks WHERE NOT granted"
    before = observed.sample("database_slow_statements_total")
    with psycopg.connect(database_url) as blocker, ThreadPoolExecutor(1) as pool:
        blocker.execute("LOCK TABLE tables IN ACCESS EXCLUSIVE MODE")
        asked = pool.submit(observed.ask, "/tables", **{"X-Request-Id": request_id})
        with psycopg.connect(database_url, autocommit=True) as watcher:
            assert wait_until(lambda: watcher.execute(waiting).fetchone() is not None, 20)
            watcher.execute("SELECT pg_sleep(0.1)")
        blocker.rollback()
        assert asked.result().status_code == 200

    line = observed.line(event="slow statement", request_id=request_id)
    assert line["operation"] == "list_tables"
    assert "tables" in line["statement"]
    assert str(observed.shop.id) not in orjson.dumps(line).decode()
    access = observed.line(event="request", request_id=request_id)
    assert access["route"] == "/api/v1/tables"
    assert access["trace_id"] == line["trace_id"]
    assert observed.sample("database_slow_statements_total") > before


def test_a_traceparent_is_continued_down_to_the_statements(observed: Observed) -> None:
    floor = Floor(observed.shop)
    trace, parent = uuid4().hex, uuid4().hex[:16]
    body = order_body(floor.stew, 1) | {"table_id": str(floor.table(1))}
    placed = observed.shop.staff.post(
        "/orders",
        json=body,
        headers={"Idempotency-Key": str(uuid4()), "traceparent": f"00-{trace}-{parent}-01"},
    )
    assert placed.status_code == 201, placed.text
    assert wait_until(
        lambda: any(one.parent_id == parent for one in observed.collector.of(trace)), 20
    )

    spans = observed.collector.of(trace)
    (request,) = [span for span in spans if span.parent_id == parent]
    statements = [span for span in spans if span.parent_id == request.span_id]
    assert request.name == "POST /api/v1/orders"
    assert request.attributes["http.route"] == "/api/v1/orders"
    assert request.attributes["http.response.status_code"] == 201
    assert request.attributes["table_order.request_id"] == placed.headers["X-Request-Id"]
    assert request.service == "table-order-api"
    assert len(statements) == len(spans) - 1 > 0
    assert {span.attributes["db.system.name"] for span in statements} == {"postgresql"}
    assert placed.json()["id"] not in str(spans)
    assert observed.collector.headers[0]["api-key"] == "a key"
    access = observed.line(event="request", request_id=placed.headers["X-Request-Id"])
    assert access["trace_id"] == trace


def test_who_wants_no_trace_gets_none(observed: Observed) -> None:
    unwanted, wanted = uuid4().hex, uuid4().hex
    for trace, flags in ((unwanted, "00"), (wanted, "01")):
        answer = observed.ask("/store", traceparent=f"00-{trace}-{uuid4().hex[:16]}-{flags}")
        assert answer.status_code == 200

    assert wait_until(lambda: bool(observed.collector.of(wanted)), 20)
    assert not observed.collector.of(unwanted)


@pytest.mark.parametrize("header", ["", "00-zz-1-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_broken_traceparent_does_no_harm(observed: Observed, header: str) -> None:
    answer = observed.ask("/store", traceparent=header)

    assert answer.status_code == 200
    line = observed.line(event="request", request_id=answer.headers["X-Request-Id"])
    assert len(line["trace_id"]) == 32
    assert set(line["trace_id"]) != {"0"}


def test_traces_cost_nothing_where_they_are_off() -> None:
    loaded = "import sys; from app.main import create_app; create_app(); print(*sys.modules)"
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    modules = subprocess.run(
        [sys.executable, "-c", loaded], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()

    assert "app.main" in modules
    # The framework loads the bare interface by itself.
    heavy = ("opentelemetry.sdk", "opentelemetry.exporter", "google.protobuf", "requests")
    assert [name for name in modules if name.startswith(heavy)] == []
