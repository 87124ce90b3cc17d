"""What Prometheus reads: requests by route template, latencies, orders, streams, sign-ins.

With several workers set `PROMETHEUS_MULTIPROC_DIR`: then any of them answers for all.
"""

import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

REQUESTS = Counter(
    "http_requests_total", "Requests by route template.", ["method", "route", "status"]
)
LATENCY = Histogram(
    "http_request_duration_seconds",
    "Time from the request's head to the end of its answer.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
ORDERS = Counter("orders_placed_total", "Orders accepted.", ["channel"])
ANSWER_TIMES = Histogram(
    "service_request_answer_seconds",
    "From a table's call to the step that answers it.",
    ["step"],
    buckets=(5, 10, 20, 30, 60, 90, 120, 180, 300, 600, 1200),
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
RETENTION_FAILURES = Counter("retention_failures_total", "Runs of the retention job that failed.")
RETENTION_FINISHED = Gauge(
    "retention_finished_timestamp_seconds",
    "When the retention job last came to its end.",
    multiprocess_mode="max",
)


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest()
