"""What is sold out until a time: it comes back by itself, is told once, and refuses until then."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from app.core import clock
from app.core.database import Database
from app.local.processes import wait_until
from app.models import Item
from app.repositories.menu_returns import ReturnsRepository
from app.services.menu.returning import publish_returns
from tests.support.floor import Floor, order_body
from tests.support.menu_building import add_category, add_group, add_item, availability, ok, state
from tests.support.racing import at_once
from tests.support.shops import Json, Shop

AVAILABLE = {"status": "available", "until": None, "stock": None}


def changes(shop: Shop, after: int) -> list[Json]:
    return [data for kind, data in shop.events(after) if kind == "item.availability_changed"]


def later(**span: int) -> datetime:
    return clock.now() + timedelta(**span)


def sold_out_until(shop: Shop, item: Json, until: datetime) -> Json:
    return availability(shop, item, {"status": "sold_out", "until": until.isoformat()})


def look(shop: Shop, now: datetime) -> int:
    """One look of a worker at `now`; how much came back in all stores."""

    async def once() -> int:
        database = Database(shop.runtime.settings)
        try:
            return await publish_returns(database, now)
        finally:
            await database.close()

    return asyncio.run(once())


def test_a_return_is_told_within_about_a_second(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    sold_out_until(shop, item, later(minutes=5))
    seq, catalog = shop.counters()
    with clock.held_at(later(minutes=5)):
        assert wait_until(lambda: changes(shop, seq) != [], 4)
        assert changes(shop, seq) == [{"item_id": item["id"], "availability": AVAILABLE}]
        assert shop.counters() == (seq + 1, catalog + 1)
        read = ok(shop.staff.get(f"/menu/items/{item['id']}"))
        assert (state(read), read["version"]) == (AVAILABLE, 3)
        who = {"kind": "system", "id": None, "name": "system"}
        assert read["availability"]["changed_by"] == who
    actors = "SELECT actor->>'kind' FROM events WHERE store_id = %(store)s AND seq > %(after)s"
    assert shop.rows(actors, after=seq) == [("system",)]


def test_who_sold_it_out_stands_in_the_event_log(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    availability(shop, item, {"status": "sold_out"})
    newest = ok(shop.staff.get("/events"))["data"][-1]
    assert (newest["type"], newest["actor"]["name"]) == ("item.availability_changed", "staff")
    assert newest["occurred_at"].endswith("Z")


def test_an_option_comes_back_with_its_group(shop: Shop) -> None:
    group = add_group(shop)
    option = group["options"][0]
    wanted = {"status": "sold_out", "until": later(minutes=5).isoformat()}
    ok(shop.staff.put(f"/menu/options/{option['id']}/availability", json=wanted))
    before = ok(shop.manager.get("/menu/option-groups"))["data"][0]["version"]
    seq, _ = shop.counters()
    with clock.held_at(later(minutes=5)):
        assert wait_until(lambda: changes(shop, seq) != [], 4)
        assert changes(shop, seq) == [{"option_id": option["id"], "availability": AVAILABLE}]
        [read] = ok(shop.manager.get("/menu/option-groups"))["data"]
        assert read["version"] == before + 1


def test_what_has_no_portions_left_stays_sold_out(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    wanted = {"status": "sold_out", "until": later(minutes=5).isoformat(), "stock": 0}
    availability(shop, item, wanted)
    seq, _ = shop.counters()
    with clock.held_at(later(minutes=5)):
        assert wait_until(lambda: changes(shop, seq) != [], 4)
    [change] = changes(shop, seq)
    assert change["availability"] == {"status": "sold_out", "until": None, "stock": 0}


def test_what_was_undone_or_archived_in_between_does_not_return(shop: Shop) -> None:
    category = add_category(shop)
    undone, archived, witness = (add_item(shop, category) for _ in range(3))
    for item in (undone, archived, witness):
        sold_out_until(shop, item, later(minutes=5))
    availability(shop, undone, {"status": "sold_out"})
    assert shop.manager.delete(f"/menu/items/{archived['id']}").status_code == 204
    seq, _ = shop.counters()
    with clock.held_at(later(minutes=5)):
        assert wait_until(lambda: changes(shop, seq) != [], 4)
        assert [change["item_id"] for change in changes(shop, seq)] == [witness["id"]]
        read = ok(shop.staff.get(f"/menu/items/{undone['id']}"))
        assert read["availability"]["status"] == "sold_out"


def test_many_workers_tell_a_return_once(shop: Shop) -> None:
    category, group = add_category(shop), add_group(shop)
    items = [add_item(shop, category) for _ in range(5)]
    due = later(hours=1)
    for item in items:
        sold_out_until(shop, item, due)
    for option in group["options"]:
        wanted = {"status": "sold_out", "until": due.isoformat()}
        ok(shop.staff.put(f"/menu/options/{option['id']}/availability", json=wanted))
    seq, _ = shop.counters()

    at_once([lambda: look(shop, due)] * 6)
    # What was locked by another worker in that instant is its, or is left to the next look.
    look(shop, due)
    told = [change.get("item_id") or change["option_id"] for change in changes(shop, seq)]
    wanted_ids = [one["id"] for one in (*items, *group["options"])]
    assert sorted(told) == sorted(wanted_ids)


def test_an_order_is_refused_until_the_time_and_accepted_from_it_on(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    until = later(minutes=30)
    availability(shop, {"id": str(floor.stew)}, {"status": "sold_out", "until": until.isoformat()})
    counts = shop.counters()
    with clock.held_at(until - timedelta(microseconds=1)):
        refused = tablet.post("/orders/quote", json=order_body(floor.stew, 1))
        assert (refused.status_code, refused.json()["code"]) == (409, "item-unavailable")
        assert shop.counters() == counts
    with clock.held_at(until):
        assert _place(tablet, order_body(floor.stew, 1)).status_code == 201


@pytest.mark.parametrize(
    ("day_start", "now", "end"),
    [
        ("02:30", "2027-03-13T17:00:00Z", "2027-03-14T07:00:00.000000Z"),
        ("02:30", "2027-03-14T12:00:00Z", "2027-03-15T06:30:00.000000Z"),
        ("02:30", "2027-11-06T16:00:00Z", "2027-11-07T07:30:00.000000Z"),
        ("01:30", "2027-11-06T16:00:00Z", "2027-11-07T05:30:00.000000Z"),
        ("02:30", "2027-11-07T12:00:00Z", "2027-11-08T07:30:00.000000Z"),
    ],
)
def test_the_business_day_ends_by_the_stores_clock_on_days_of_23_and_25_hours(
    shop: Shop, day_start: str, now: str, end: str
) -> None:
    """In New York 02:30 is skipped on 14 March (03:00 ends the day), 01:30 comes twice later on."""
    shop.set(timezone="America/New_York", business_day_start=day_start)
    with clock.held_at(datetime.fromisoformat(now)):
        item = add_item(shop, add_category(shop))
        set_to = availability(shop, item, {"status": "sold_out", "until": "business_day_end"})
    assert set_to["availability"]["until"] == end


def test_two_lines_of_one_item_take_their_stock_together(shop: Shop) -> None:
    floor = Floor(shop)
    availability(shop, {"id": str(floor.stew)}, {"status": "available", "stock": 3})
    twice = order_body(floor.stew, 2)
    twice["lines"] = twice["lines"] * 2
    tablet = floor.tablet(1)
    counts = shop.counters()
    stock = "SELECT stock FROM items WHERE store_id = %(store)s AND id = %(item)s"

    refused = _place(tablet, twice)
    assert (refused.status_code, refused.json()["code"]) == (409, "stock-insufficient")
    assert shop.counters() == counts
    assert shop.rows(stock, item=floor.stew) == [(3,)]

    fits = order_body(floor.stew, 1)
    fits["lines"] = [*fits["lines"], *twice["lines"][:1]]
    assert _place(tablet, fits).status_code == 201
    assert shop.rows(stock, item=floor.stew) == [(0,)]
    [change] = changes(shop, counts[0])
    assert change["availability"] == {"status": "sold_out", "until": None, "stock": 0}


def _place(tablet: httpx.Client, body: Json) -> httpx.Response:
    return tablet.post("/orders", json=body, headers={"Idempotency-Key": str(uuid4())})


@pytest.mark.parametrize("broken", [0, 1])
def test_a_store_that_fails_keeps_no_other_one_from_its_turn(
    shop: Shop, other_shop: Shop, broken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = [shop, other_shop]
    until = later(days=1)
    items = [add_item(one, add_category(one)) for one in shops]
    for one, item in zip(shops, items, strict=True):
        sold_out_until(one, item, until)
    seqs = [one.counters()[0] for one in shops]
    items_due = ReturnsRepository.items

    async def fails(self: ReturnsRepository, now: datetime) -> Sequence[Item]:
        if self.store_id == shops[broken].id:
            raise ValueError("unreadable")
        return await items_due(self, now)

    monkeypatch.setattr(ReturnsRepository, "items", fails)
    with pytest.raises(ValueError, match="unreadable"):
        look(shop, until)
    assert [len(changes(one, seq)) for one, seq in zip(shops, seqs, strict=True)] == [
        int(place != broken) for place in range(2)
    ]
