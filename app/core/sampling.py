"""What has a value at each moment and no event: looked at once a second, in every worker.

With several workers one answers the scrape for all, so each has to have written its own before.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from app.core.database import Database
from app.core.metrics import LOOP_DELAY, POOL_CONNECTIONS, POOL_SIZE, POOL_WAITING

PERIOD = 1.0


@contextlib.asynccontextmanager
async def sampling(database: Database) -> AsyncIterator[None]:
    """Keep the pools' gauges and the event loop's delay up to date while the block runs."""
    task = asyncio.create_task(_keep_sampling(database), name="sampling")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep_sampling(database: Database) -> None:
    loop = asyncio.get_running_loop()
    while True:
        sample(database)
        due = loop.time() + PERIOD
        await asyncio.sleep(PERIOD)
        LOOP_DELAY.observe(max(loop.time() - due, 0.0))


def sample(database: Database) -> None:
    """Write down how busy the pools are now."""
    for pool, usage in database.usage().items():
        POOL_SIZE.labels(pool).set(usage.size)
        POOL_CONNECTIONS.labels(pool, "idle").set(usage.idle)
        POOL_CONNECTIONS.labels(pool, "in_use").set(usage.in_use)
        POOL_WAITING.labels(pool).set(usage.waiting)
