"""Making rows old, and running the retention job beside the service."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg

from app.core import clock
from app.core.config import Settings
from app.core.ids import lowest_id
from app.core.runtime import Runtime
from app.services.retention.deleting import Progress, RetentionService
from app.services.retention.job import RetentionJob
from tests.support.floor import Floor
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


def make_events(shop: Shop, count: int, first: int = 1) -> int:
    """So many tables, each an event, besides those of a menu; the newest number."""
    floor = Floor(shop)
    for number in range(first, first + count):
        floor.table(number)
    return shop.counters()[0]


def kept(shop: Shop) -> list[int]:
    """The numbers of the events that are still there."""
    rows = shop.rows("SELECT seq FROM events WHERE store_id = %(store)s ORDER BY seq")
    return [row[0] for row in rows]


def write_down(shop: Shop, *days: int) -> None:
    """An audit entry of so many days ago each."""
    for ago in days:
        execute(
            shop,
            "INSERT INTO audit_entries (store_id, id, at, actor, action, target_kind, target_id,"
            " details) SELECT %(store)s, %(id)s, at, '{}', 'x', 'days', NULL,"
            " jsonb_build_object('ago', %(ago)s::int) FROM (SELECT %(at)s::timestamptz) a(at)",
            id=lowest_id(clock.now(), timedelta(days=-ago)),
            at=clock.now() - timedelta(days=ago),
            ago=ago,
        )


def written(shop: Shop) -> list[int]:
    """How many days ago the entries are that are left."""
    left = shop.rows(
        "SELECT details -> 'ago' FROM audit_entries WHERE store_id = %(store)s"
        " AND target_kind = 'days' ORDER BY id DESC"
    )
    return [row[0] for row in left]
