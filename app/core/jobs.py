"""Runs of background jobs: each has an id in its log lines, is counted, and its failure is told."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.context import outside_requests
from app.core.errors import DomainError
from app.core.ids import new_request_id
from app.core.logging import get_logger
from app.core.metrics import JOB_DURATION, JOB_LAST_SUCCESS, JOB_RUNS

log = get_logger(__name__)

STORAGE_ERRORS = (psycopg.Error, DBAPIError, DomainError, OSError)
"""What a run may raise while the database or a bucket is away or busy."""


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Do `work`, which does not end by itself, for as long as the block runs."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextmanager
def job_run(job: str) -> Iterator[None]:
    """Account for one run of `job`, which is the block.

    A failure is logged here, with a traceback unless it is one of `STORAGE_ERRORS`, and raised
    on: the caller decides only when to try again.
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
            known = isinstance(error, STORAGE_ERRORS)
            log.warning("job failed", exc_info=None if known else error, error=str(error))
            raise
        finally:
            JOB_RUNS.labels(job, outcome).inc()
            JOB_DURATION.labels(job).observe(time.perf_counter() - began)
