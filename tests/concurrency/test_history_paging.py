"""Pages neither repeat nor leave out, while orders arrive and change between and beside them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.local.processes import wait_until
from tests.support.floor import Floor, order_body
from tests.support.menu_building import ok
from tests.support.racing import at_once, sender
from tests.support.shops import Json, Shop
from tests.support.traffic import own_connection

BEFORE, WRITERS = 30, 3
MOST, PAUSE = 20, 0.03
"""How many orders each writer sends at most, and how long it rests after each, in seconds."""
LONG_AGO = {"updated_after": "2000-01-01T00:00:00Z"}


@pytest.fixture
def floor(shop: Shop) -> Floor:
    made = Floor(shop)
    for place in range(BEFORE):
        _order(made.tablet(1 + place % WRITERS), made.stew)
    return made


def _order(client: httpx.Client, item: str) -> Json:
    headers = {"Idempotency-Key": str(uuid4())}
    return ok(client.post("/orders", json=order_body(item, 1), headers=headers), 201)


@contextmanager
def writing(floor: Floor) -> Iterator[list[str]]:
    """Tablets that order and a kitchen that works through it, until the block ends."""
    over, placed = threading.Event(), list[str]()
    with ThreadPoolExecutor(WRITERS + 1) as pool:
        tablets = [floor.tablet(number) for number in range(1, WRITERS + 1)]
        jobs = [pool.submit(_keep_ordering, one, floor.stew, placed, over) for one in tablets]
        jobs.append(pool.submit(_keep_cooking, floor.shop.kitchen, placed, over))
        try:
            yield placed
        finally:
            over.set()
        for job in jobs:
            job.result()


def _keep_ordering(
    client: httpx.Client, item: str, placed: list[str], over: threading.Event
) -> None:
    with own_connection(client) as tablet:
        for _ in range(MOST):
            placed.append(_order(tablet, item)["id"])
            if over.wait(PAUSE):
                return


def _keep_cooking(client: httpx.Client, placed: list[str], over: threading.Event) -> None:
    with own_connection(client) as kitchen:
        for place in range(MOST * WRITERS):
            if place < len(placed):
                ok(kitchen.patch(f"/orders/{placed[place]}", json={"status": "preparing"}))
            if over.wait(PAUSE):
                return


def pages(client: httpx.Client, **query: str) -> Iterator[list[Json]]:
    """One page of seven after the other."""
    cursor: dict[str, Any] = {}
    while cursor is not None:
        page = ok(client.get("/orders", params={"limit": "7", **query, **cursor}))
        yield page["data"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def numbers(orders: list[Json]) -> list[tuple[str, int]]:
    return [(one["business_date"], one["number"]) for one in orders]


def test_newest_first_leaves_nothing_out_while_orders_arrive(floor: Floor) -> None:
    with writing(floor) as placed:
        assert wait_until(lambda: len(placed) >= WRITERS, 30)
        runs = [[one for page in pages(floor.shop.staff) for one in page] for _ in range(3)]

    for run in runs:
        found = numbers(run)
        # From the newest one that the first page saw, every single one down to the first.
        assert [number for _, number in found] == list(range(found[0][1], 0, -1))
        assert len({one["id"] for one in run}) == len(run)


def test_an_order_that_commits_late_is_never_among_those_that_were_passed(
    floor: Floor, database_url: str
) -> None:
    """Ids and times are older than those of its neighbours, its number is not."""
    slow = sender(floor.tablet(1), "POST", "/orders", order_body(floor.stew, 1), str(uuid4()))
    with psycopg.connect(database_url) as holder, ThreadPoolExecutor(1) as pool:
        # The slow one waits for its session while it has its id and time already.
        holder.execute(
            "SELECT 1 FROM table_sessions WHERE store_id = %s AND table_id = %s"
            " AND status = 'open' FOR UPDATE",
            (floor.shop.id, floor.table(1)),
        )
        waiting = pool.submit(slow)
        _until_somebody_waits(database_url)
        quick = [_order(floor.tablet(2), floor.stew) for _ in range(3)]
        reading = pages(floor.shop.staff)
        first = next(reading)
        holder.rollback()
        late = waiting.result().json()
        rest = [one for page in reading for one in page]

    assert late["id"] < min(one["id"] for one in quick)
    assert late["number"] > max(one["number"] for one in quick)
    seen = [one["number"] for one in (*first, *rest)]
    assert seen == list(range(BEFORE + len(quick), 0, -1))
    assert next(pages(floor.shop.staff))[0]["id"] == late["id"]


def _until_somebody_waits(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as watcher:
        query = "SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1"
        assert wait_until(lambda: bool(watcher.execute(query).fetchall()), 30)


def test_changes_leave_nothing_out_while_orders_change(floor: Floor) -> None:
    before = {one["id"] for page in pages(floor.shop.staff) for one in page}
    with writing(floor):
        run = [one for page in pages(floor.shop.staff, **LONG_AGO) for one in page]

    # Once for each change that was seen, the oldest change first, and nobody is missing.
    assert before <= {one["id"] for one in run}
    stamps = [(one["updated_at"], one["id"]) for one in run]
    assert stamps == sorted(stamps)
    assert len({(one["id"], one["version"]) for one in run}) == len(run)


def test_orders_of_the_same_instant_are_all_on_some_page(floor: Floor, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE orders SET updated_at = '2026-11-25T09:00:00Z' WHERE store_id = %s",
            (floor.shop.id,),
        )
    run = [one["id"] for page in pages(floor.shop.staff, **LONG_AGO) for one in page]
    assert run == sorted(run)
    assert len(run) == BEFORE


def test_two_readers_at_once_see_the_same(floor: Floor) -> None:
    def read() -> list[str]:
        with own_connection(floor.shop.staff) as client:
            return [one["id"] for page in pages(client) for one in page]

    first, second = at_once([read, read])
    assert first == second
    assert len(first) == BEFORE
