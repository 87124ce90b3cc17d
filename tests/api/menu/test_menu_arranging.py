"""Putting lists in order, and marking many things at once."""

from typing import Any

import pytest

from app.core.ids import uuid7
from tests.support.menu_building import (
    add_category,
    add_group,
    add_item,
    if_match,
    menu_items,
    ok,
)
from tests.support.racing import at_once, sender
from tests.support.shops import Json, Shop

NOWHERE = "01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"
SOLD_OUT = {"status": "sold_out"}


def ids(rows: list[Json]) -> list[str]:
    return [row["id"] for row in rows]


def test_categories_are_put_in_order_at_once(shop: Shop) -> None:
    first, second, third = (add_category(shop, name={"ko": name}) for name in "가나다")
    for category in (first, second, third):
        add_item(shop, category)
    seq, catalog = shop.counters()
    wanted = ids([third, second, first])
    listed = ok(shop.manager.put("/menu/categories/order", json={"ids": wanted}))
    assert ids(listed["data"]) == wanted
    assert [row["position"] for row in listed["data"]] == [0, 1, 2]
    # The one in the middle stays where it is, and its version with it.
    assert [row["version"] for row in listed["data"]] == [2, 1, 2]
    assert [row["item_count"] for row in listed["data"]] == [1, 1, 1]
    assert ok(shop.kitchen.get("/menu/categories")) == listed
    assert ids(ok(shop.tablet(uuid7()).get("/menu"))["categories"]) == wanted
    assert shop.counters() == (seq + 1, catalog + 1)
    [(type_, data)] = shop.events(seq)
    assert type_ == "menu.changed"
    assert data == {"kind": "category", "change": "reordered", "ids": wanted}


def test_the_items_of_a_category_are_put_in_order(shop: Shop) -> None:
    category, other = add_category(shop), add_category(shop)
    items = [add_item(shop, category, name={"ko": name}) for name in "가나다라"]
    elsewhere = add_item(shop, other)
    wanted = ids([items[2], items[0], items[3], items[1]])
    seq, _ = shop.counters()
    path = f"/menu/categories/{category['id']}/items/order"
    assert ids(ok(shop.manager.put(path, json={"ids": wanted}))["data"]) == wanted
    assert ids(menu_items(shop)) == [*wanted, elsewhere["id"]]
    [(_, data)] = shop.events(seq)
    assert data == {
        "kind": "item",
        "change": "reordered",
        "ids": wanted,
        "category_id": category["id"],
    }


def test_option_groups_and_their_options_are_put_in_order(shop: Shop) -> None:
    groups = [add_group(shop, name={"ko": name}) for name in "가나"]
    wanted = ids(groups[::-1])
    answer = ok(shop.manager.put("/menu/option-groups/order", json={"ids": wanted}))
    assert ids(answer["data"]) == wanted
    assert ok(shop.kitchen.get("/menu/option-groups")) == answer
    group = answer["data"][0]
    turned = ids(group["options"][::-1])
    path = f"/menu/option-groups/{group['id']}/options/order"
    stale = shop.manager.put(path, json={"ids": turned}, headers=if_match(group["version"] + 1))
    assert stale.status_code == 412
    changed = shop.manager.put(path, json={"ids": turned}, headers=if_match(group["version"]))
    assert ids(ok(changed)["options"]) == turned
    assert changed.headers["etag"] == f'"{group["version"] + 1}"'
    add_item(shop, add_category(shop), option_groups=[{"id": group["id"]}])
    assert ids(menu_items(shop)[0]["option_groups"][0]["options"]) == turned


def test_the_order_that_holds_already_changes_nothing(shop: Shop) -> None:
    group, category = add_group(shop), add_category(shop)
    item = add_item(shop, category)
    before = shop.counters()
    for path, wanted in (
        ("/menu/categories/order", [category["id"]]),
        (f"/menu/categories/{category['id']}/items/order", [item["id"]]),
        ("/menu/option-groups/order", [group["id"]]),
        (f"/menu/option-groups/{group['id']}/options/order", ids(group["options"])),
    ):
        ok(shop.manager.put(path, json={"ids": wanted}))
    assert shop.counters() == before
    assert ok(shop.kitchen.get("/menu/option-groups"))["data"] == [group]


def test_as_many_can_be_put_in_order_as_a_file_brings(shop: Shop) -> None:
    strangers = [str(uuid7()) for _ in range(5001)]
    for count, code in ((5000, "unknown"), (5001, "too-long")):
        answer = shop.manager.put("/menu/categories/order", json={"ids": strangers[:count]})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


def test_an_order_names_exactly_the_live_ones(shop: Shop, other_shop: Shop) -> None:
    first, second, gone = (add_category(shop) for _ in range(3))
    shop.manager.delete(f"/menu/categories/{gone['id']}")
    foreign = add_category(other_shop)
    before, listed = shop.counters(), ok(shop.kitchen.get("/menu/categories"))

    def refused(*wanted: Json) -> list[tuple[str, str]]:
        answer = shop.manager.put("/menu/categories/order", json={"ids": ids(list(wanted))})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
        return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]

    assert refused(second) == [("/ids", "missing")]
    assert refused(second, first, gone) == [("/ids/2", "unknown")]
    assert refused(foreign, second, first) == [("/ids/0", "unknown")]
    assert refused(second, first, second) == [("/ids/2", "repeated")]
    assert refused() == [("/ids", "missing")] * 2
    assert shop.counters() == before
    assert ok(shop.kitchen.get("/menu/categories")) == listed


