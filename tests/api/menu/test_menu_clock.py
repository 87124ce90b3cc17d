"""What the clock changes in a menu is told: once, to whoever listens, and audited."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.core.database import Database
from app.core.security.permissions import Role
from app.local.processes import wait_until
from app.services.menu.clock import publish_clocks
from tests.support.menu_building import add_category, add_item, availability, if_match, ok
from tests.support.racing import at_once
from tests.support.retention import execute
from tests.support.shops import Json, Shop

SEOUL = ZoneInfo("Asia/Seoul")


def look(shop: Shop, now: datetime) -> int:
    """One look of a worker at `now`; what it told of all stores."""

    async def once() -> int:
        database = Database(shop.runtime.settings)
        try:
            return await publish_clocks(database, now)
        finally:
            await database.close()

    return asyncio.run(once())


def told(shop: Shop, after: int) -> list[Json]:
    """What the clock was told to have changed since the event `after`."""
    return [data for _, data in shop.events(after) if data.get("change") == "clock"]


def has_told(shop: Shop, after: int, count: int) -> bool:
    return len(told(shop, after)) == count


def struck(*items: Json) -> Json:
    return {"kind": "menu", "change": "clock", "items": [item["id"] for item in items]}


def worked_out(shop: Shop) -> bool:
    """Whether it is known when the clock changes the menu next."""
    query = "SELECT due_at <= told_until FROM menu_clocks WHERE store_id = %(store)s"
    return shop.rows(query) != [(True,)]


def from_tomorrow(hours: int, length: int = 1) -> tuple[datetime, Json]:
    """A window that begins at an hour of tomorrow in the store's zone, and when that is."""
    start = clock.now().astimezone(SEOUL).replace(hour=hours, minute=0, second=0, microsecond=0)
    start += timedelta(days=1)
    window = {"start": f"{hours:02}:00", "end": f"{hours + length:02}:00"}
    return start.astimezone(UTC), {"weekday": start.isoweekday(), **window}


def plan(shop: Shop, item: Json, path: str, body: object) -> Json:
    version = ok(shop.manager.get(f"/menu/items/{item['id']}"))["version"]
    url = f"/menu/items/{item['id']}/{path}"
    return ok(shop.manager.put(url, json=body, headers=if_match(version)))


def test_a_daypart_that_begins_and_ends_is_told_within_about_a_second(shop: Shop) -> None:
    start, window = from_tomorrow(11, 3)
    lunch = add_category(shop, dayparts=[window])
    first, second = add_item(shop, lunch), add_item(shop, lunch)
    hidden = add_item(shop, lunch)
    availability(shop, hidden, {"status": "hidden"})
    add_item(shop, add_category(shop))
    assert wait_until(lambda: worked_out(shop), 5)
    seq, catalog = shop.counters()
    for hours, count in ((0, 1), (3, 2)):
        with clock.held_at(start + timedelta(hours=hours)):
            assert wait_until(partial(has_told, shop, seq, count), 5)
    assert told(shop, seq) == [struck(first, second)] * 2
    assert shop.counters() == (seq + 2, catalog)
    actors = "SELECT DISTINCT actor->>'kind' FROM events WHERE store_id = %(store)s AND seq > %(s)s"
    assert shop.rows(actors, s=seq) == [("system",)]


def test_many_workers_tell_a_boundary_once_and_leave_no_gap(shop: Shop) -> None:
    start, window = from_tomorrow(9)
    items = [add_item(shop, add_category(shop), dayparts=[window]) for _ in range(3)]
    assert wait_until(lambda: worked_out(shop), 5)
    seq, _ = shop.counters()
    at_once([lambda: look(shop, start)] * 6)
    assert told(shop, seq) == [struck(*items)]
    numbers = "SELECT seq FROM events WHERE store_id = %(store)s ORDER BY seq"
    assert shop.rows(numbers) == [(number,) for number in range(1, seq + 2)]


