"""Runs of background jobs: each has an id in its log lines, is counted, and its failure is told."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core import clock
from app.core.connection import is_lost
from app.core.context import outside_requests
from app.core.errors import BusyError, DatabaseUnavailableError, DomainError
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


class Turns:
    """Each store has its turn in a job, whatever happened in the turn of another one.

    What goes wrong in one is logged, and raised once all had theirs: so the run counts as failed.
    """

    def __init__(self) -> None:
        self._first: Exception | None = None

    @contextmanager
    def of(self, store_id: UUID | None) -> Iterator[None]:
        """One turn, which is the block.

        Raises: what says that the database is away or busy, so that the others need not try.
        """
        try:
            yield
        except Exception as error:
            if _is_away(error):
                raise
            log.warning("job left a store out", store_id=str(store_id), error=str(error))
            self._first = self._first or error

    def end(self) -> None:
        """Raise the first thing that went wrong, if any."""
        if self._first is not None:
            raise self._first


def _is_away(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    away = (DatabaseUnavailableError, BusyError, PoolTimeoutError, OSError)
    return isinstance(cause, away) or (cause is not None and is_lost(cause))


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
