"""Runs of the retention job: one at a time, each store in its turn."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.core.errors import BusyError
from app.core.metrics import RETENTION_DELETED
from app.core.runtime import Runtime
from app.repositories.retention import RetentionRepository
from app.services.retention.deleting import kinds
from tests.support.retention import (
    age_events,
    execute,
    kept,
    make_events,
    prune,
    run_jobs,
    settings_of,
    write_down,
    written,
)
from tests.support.shops import Shop


def test_one_run_at_a_time_deletes(shop: Shop) -> None:
    newest = make_events(shop, 2)
    age_events(shop, newest, days=40)
    with psycopg.connect(shop.owner_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(7340022)")
        with pytest.raises(BusyError):
            prune(shop)
        assert kept(shop) == list(range(1, newest + 1))
    prune(shop)
    assert kept(shop) == []


def test_of_all_workers_one_makes_the_run_and_the_next_waits_for_its_time(shop: Shop) -> None:
    newest = make_events(shop, 3)
    age_events(shop, newest, days=40)
    execute(shop, "UPDATE job_runs SET started_at = NULL, finished_at = NULL")
    deleted = RETENTION_DELETED.labels("events")
    before = deleted._value.get()  # noqa: SLF001 - prometheus has no other way to read one
    assert sorted(run_jobs(shop, 4)) == [False, False, False, True]
    assert kept(shop) == []
    assert deleted._value.get() == before + newest  # noqa: SLF001 - as above
    [(finished, progress)] = shop.rows("SELECT finished_at, progress FROM job_runs")
    assert finished is not None
    names = {kind.name for kind in kinds(settings_of(shop))} | {"pictures"}
    assert progress.keys() == names
    assert progress["events"] == {"deleted": newest, "done": True}
    assert run_jobs(shop, 2) == [False, False]
    execute(shop, "UPDATE job_runs SET started_at = started_at - interval '61 minutes'")
    assert run_jobs(shop, 1) == [True]


def test_a_run_that_died_is_taken_up_by_the_next(shop: Shop) -> None:
    newest = make_events(shop, 3)
    age_events(shop, newest, days=40)
    execute(
        shop,
        "UPDATE job_runs SET started_at = now() - interval '2 hours', finished_at = NULL",
    )
    assert run_jobs(shop, 1) == [True]
    assert kept(shop) == []


@pytest.mark.parametrize("broken", [0, 1])
def test_a_store_that_fails_keeps_no_other_one_from_its_turn(
    shop: Shop, other_shop: Shop, broken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = [shop, other_shop]
    newest = [make_events(one, 2) for one in shops]
    for one, upto in zip(shops, newest, strict=True):
        age_events(one, upto, days=40)
        write_down(one, 3_000)
    pruned = RetentionRepository.prune

    async def fails(self: RetentionRepository, kind: str, store: UUID | None, *rest: Any) -> Any:
        if store == shops[broken].id and kind == "events":
            raise ValueError("unreadable")
        return await pruned(self, kind, store, *rest)

    monkeypatch.setattr(RetentionRepository, "prune", fails)
    with pytest.raises(ValueError, match="unreadable"):
        prune(shop)
    assert [len(kept(one)) for one in shops] == [
        upto if place == broken else 0 for place, upto in enumerate(newest)
    ]
    assert [written(one) for one in shops] == [[], []]


def test_every_store_is_visited(
    shop: Shop, other_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the pages of stores are small."""
    monkeypatch.setattr("app.repositories.retention.PAGE", 1)

    async def walk() -> list[Any]:
        runtime = Runtime(shop.runtime.settings)
        repository = RetentionRepository(runtime.database)
        found: list[Any] = []
        try:
            code, page = await repository.stores()
            while page:
                found += page
                code, page = await repository.stores(code)
        finally:
            await runtime.close()
        return found

    found = asyncio.run(walk())
    assert len(found) == len(set(found))
    assert {shop.id, other_shop.id} <= set(found)
