"""What Prometheus reads: requests by route template, latencies, orders, streams, sign-ins, pools.

A process serves what it has counted itself. Several workers count into files under
`PROMETHEUS_MULTIPROC_DIR`, which `serve` sets before they start, and any of them answers for all.
There gauges need a mode: how the workers' values become one. docs/operations/monitoring.md lists
all of it with what it means.
"""

import os
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"

REQUESTS = Counter(
    "http_requests_total", "Requests by route template.", ["method", "route", "status"]
)
LATENCY = Histogram(
    "http_request_duration_seconds",
    "Time from the request's head to the end of its answer.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
RATE_LIMITED = Counter(
    "requests_rate_limited_total", "Requests refused as too many, by the limit.", ["limit"]
)
REPLAYS = Counter(
    "idempotent_replays_total", "Keyed requests that were answered from their first answer."
)
ORDERS = Counter("orders_placed_total", "Orders accepted.", ["channel"])
ANSWER_TIMES = Histogram(
    "service_request_answer_seconds",
    "From a table's call to the step that answers it.",
    ["step"],
    buckets=(5, 10, 20, 30, 60, 90, 120, 180, 300, 600, 1200),
)
CALLS_WAITING = Gauge(
    "service_requests_waiting",
    "Tables' calls that wait in all stores together, by status.",
    ["status"],
    multiprocess_mode="livemax",
)
CALLS_OLDEST = Gauge(
    "service_request_oldest_seconds",
    "How long ago the oldest waiting call was made; 0 where none waits.",
    ["status"],
    multiprocess_mode="livemax",
)
SIGN_INS_REFUSED = Counter("sign_ins_refused_total", "Refused sign-ins and pairings.", ["kind"])
READS = Counter(
    "replica_reads_total", "Reads that a replica may answer, by the server that did.", ["server"]
)
STREAMS = Gauge("event_streams_open", "Open event streams.", multiprocess_mode="livesum")
EVENT_LAG = Histogram(
    "event_lag_seconds",
    "From an event's recording to the streams of this worker.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
EVENT_TAIL_FAILURES = Counter("event_tail_failures_total", "Failed readings of the event log.")
RETENTION_DELETED = Counter("retention_deleted_total", "What the retention job deleted.", ["kind"])

POOL_SIZE = Gauge(
    "database_pool_size",
    "Connections that the pool may open.",
    ["pool"],
    multiprocess_mode="livesum",
)
POOL_CONNECTIONS = Gauge(
    "database_pool_connections",
    "Open connections by what they do: idle or in_use.",
    ["pool", "state"],
    multiprocess_mode="livesum",
)
POOL_WAITING = Gauge(
    "database_pool_waiting",
    "Who waits for a connection at this moment.",
    ["pool"],
    multiprocess_mode="livesum",
)
POOL_WAIT = Histogram(
    "database_pool_wait_seconds",
    "Time until a connection was there, opening it included; refused waits count too.",
    ["pool"],
    buckets=(0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
POOL_REFUSALS = Counter(
    "database_pool_refusals_total", "Waits for a connection that ended without one.", ["pool"]
)
SLOW_STATEMENTS = Counter(
    "database_slow_statements_total", "Statements and commits slower than SLOW_STATEMENT_MS."
)
LOOP_DELAY = Histogram(
    "event_loop_delay_seconds",
    "How late a worker's event loop comes to what is due.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)

JOB_RUNS = Counter(
    "job_runs_total", "Runs of background jobs: done or failed.", ["job_name", "outcome"]
)
JOB_DURATION = Histogram(
    "job_duration_seconds",
    "How long the runs took.",
    ["job_name"],
    buckets=(0.001, 0.01, 0.1, 1, 10, 60, 600, 3600),
)
JOB_LAST_SUCCESS = Gauge(
    "job_last_success_timestamp_seconds",
    "When a job last came to its end (Unix time).",
    ["job_name"],
    multiprocess_mode="max",
)

BUILD = Gauge(
    "table_order_build_info",
    "Always 1; version and revision of the code that runs.",
    ["version", "revision"],
    multiprocess_mode="livemax",
)


def exposition() -> bytes:
    """All metrics in Prometheus' text format; reads files where there are several workers."""
    directory = os.environ.get(MULTIPROCESS_DIR)
    if directory is None:
        return generate_latest()
    _forget_the_dead(Path(directory))
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _forget_the_dead(directory: Path) -> None:
    """A worker that was killed holds no streams and no connections; what it counted stays."""
    for path in directory.glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if not _lives(pid):
            path.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
