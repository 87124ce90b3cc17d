"""Option groups: shared between items, with bounds that must be satisfiable."""

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
from tests.support.shops import Shop


def test_a_group_comes_with_its_options(shop: Shop) -> None:
    group = add_group(shop, min_select=1)
    assert [one["position"] for one in group["options"]] == [0, 1]
    assert [one["price"] for one in group["options"]] == [0, 500]
    listed = ok(shop.kitchen.get("/menu/option-groups"))
    assert listed == {"data": [group], "next_cursor": None}


def test_the_list_of_options_is_replaced_as_a_whole(shop: Shop) -> None:
    group = add_group(shop)
    mild, hot = group["options"]
    seq, _ = shop.counters()
    body = {
        "options": [
            {"id": hot["id"], "price": 700},
            {"name": {"ko": "아주 매운맛"}, "price": 900, "max_quantity": 2},
        ]
    }
    path = f"/menu/option-groups/{group['id']}"
    changed = ok(shop.manager.patch(path, json=body, headers=if_match(1)))
    assert changed["version"] == 2
    kept, new = changed["options"]
    assert kept == {**hot, "price": 700, "position": 0, "version": 2}
    assert (new["price"], new["max_quantity"], new["position"]) == (900, 2, 1)
    assert [type_ for type_, _ in shop.events(seq)] == ["menu.changed"]
    audit = "SELECT target_id, details FROM audit_entries WHERE store_id = %(store)s"
    [(target, details)] = shop.rows(audit)
    assert (str(target), details) == (hot["id"], {"before": 500, "after": 700})
    # The one that was left out is archived: it can't come back by its id.
    gone = shop.manager.patch(path, json={"options": [{"id": mild["id"]}]}, headers=if_match(2))
    assert (gone.status_code, gone.json()["errors"][0]["pointer"]) == (422, "/options/0/id")
    state = shop.staff.put(f"/menu/options/{mild['id']}/availability", json={"status": "hidden"})
    assert state.status_code == 404


WRONG_GROUPS: list[tuple[dict[str, Any], str]] = [
    ({"options": []}, "/options"),
    ({"min_select": 3, "max_select": 2}, "/min_select"),
    ({"min_select": 3, "max_select": 3}, "/min_select"),
    ({"max_select": 0}, "/max_select"),
    ({"name": {"en": "Size"}}, "/name"),
    ({"options": [{"price": 5}]}, "/options/0"),
    ({"options": [{"name": {"en": "Size"}}]}, "/options/0/name"),
    ({"options": [{"name": {"ko": "소"}, "price": 1.5}]}, "/options/0/price"),
    ({"options": [{"name": {"ko": "소"}, "max_quantity": 100}]}, "/options/0/max_quantity"),
    ({"options": [{"name": {"ko": "소"}, "id": str(uuid7())}]}, "/options/0/id"),
    ({"options": [{"name": {"ko": "소"}, "is_default": True}] * 2}, "/options"),
]


