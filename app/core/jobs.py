"""Runs of background jobs: each has an id in its log lines, is counted, and its failure is told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from app.core import clock
from app.core.context import outside_requests
from app.core.ids import new_request_id
from app.core.logging import get_logger
from app.core.metrics import JOB_DURATION, JOB_LAST_SUCCESS, JOB_RUNS

log = get_logger(__name__)


@contextmanager
def job_run(job: str, *, expected: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Account for one run of `job`, which is the block.

    A failure is logged here, with a traceback unless it is one of `expected` (the database is
    away), and raised on: the caller decides only when to try again.
    """
    began = time.perf_counter()
    outcome = "failed"
    with (
        outside_requests(),
        structlog.contextvars.bound_contextvars(job=job, job_id=new_request_id()),
    ):
        try:
            yield
            outcome = "done"
            JOB_LAST_SUCCESS.labels(job).set(clock.now().timestamp())
        except Exception as error:
            known = isinstance(error, expected)
            log.warning("job failed", exc_info=None if known else error, error=str(error))
            raise
        finally:
            JOB_RUNS.labels(job, outcome).inc()
            JOB_DURATION.labels(job).observe(time.perf_counter() - began)
