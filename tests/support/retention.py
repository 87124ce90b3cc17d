"""Making rows old, and running the retention job beside the service."""

import asyncio
from typing import Any

import psycopg

from app.core.config import Settings
from app.core.runtime import Runtime
from app.services.retention.deleting import Progress, RetentionService
from app.services.retention.job import RetentionJob
from tests.support.shops import Shop


def execute(shop: Shop, statement: str, **parameters: Any) -> int:
    """Change rows as the owner of the schema; how many it were."""
    with psycopg.connect(shop.owner_url) as connection:
        return connection.execute(statement.encode(), {"store": shop.id, **parameters}).rowcount


def age_events(shop: Shop, upto: int, days: int) -> None:
    execute(
        shop,
        "UPDATE events SET occurred_at = occurred_at - make_interval(days => %(days)s)"
        " WHERE store_id = %(store)s AND seq <= %(upto)s",
        upto=upto,
        days=days,
    )


def settings_of(shop: Shop, **changes: Any) -> Settings:
    return shop.runtime.settings.model_copy(update=changes)


def prune(shop: Shop, *, dry_run: bool = False, **changes: Any) -> dict[str, int]:
    """One run over all stores with these settings; how many went of each kind."""

    async def run() -> list[Progress]:
        runtime = Runtime(settings_of(shop, **changes))
        try:
            service = RetentionService(runtime.database, runtime.media, runtime.settings)
            return [one async for one in service.run(dry_run=dry_run)]
        finally:
            await runtime.close()

    return {one.kind: one.deleted for one in asyncio.run(run()) if one.done}


def run_jobs(shop: Shop, workers: int, **changes: Any) -> list[bool]:
    """So many workers ask at once whether a run is due; which of them made it."""

    async def run() -> list[bool]:
        settings = settings_of(shop, **changes)
        runtimes = [Runtime(settings) for _ in range(workers)]
        try:
            jobs = [RetentionJob(one.database, one.media, settings) for one in runtimes]
            return await asyncio.gather(*(job.run_if_due() for job in jobs))
        finally:
            for runtime in runtimes:
                await runtime.close()

    return asyncio.run(run())
