"""How many calls wait, and for how long: measured for those who operate the service.

Every worker looks, since whichever of them is scraped answers for all; it is one look-up in an
index of the calls that wait.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core import clock
from app.core.database import Database
from app.core.jobs import in_background, job_run
from app.core.metrics import CALLS_OLDEST, CALLS_WAITING
from app.repositories.waiting_calls import waiting_calls

LOOK_SECONDS = 15.0
"""As often as Prometheus asks."""


@asynccontextmanager
async def watching_calls(database: Database) -> AsyncIterator[None]:
    """Keep the gauges of waiting calls up to date while the block runs."""
    async with in_background(_keep_watching(database), "waiting-calls"):
        yield


async def _keep_watching(database: Database) -> None:
    while True:
        # A failure is told by `job_run`; the next look may succeed.
        with contextlib.suppress(Exception), job_run("waiting-calls"):
            await measure_calls(database)
        await asyncio.sleep(LOOK_SECONDS)


async def measure_calls(database: Database) -> None:
    """Set the gauges to what is true now."""
    now = clock.now()
    for status, (count, since) in (await waiting_calls(database)).items():
        age = 0.0 if since is None else max((now - since).total_seconds(), 0.0)
        CALLS_WAITING.labels(status).set(count)
        CALLS_OLDEST.labels(status).set(age)