@pytest.mark.parametrize(("fields", "pointer"), WRONG_GROUPS, ids=lambda value: str(value)[:40])
def test_what_a_group_can_not_be(shop: Shop, fields: dict[str, Any], pointer: str) -> None:
    before = shop.counters()
    body = {"name": {"ko": "맵기"}, "options": [{"name": {"ko": "보통"}}] * 2, **fields}
    answer = shop.manager.post("/menu/option-groups", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request"), answer.text
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert shop.counters() == before
    assert ok(shop.manager.get("/menu/option-groups"))["data"] == []
    assert shop.rows("SELECT id FROM options WHERE store_id = %(store)s") == []


def test_an_items_groups_are_replaced_as_a_whole(shop: Shop) -> None:
    size, spice = add_group(shop), add_group(shop)
    item = add_item(shop, add_category(shop), option_groups=[{"id": size["id"]}])
    path = f"/menu/items/{item['id']}/option-groups"
    hot = spice["options"][1]["id"]
    body = {
        "option_groups": [
            {"id": spice["id"], "min_select": 1, "prices": {hot: 0}},
            {"id": size["id"]},
        ]
    }
    assert shop.manager.put(path, json=body).status_code == 428
    changed = ok(shop.manager.put(path, json=body, headers=if_match(1)))
    assert [one["id"] for one in changed["option_groups"]] == [spice["id"], size["id"]]
    assert changed["version"] == 2
    [shown] = menu_items(shop)
    assert [one["price"] for one in shown["option_groups"][0]["options"]] == [0, 0]
    audit = "SELECT action, details FROM audit_entries WHERE store_id = %(store)s"
    assert shop.rows(audit) == [("option-prices-changed", {"before": {}, "after": {hot: 0}})]
    none = ok(shop.manager.put(path, json={"option_groups": []}, headers=if_match(2)))
    assert none["option_groups"] == []


def test_saying_what_an_item_already_offers_changes_nothing(shop: Shop) -> None:
    group = add_group(shop)
    own = {"id": group["id"], "min_select": 1, "prices": {group["options"][0]["id"]: 300}}
    item = add_item(shop, add_category(shop), option_groups=[own])
    before = shop.counters()
    path = f"/menu/items/{item['id']}/option-groups"
    body = {"option_groups": item["option_groups"]}
    assert ok(shop.manager.put(path, json=body, headers=if_match(1))) == item
    assert shop.counters() == before


def test_uses_that_contradict_are_refused(shop: Shop) -> None:
    group = add_group(shop)
    item = add_item(shop, add_category(shop))
    before = shop.counters()
    path = f"/menu/items/{item['id']}/option-groups"
    use = {"id": group["id"]}
    for uses, pointer in (
        ([{**use, "min_select": 2}], "/option_groups/0"),
        ([{**use, "prices": {str(uuid7()): 1}}], "/option_groups/0/prices"),
        ([use, use], "/option_groups"),
        ([{"id": str(uuid7())}], "/option_groups/0/id"),
    ):
        answer = shop.manager.put(path, json={"option_groups": uses}, headers=if_match(1))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert shop.counters() == before


def test_a_use_asks_for_no_more_than_the_options_give(shop: Shop) -> None:
    options = [
        {"name": {"ko": "순한맛"}, "is_default": True},
        {"name": {"ko": "매운맛"}, "is_default": True, "max_quantity": 2},
    ]
    group = add_group(shop, max_select=3, options=options)
    item = add_item(shop, add_category(shop))
    before = shop.counters()
    path = f"/menu/items/{item['id']}/option-groups"
    for own, place in (
        ({"min_select": 4, "max_select": 9}, "min_select"),
        ({"max_select": 1}, "max_select"),
    ):
        use = {"id": group["id"], **own}
        answer = shop.manager.put(path, json={"option_groups": [use]}, headers=if_match(1))
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        found = (error["pointer"], error["code"])
        assert found == (f"/option_groups/0/{place}", "contradiction")
    assert shop.counters() == before
    good = {"id": group["id"], "min_select": 3}
    ok(shop.manager.put(path, json={"option_groups": [good]}, headers=if_match(1)))
    # Nor may the group lose what the item needs of it.
    path, kept = f"/menu/option-groups/{group['id']}", group["options"][1]["id"]
    answer = shop.manager.patch(path, json={"options": [{"id": kept}]}, headers=if_match(1))
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/options", "contradiction")
    assert item["id"] in error["detail"]


def test_no_more_is_free_than_may_be_chosen(shop: Shop) -> None:
    group = {"name": {"ko": "토핑"}, "free_quota": 3, "max_select": 2}
    body = {**group, "options": [{"name": {"ko": "두부"}}]}
    answer = shop.manager.post("/menu/option-groups", json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/free_quota"]


def test_a_group_can_not_leave_an_items_own_bounds(shop: Shop) -> None:
    group = add_group(shop, max_select=2)
    add_item(shop, add_category(shop), option_groups=[{"id": group["id"], "min_select": 2}])
    before = shop.counters()
    path = f"/menu/option-groups/{group['id']}"
    answer = shop.manager.patch(path, json={"max_select": 1}, headers=if_match(1))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert ok(shop.manager.get("/menu/option-groups"))["data"] == [group]
    assert shop.counters() == before


def test_a_group_in_use_is_not_archived(shop: Shop) -> None:
    group = add_group(shop)
    item = add_item(shop, add_category(shop), option_groups=[{"id": group["id"]}])
    path = f"/menu/option-groups/{group['id']}"
    refused = shop.manager.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "in-use")
    assert refused.json()["item_ids"] == [item["id"]]
    shop.manager.delete(f"/menu/items/{item['id']}")
    assert shop.manager.delete(path).status_code == 204
    assert ok(shop.manager.get("/menu/option-groups"))["data"] == []


def test_a_sold_out_option_holds_for_all_items(shop: Shop) -> None:
    group = add_group(shop, min_select=1)
    category = add_category(shop)
    for _ in range(2):
        add_item(shop, category, option_groups=[{"id": group["id"]}])
    mild, hot = (one["id"] for one in group["options"])
    seq, _ = shop.counters()
    sold_out = {"status": "sold_out"}
    path = f"/menu/options/{mild}/availability"
    assert ok(shop.staff.put(path, json=sold_out))["availability"]["status"] == "sold_out"
    assert {one["availability"]["status"] for one in menu_items(shop)} == {"available"}
    ok(shop.staff.put(f"/menu/options/{hot}/availability", json=sold_out))
    # Nothing is left of a required choice: the items can't be ordered.
    assert {one["availability"]["status"] for one in menu_items(shop)} == {"sold_out"}
    assert [(type_, data["option_id"]) for type_, data in shop.events(seq)] == [
        ("item.availability_changed", mild),
        ("item.availability_changed", hot),
    ]
    # The group's version covers its options: an edit that was begun before is stale.
    stale = shop.manager.patch(
        f"/menu/option-groups/{group['id']}", json={"position": 4}, headers=if_match(1)
    )
    assert stale.status_code == 412
