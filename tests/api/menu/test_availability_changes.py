"""Who set an availability and when: for staff, whichever way it was set; for no guest."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.security.permissions import Role
from tests.support.floor import Floor, order_body
from tests.support.menu_building import (
    add_category,
    add_group,
    add_item,
    availability,
    if_match,
    menu_items,
    ok,
)
from tests.support.shops import Json, Shop
from tests.support.streams import listening

SOLD_OUT = {"status": "sold_out"}
NOBODY = (None, None)


def who(thing: Json) -> tuple[str | None, str | None]:
    """Kind and name of who set the availability, if somebody has."""
    by, at = thing["availability"]["changed_by"], thing["availability"]["changed_at"]
    assert (by is None) == (at is None)
    return (by["kind"], by["name"]) if by else NOBODY


def by_put(shop: Shop, item: Json, option: Json) -> None:
    availability(shop, item, SOLD_OUT)
    ok(shop.staff.put(f"/menu/options/{option['id']}/availability", json=SOLD_OUT))


def by_bulk(shop: Shop, item: Json, option: Json) -> None:
    body = {**SOLD_OUT, "items": [item["id"]], "options": [option["id"]]}
    answer = ok(shop.staff.put("/menu/availability", json=body))
    assert [who(one) for one in (*answer["items"], *answer["options"])] == [("staff", "staff")] * 2


def read(shop: Shop, item: Json) -> tuple[Json, Json]:
    """The item and the first option, as staff lists have them."""
    [shown] = ok(shop.kitchen.get("/menu/items"))["data"]
    assert shown == ok(shop.kitchen.get(f"/menu/items/{item['id']}"))
    [group] = ok(shop.kitchen.get("/menu/option-groups"))["data"]
    return shown, group["options"][0]


@pytest.mark.parametrize("change", [by_put, by_bulk])
def test_staff_lists_say_who_and_when(
    shop: Shop, change: Callable[[Shop, Json, Json], None]
) -> None:
    item, group = add_item(shop, add_category(shop)), add_group(shop)
    assert [who(one) for one in read(shop, item)] == [NOBODY] * 2
    before = clock.now()
    change(shop, item, group["options"][0])
    for shown in read(shop, item):
        assert who(shown) == ("staff", "staff")
        assert before <= datetime.fromisoformat(shown["availability"]["changed_at"]) <= clock.now()


def test_what_holds_already_stays_with_who_set_it(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    first = availability(shop, item, SOLD_OUT)
    path = f"/menu/items/{item['id']}"
    assert ok(shop.manager.put(f"{path}/availability", json=SOLD_OUT)) == first
    ok(shop.manager.patch(path, json={"price": 9500}, headers=if_match(first["version"])))
    assert ok(shop.staff.get(path))["availability"] == first["availability"]
    other = ok(shop.manager.put(f"{path}/availability", json={"status": "available"}))
    assert who(other) == ("staff", "manager")


def test_orders_take_of_the_stock_and_change_nobodys_word(shop: Shop) -> None:
    floor = Floor(shop)
    set_to = {"status": "available", "stock": 2}
    counted = ok(shop.staff.put(f"/menu/items/{floor.stew}/availability", json=set_to))
    key = {"Idempotency-Key": "two-stews"}
    ok(floor.tablet(1).post("/orders", json=order_body(floor.stew, 2), headers=key), 201)
    after = ok(shop.staff.get(f"/menu/items/{floor.stew}"))["availability"]
    assert (after["status"], after["stock"]) == ("sold_out", 0)
    for name in ("changed_by", "changed_at"):
        assert after[name] == counted["availability"][name]


def test_time_was_the_last_to_change_what_has_come_back(shop: Shop) -> None:
    """Already before the job has written it down."""
    item = add_item(shop, add_category(shop))
    until = clock.now() + timedelta(minutes=5)
    availability(shop, item, SOLD_OUT | {"until": until.isoformat()})
    with clock.held_at(until):
        shown = ok(shop.staff.get(f"/menu/items/{item['id']}"))
    assert who(shown) == ("system", "system")
    assert datetime.fromisoformat(shown["availability"]["changed_at"]) == until


def test_new_things_say_who_made_them_other_than_available(shop: Shop) -> None:
    item = add_item(shop, add_category(shop), availability=SOLD_OUT)
    options = [
        {"name": {"ko": "곱빼기"}, "availability": {"status": "available", "stock": 3}},
        {"name": {"ko": "보통"}, "availability": {"status": "available"}},
    ]
    group = add_group(shop, options=options)
    assert [who(one) for one in (item, *group["options"])] == [
        ("staff", "manager"),
        ("staff", "manager"),
        NOBODY,
    ]


def test_a_file_is_the_word_of_who_imports_it(shop: Shop) -> None:
    owner = shop.client(Role.OWNER)
    add_item(shop, add_category(shop))
    file = ok(owner.get("/menu/export", params={"format": "json"}))
    for status, expected in (("sold_out", ("staff", "owner")), ("sold_out", ("staff", "owner"))):
        file["categories"][0]["items"][0]["availability"] = {"status": status}
        file["categories"][0]["items"][1:] = [
            {"name": {"ko": "새 메뉴"}, "price": 1, "availability": {"status": "hidden"}},
            {"name": {"ko": "다른 메뉴"}, "price": 1},
        ]
        ok(owner.post("/menu/import?set_availability=true", json=file))
        shown = {one["name"]["ko"]: who(one) for one in ok(shop.staff.get("/menu/items"))["data"]}
        assert shown == {"김치찌개": expected, "새 메뉴": expected, "다른 메뉴": NOBODY}


def test_no_guest_learns_who_it_was_or_what_is_left(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    head = shop.counters()[0]
    with listening(tablet, str(head)) as heard:
        path = f"/menu/items/{floor.stew}"
        ok(shop.staff.put(f"{path}/availability", json={"status": "available", "stock": 7}))
        version = ok(shop.staff.get(path))["version"]
        steps = [{"starts_at": "2099-01-01T00:00:00Z", "price": 12_345}]
        ok(shop.manager.put(f"{path}/price-schedule", json=steps, headers=if_match(version)))
        events = [heard.get(timeout=3) for _ in range(2)]
    with listening(tablet, str(head)) as heard:
        replayed = [heard.get(timeout=3) for _ in range(2)]
    assert replayed == events
    data: list[Any] = [event[2]["data"] for event in events if event]
    assert data == [
        {"item_id": floor.stew, "availability": {"status": "available", "until": None}},
        {"kind": "item", "change": "updated", "item": {"id": floor.stew}},
    ]
    assert "changed_by" not in json.dumps(menu_items(shop))
    staff_read = [data for _, data in shop.events(head)]
    assert staff_read[0]["availability"]["stock"] == 7
    assert staff_read[1]["item"]["price_schedule"][0]["price"] == 12_345
