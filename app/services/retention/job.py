"""Running the retention job in the service itself: one worker of all, once per interval.

Every worker asks now and then whether a run is due; the row in `job_runs` decides who makes it.
So there is no other process to deploy, to watch or to forget. A worker that dies in a run leaves
the rest to the next one.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from app.core import clock
from app.core.config import Settings
from app.core.database import Database
from app.core.errors import BusyError
from app.core.jobs import in_background, job_run
from app.core.logging import get_logger
from app.core.media import MediaStore
from app.repositories.retention import RetentionRepository
from app.services.retention.deleting import RetentionService

log = get_logger(__name__)

ASK_SECONDS = 60.0
"""At most this long, and at most a quarter of the interval, between two looks of a worker."""
NOTE_SECONDS = 5.0


class RetentionJob:
    def __init__(self, database: Database, media: MediaStore, settings: Settings) -> None:
        self._runs = RetentionRepository(database)
        self._service = RetentionService(database, media, settings)
        self._interval = timedelta(seconds=settings.retention_interval)

    async def run_if_due(self) -> bool:
        """Make a run, if the last one of any worker began long enough ago; whether it was made.

        Raises: what the service's `run` does, and what `STORAGE_ERRORS` in app.core.jobs lists.
        """
        now = clock.now()
        if not await self._runs.claim(now, self._interval):
            return False
        with job_run("retention"):
            try:
                await self._run(now)
            except BusyError as error:
                log.info("retention left to another run", error=str(error))
        return True

    async def _run(self, started: datetime) -> None:
        progress: dict[str, Any] = {}
        noted = asyncio.get_running_loop().time()
        async for kind, deleted, done in self._service.run():
            progress[kind] = {"deleted": deleted, "done": done}
            if asyncio.get_running_loop().time() - noted >= NOTE_SECONDS:
                await self._runs.note(started, progress)
                noted = asyncio.get_running_loop().time()
        await self._runs.note(started, progress)
        await self._runs.finish(started, clock.now())
        log.info("retention done", **{kind: one["deleted"] for kind, one in progress.items()})


@asynccontextmanager
async def keeping_retention(
    database: Database, media: MediaStore, settings: Settings
) -> AsyncIterator[None]:
    """Delete what is too old, for as long as the block runs; an interval of 0 turns it off."""
    if settings.retention_interval == 0:
        yield
        return
    job = RetentionJob(database, media, settings)
    pause = min(ASK_SECONDS, settings.retention_interval / 4)
    async with in_background(_keep(job, pause), "retention"):
        yield


async def _keep(job: RetentionJob, pause: float) -> None:
    while True:
        # Not all workers of a host at the same moment.
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        try:
            await job.run_if_due()
        except Exception as error:  # noqa: BLE001 - a run that failed is told; the next may succeed
            log.info("retention is looked at again later", error=str(error))