@pytest.mark.parametrize("broken", [0, 1])
def test_a_store_that_fails_keeps_no_other_one_from_its_turn(
    shop: Shop, other_shop: Shop, broken: int
) -> None:
    start, window = from_tomorrow(9)
    shops = [shop, other_shop]
    items = [add_item(one, add_category(one), dayparts=[window]) for one in shops]
    assert wait_until(lambda: all(map(worked_out, shops)), 5)
    seqs = [one.counters()[0] for one in shops]
    plans = "UPDATE items SET price_schedule = %(plan)s::jsonb WHERE store_id = %(store)s"

    execute(shops[broken], plans, plan='[{"price": 1, "starts_at": "never"}]')
    try:
        with pytest.raises(ValueError, match="never"):
            look(shop, start)
        assert [told(one, seq) for one, seq in zip(shops, seqs, strict=True)] == [
            [] if place == broken else [struck(item)] for place, item in enumerate(items)
        ]
    finally:
        execute(shops[broken], plans, plan="[]")
    look(shop, start)
    assert told(shops[broken], seqs[broken]) == [struck(items[broken])]


def test_a_planned_price_is_told_and_audited_when_it_starts(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    first, second = (clock.now() + timedelta(days=days) for days in (2, 3))
    steps = [
        {"starts_at": first.isoformat(), "price": 9500},
        {"starts_at": second.isoformat(), "price": 9900},
    ]
    plan(shop, item, "price-schedule", steps)
    assert wait_until(lambda: worked_out(shop), 5)
    seq, _ = shop.counters()
    look(shop, first - timedelta(microseconds=1))
    assert told(shop, seq) == []
    look(shop, first)
    look(shop, second)
    look(shop, second)
    assert told(shop, seq) == [struck(item)] * 2
    entries = ok(shop.manager.get("/audit-log", params={"action": "price-changed"}))["data"]
    assert [(one["actor"]["kind"], one["target_id"], one["details"]) for one in entries] == [
        (
            "system",
            item["id"],
            {"before": before, "after": after, "planned_for": instant.isoformat()},
        )
        for before, after, instant in ((9500, 9900, second), (9000, 9500, first))
    ]


def test_a_happy_hour_is_told_when_it_begins_and_ends(shop: Shop) -> None:
    start, window = from_tomorrow(17, 2)
    item = add_item(shop, add_category(shop))
    plan(shop, item, "happy-hours", [{"price": 7000, "windows": [window]}])
    assert wait_until(lambda: worked_out(shop), 5)
    seq, _ = shop.counters()
    for hours in (-1, 0, 1, 2, 3):
        look(shop, start + timedelta(hours=hours))
    assert told(shop, seq) == [struck(item)] * 2


def test_what_nobody_told_in_time_is_told_together(shop: Shop) -> None:
    start, window = from_tomorrow(6, 12)
    _, later = from_tomorrow(7, 12)
    category = add_category(shop)
    items = [add_item(shop, category, dayparts=[one]) for one in (window, later)]
    assert wait_until(lambda: worked_out(shop), 5)
    seq, _ = shop.counters()
    look(shop, start + timedelta(hours=2))
    assert told(shop, seq) == [struck(*items)]


@pytest.mark.parametrize("edit", ["dayparts", "timezone", "archive"])
def test_an_edit_moves_the_boundary(shop: Shop, edit: str) -> None:
    body: Json
    start, window = from_tomorrow(11)
    item = add_item(shop, add_category(shop), dayparts=[window])
    assert wait_until(lambda: worked_out(shop), 5)
    path, headers = f"/menu/items/{item['id']}", if_match(1)
    if edit == "dayparts":
        body = {"dayparts": [{**window, "start": "10:00"}]}
        ok(shop.manager.patch(path, json=body, headers=headers))
        moved: datetime | None = start - timedelta(hours=1)
    elif edit == "timezone":
        body = {"timezone": "Asia/Shanghai"}
        ok(shop.client(Role.OWNER).patch("/store", json=body, headers=headers))
        moved = start + timedelta(hours=1)
    else:
        assert shop.manager.delete(path).status_code == 204
        moved = None
    assert wait_until(lambda: worked_out(shop), 5)
    due = "SELECT due_at FROM menu_clocks WHERE store_id = %(store)s"
    assert shop.rows(due) == [(moved,)]


def test_a_boundary_is_told_though_somebody_edits_at_that_instant(shop: Shop) -> None:
    """The edit comes after the boundary and before any worker has told it."""
    start, window = from_tomorrow(11, 3)
    item = add_item(shop, add_category(shop), dayparts=[window])
    other = add_item(shop, add_category(shop))
    assert wait_until(lambda: worked_out(shop), 5)
    seq, _ = shop.counters()
    with clock.held_at(start):
        body = {"price": 9500}
        ok(shop.manager.patch(f"/menu/items/{other['id']}", json=body, headers=if_match(1)))
    look(shop, start + timedelta(seconds=1))
    assert told(shop, seq) == [struck(item)]