@pytest.mark.parametrize(
    "path",
    [
        "/menu/categories/order",
        f"/menu/categories/{NOWHERE}/items/order",
        "/menu/option-groups/order",
        f"/menu/option-groups/{NOWHERE}/options/order",
    ],
)
def test_only_managers_put_in_order(shop: Shop, path: str) -> None:
    assert shop.staff.put(path, json={"ids": []}).status_code == 403
    unknown = shop.manager.put(path, json={"ids": []}).status_code
    assert unknown == (404 if NOWHERE in path else 200)


def test_two_managers_who_put_in_order_at_once_both_succeed(shop: Shop) -> None:
    category = add_category(shop)
    wanted = ids([add_item(shop, category) for _ in range(8)])
    path = f"/menu/categories/{category['id']}/items/order"
    orders = [wanted, wanted[::-1], wanted[4:] + wanted[:4], wanted[1:] + wanted[:1]]
    answers = at_once([sender(shop.manager, "PUT", path, {"ids": one}) for one in orders])
    assert [answer.status_code for answer in answers] == [200] * 4
    assert ids(menu_items(shop)) in orders


# -- many at once ----------------------------------------------------------------------------------


def test_many_are_sold_out_at_once(shop: Shop) -> None:
    category, group = add_category(shop), add_group(shop)
    first, second, third = (
        add_item(shop, category, option_groups=[{"id": group["id"]}]) for _ in range(3)
    )
    hot = group["options"][1]
    seq, catalog = shop.counters()
    body = {"items": ids([second, first]), "options": [hot["id"]], **SOLD_OUT}
    answer = ok(shop.staff.put("/menu/availability", json=body))
    assert ids(answer["items"]) == body["items"]
    assert [row["availability"]["status"] for row in answer["items"]] == ["sold_out"] * 2
    assert [row["version"] for row in answer["items"] + answer["options"]] == [2, 2, 2]
    assert shop.counters() == (seq + 3, catalog + 1)
    events = shop.events(seq)
    assert {type_ for type_, _ in events} == {"item.availability_changed"}
    told = {data.get("item_id") or data["option_id"] for _, data in events}
    assert told == {first["id"], second["id"], hot["id"]}
    shown = {row["id"]: row["availability"]["status"] for row in menu_items(shop)}
    assert shown == {
        first["id"]: "sold_out",
        second["id"]: "sold_out",
        third["id"]: "available",
    }
    [stored] = ok(shop.kitchen.get("/menu/option-groups"))["data"]
    assert (stored["version"], stored["options"][1]["availability"]["status"]) == (2, "sold_out")
    before = shop.counters()
    again = ok(shop.staff.put("/menu/availability", json=body))
    assert (again, shop.counters()) == (answer, before)


def test_until_and_stock_hold_for_each(shop: Shop) -> None:
    category = add_category(shop)
    items = [add_item(shop, category) for _ in range(2)]
    body: Json = {"items": ids(items), **SOLD_OUT, "until": "business_day_end", "stock": 5}
    changed = ok(shop.staff.put("/menu/availability", json=body))["items"]
    assert {row["availability"]["stock"] for row in changed} == {5}
    assert all(row["availability"]["until"] for row in changed)


@pytest.mark.parametrize(
    "change",
    [
        {"items": [NOWHERE]},
        {"options": [NOWHERE]},
        {"items": []},
        {"status": "gone"},
        {"until": "2001-01-01T00:00:00Z"},
        {"status": "available", "until": "business_day_end"},
        {"stock": -1},
        {"more": 1},
    ],
    ids=str,
)
def test_all_of_them_or_none(shop: Shop, other_shop: Shop, change: dict[str, Any]) -> None:
    category, group = add_category(shop), add_group(shop)
    item = add_item(shop, category)
    foreign = add_item(other_shop, add_category(other_shop))
    archived = add_item(shop, category)
    shop.manager.delete(f"/menu/items/{archived['id']}")
    before, others = shop.counters(), other_shop.counters()
    good: dict[str, Any] = {"items": [item["id"]], **SOLD_OUT}
    bodies = [{**good, "options": [group["options"][0]["id"]], **change}]
    if change == {"items": []}:
        bodies = [{**good, "items": []}]
        bodies += [
            {**good, "items": [item["id"], more]}
            for more in (item["id"], foreign["id"], archived["id"])
        ]
    for body in bodies:
        answer = shop.staff.put("/menu/availability", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert shop.counters() == before
    assert other_shop.counters() == others
    assert ok(shop.kitchen.get(f"/menu/items/{item['id']}")).items() >= item.items()
    assert ok(shop.kitchen.get("/menu/option-groups"))["data"] == [group]


def test_the_kitchen_marks_nothing(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    refused = shop.kitchen.put("/menu/availability", json={"items": [item["id"]], **SOLD_OUT})
    assert refused.status_code == 403


def test_marking_many_and_marking_each_at_once_never_lock_each_other_out(shop: Shop) -> None:
    category, groups = add_category(shop), [add_group(shop) for _ in range(3)]
    items = ids([add_item(shop, category) for _ in range(5)])
    options = [option["id"] for group in groups for option in group["options"]]

    def mark(turned: int, status: str) -> Any:
        body = {"items": items[::turned], "options": options[::turned], "status": status}
        return sender(shop.staff, "PUT", "/menu/availability", body)

    calls = [mark(1, "sold_out"), mark(-1, "available"), mark(1, "hidden"), mark(-1, "sold_out")]
    calls += [
        sender(shop.staff, "PUT", f"/menu/options/{one}/availability", SOLD_OUT)
        for one in options[:4]
    ]
    assert {answer.status_code for answer in at_once(calls)} == {200}
    versions = shop.rows("SELECT count(*) FROM items WHERE store_id = %(store)s")
    assert versions == [(5,)]
