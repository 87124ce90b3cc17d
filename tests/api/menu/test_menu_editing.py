"""Editing categories and items: versions, texts, archives, and what is told of each change."""

from typing import Any

import pytest

from app.core.ids import uuid7
from tests.support.menu_building import (
    add_category,
    add_group,
    add_item,
    availability,
    if_match,
    menu_items,
    ok,
    state,
)
from tests.support.shops import Shop

UNKNOWN = "01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"


def test_categories_come_whole_in_their_order(shop: Shop) -> None:
    first, second, third = (add_category(shop, name={"ko": name}) for name in "가나다")
    assert [one["position"] for one in (first, second, third)] == [0, 1, 2]
    path = f"/menu/categories/{third['id']}"
    moved = shop.manager.patch(path, json={"position": 0}, headers=if_match(1))
    assert ok(moved)["version"] == 2
    assert moved.headers["etag"] == '"2"'
    add_item(shop, second)
    listed = ok(shop.kitchen.get("/menu/categories"))
    assert listed["next_cursor"] is None
    assert [(one["id"], one["item_count"]) for one in listed["data"]] == [
        (first["id"], 0),
        (third["id"], 0),
        (second["id"], 1),
    ]


def test_a_category_with_items_is_not_archived(shop: Shop) -> None:
    category = add_category(shop)
    item = add_item(shop, category)
    before = shop.counters()
    path = f"/menu/categories/{category['id']}"
    refused = shop.manager.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "in-use")
    assert shop.counters() == before
    shop.manager.delete(f"/menu/items/{item['id']}")
    assert shop.manager.delete(path).status_code == 204
    assert shop.manager.delete(path).status_code == 404
    assert ok(shop.manager.get("/menu/categories"))["data"] == []
    archived = ok(shop.manager.get("/menu/categories", params={"archived": "true"}))
    assert [one["id"] for one in archived["data"]] == [category["id"]]
    late = shop.manager.post(
        "/menu/items", json={"category_id": category["id"], "name": {"ko": "늦음"}, "price": 1}
    )
    assert late.status_code == 422
    assert late.json()["errors"][0]["pointer"] == "/category_id"


def test_an_item_is_read_as_it_was_written(shop: Shop) -> None:
    category, group = add_category(shop), add_group(shop)
    hot = group["options"][1]["id"]
    body = {
        "category_id": category["id"],
        "name": {"ko": "된장찌개", "en": "Soybean stew"},
        "description": {"ko": "구수한\n된장"},
        "price": 8500,
        "tax_class": "reduced",
        "allergens": ["soybean"],
        "tags": ["popular"],
        "origin": {"ko": "콩: 국내산"},
        "availability": {"status": "available", "stock": 20},
        "option_groups": [{"id": group["id"], "min_select": 1, "prices": {hot: 300}}],
        "external_ref": "POS-17",
    }
    item = ok(shop.manager.post("/menu/items", json=body), 201)
    assert state(item) == {"status": "available", "until": None, "stock": 20}
    assert item["option_groups"] == [
        {"id": group["id"], "min_select": 1, "max_select": None, "prices": {hot: 300}}
    ]
    for name in set(body) - {"availability", "option_groups"}:
        assert item[name] == body[name]
    answer = shop.kitchen.get(f"/menu/items/{item['id']}")
    assert ok(answer).items() >= item.items()
    assert answer.headers["etag"] == '"1"'


def test_items_are_paged(shop: Shop) -> None:
    category, other = add_category(shop), add_category(shop)
    ids = [add_item(shop, category)["id"] for _ in range(5)]
    add_item(shop, other)
    found: list[str] = []
    wanted: dict[str, Any] = {"category_id": category["id"], "limit": 2}
    for _ in range(3):
        page = ok(shop.staff.get("/menu/items", params=wanted))
        found += [one["id"] for one in page["data"]]
        wanted["cursor"] = page["next_cursor"]
    assert found == ids[::-1]
    assert wanted["cursor"] is None


def test_a_change_needs_the_version_that_was_read(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    path, before = f"/menu/items/{item['id']}", shop.counters()
    without = shop.manager.patch(path, json={"price": 1})
    assert (without.status_code, without.json()["code"]) == (428, "precondition-required")
    stale = shop.manager.patch(path, json={"price": 1}, headers=if_match(7))
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    assert stale.headers["etag"] == '"1"'
    assert ok(shop.manager.get(path)).items() >= item.items()
    assert shop.counters() == before


def test_a_price_change_is_published_and_audited(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    path = f"/menu/items/{item['id']}"
    seq, catalog = shop.counters()
    changed = ok(shop.manager.patch(path, json={"price": 9500}, headers=if_match(1)))
    assert (changed["price"], changed["version"]) == (9500, 2)
    assert menu_items(shop)[0]["price"] == 9500
    assert shop.counters() == (seq + 1, catalog + 1)
    assert shop.events(seq) == [
        ("menu.changed", {"kind": "item", "change": "updated", "item": changed})
    ]
    audit = "SELECT action, target_id, details FROM audit_entries WHERE store_id = %(store)s"
    [(action, target, details)] = shop.rows(audit)
    assert (action, str(target)) == ("price-changed", item["id"])
    assert details == {"before": 9000, "after": 9500}


def test_a_patch_that_changes_nothing_is_no_change(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    before = shop.counters()
    for body in ({}, {"price": item["price"], "name": item["name"]}):
        path = f"/menu/items/{item['id']}"
        assert ok(shop.manager.patch(path, json=body, headers=if_match(1))) == item
    assert shop.counters() == before


def test_an_archived_item_keeps_its_id_and_history(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    path = f"/menu/items/{item['id']}"
    assert shop.manager.delete(path, headers=if_match(9)).status_code == 412
    assert shop.manager.delete(path, headers=if_match(1)).status_code == 204
    assert ok(shop.manager.get("/menu/items"))["data"] == []
    archived = ok(shop.manager.get("/menu/items", params={"archived": "true"}))["data"]
    assert [one["id"] for one in archived] == [item["id"]]
    assert ok(shop.manager.get(path))["archived_at"] is not None
    for answer in (
        shop.manager.delete(path),
        shop.manager.patch(path, json={"price": 1}, headers=if_match(2)),
        shop.staff.put(f"{path}/availability", json={"status": "sold_out"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


WRONG_ITEMS: list[tuple[dict[str, Any], str]] = [
    ({"name": {"en": "Stew"}}, "/name"),
    ({"name": {}}, "/name"),
    ({"name": "찌개"}, "/name"),
    ({"name": {"ko": "  "}}, "/name/ko"),
    ({"name": {"ko": "찌개\u0000"}}, "/name/ko"),
    ({"name": {"ko": "가" * 101}}, "/name/ko"),
    ({"description": {"en": "only English"}}, "/description"),
    ({"price": -1}, "/price"),
    ({"price": 10**12 + 1}, "/price"),
    ({"price": 9000.0}, "/price"),
    ({"price": "9000"}, "/price"),
    ({"price": True}, "/price"),
    ({"price": None}, "/price"),
    ({"allergens": ["soybean", "soybean"]}, "/allergens"),
    ({"allergens": ["Soy bean"]}, "/allergens/0"),
    ({"allergens": ["milk", "gelatine"]}, "/allergens/1"),
    ({"tags": ["tasty"]}, "/tags/0"),
    ({"position": -1}, "/position"),
    ({"category_id": "1"}, "/category_id"),
    ({"category_id": UNKNOWN}, "/category_id"),
    ({"option_groups": [{"id": UNKNOWN}]}, "/option_groups/0/id"),
    ({"availability": {"status": "gone"}}, "/availability/status"),
    ({"availability": {"status": "sold_out", "until": "soon"}}, "/availability/until"),
    (
        {"availability": {"status": "sold_out", "until": "0001-01-01T00:00:00+14:00"}},
        "/availability/until",
    ),
    (
        {"availability": {"status": "sold_out", "until": "2020-01-01T00:00:00Z"}},
        "/availability/until",
    ),
    (
        {"availability": {"status": "available", "until": "2999-01-01T00:00:00Z"}},
        "/availability/until",
    ),
    ({"availability": {"status": "available", "stock": -1}}, "/availability/stock"),
    ({"color": "red"}, "/color"),
]


@pytest.mark.parametrize(("fields", "pointer"), WRONG_ITEMS, ids=lambda value: str(value)[:40])
def test_what_an_item_can_not_be(shop: Shop, fields: dict[str, Any], pointer: str) -> None:
    category = add_category(shop)
    before = shop.counters()
    body = {"category_id": category["id"], "name": {"ko": "찌개"}, "price": 9000, **fields}
    answer = shop.manager.post("/menu/items", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request"), answer.text
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert shop.counters() == before
    assert ok(shop.manager.get("/menu/items"))["data"] == []


@pytest.mark.parametrize(
    "body", [{"name": None}, {"price": None}, {"allergens": None}, {"name": {"en": "Stew"}}]
)
def test_what_a_patch_can_not_say(shop: Shop, body: dict[str, Any]) -> None:
    item = add_item(shop, add_category(shop))
    path = f"/menu/items/{item['id']}"
    answer = shop.manager.patch(path, json=body, headers=if_match(1))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert ok(shop.manager.get(path)).items() >= item.items()


def test_a_description_can_be_emptied(shop: Shop) -> None:
    item = add_item(shop, add_category(shop), description={"ko": "매콤"}, origin={"ko": "국내산"})
    path = f"/menu/items/{item['id']}"
    body = {"description": None, "origin": None}
    changed = ok(shop.manager.patch(path, json=body, headers=if_match(1)))
    assert (changed["description"], changed["origin"]) == (None, None)


def test_who_may_edit(shop: Shop) -> None:
    category = add_category(shop)
    item = add_item(shop, category)
    tablet = shop.tablet(uuid7())
    before = shop.counters()
    path = f"/menu/items/{item['id']}"
    refused = [
        shop.staff.post("/menu/categories", json={"name": {"ko": "찌개"}}),
        shop.staff.patch(path, json={"price": 1}, headers=if_match(1)),
        shop.staff.delete(path),
        shop.kitchen.put(f"{path}/availability", json={"status": "sold_out"}),
        tablet.get("/menu/items"),
        tablet.get("/menu/categories"),
        tablet.put(f"{path}/availability", json={"status": "sold_out"}),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied")
    assert shop.counters() == before


def test_another_stores_ids_do_not_exist(shop: Shop, other_shop: Shop) -> None:
    category, group = add_category(shop), add_group(shop)
    item = add_item(shop, category)
    mine = add_item(other_shop, add_category(other_shop))
    before = shop.counters()
    stranger = other_shop.manager
    option = group["options"][0]["id"]
    headers = if_match(1)
    for answer in (
        stranger.patch(f"/menu/categories/{category['id']}", json={}, headers=headers),
        stranger.delete(f"/menu/categories/{category['id']}"),
        stranger.get(f"/menu/items/{item['id']}"),
        stranger.patch(f"/menu/items/{item['id']}", json={}, headers=headers),
        stranger.put(f"/menu/items/{item['id']}/availability", json={"status": "sold_out"}),
        stranger.put(f"/menu/options/{option}/availability", json={"status": "sold_out"}),
        stranger.patch(f"/menu/option-groups/{group['id']}", json={}, headers=headers),
        stranger.delete(f"/menu/option-groups/{group['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    for path, body in (
        (f"/menu/items/{mine['id']}", {"category_id": category["id"]}),
        (f"/menu/items/{mine['id']}/option-groups", {"option_groups": [{"id": group["id"]}]}),
    ):
        method = "PUT" if path.endswith("option-groups") else "PATCH"
        answer = stranger.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert shop.counters() == before


def test_a_repeated_creation_makes_one_item(shop: Shop) -> None:
    category = add_category(shop)
    body = {"category_id": category["id"], "name": {"ko": "찌개"}, "price": 9000}
    key = {"Idempotency-Key": "menu-1"}
    first = shop.manager.post("/menu/items", json=body, headers=key)
    again = shop.manager.post("/menu/items", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert len(ok(shop.manager.get("/menu/items"))["data"]) == 1


def test_stock_and_sold_out(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    counted = availability(shop, item, {"status": "available", "stock": 0})
    assert state(counted) == {"status": "sold_out", "until": None, "stock": 0}
    refilled = availability(shop, item, {"status": "available", "stock": 5})
    assert refilled["availability"]["status"] == "available"
    # What is not mentioned goes on counting; null stops it.
    paused = availability(shop, item, {"status": "sold_out"})
    assert paused["availability"]["stock"] == 5
    uncounted = availability(shop, item, {"status": "available", "stock": None})
    assert state(uncounted) == {"status": "available", "until": None, "stock": None}


def test_available_again_after_the_last_portion(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    availability(shop, item, {"status": "available", "stock": 0})
    back = availability(shop, item, {"status": "available"})
    assert state(back) == {"status": "available", "until": None, "stock": None}


def test_availability_is_published_once(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    seq, catalog = shop.counters()
    for _ in range(2):
        changed = availability(shop, item, {"status": "sold_out"})
    assert changed["version"] == 2
    assert shop.counters() == (seq + 1, catalog + 1)
    expected = {"status": "sold_out", "until": None, "stock": None}
    assert shop.events(seq) == [
        ("item.availability_changed", {"item_id": item["id"], "availability": expected})
    ]


def test_a_reference_is_one_items_while_it_is_on_the_menu(shop: Shop, other_shop: Shop) -> None:
    category = add_category(shop)
    item = add_item(shop, category, external_ref="SKU1")
    other = add_item(shop, category)
    before = shop.counters()
    body = {"category_id": category["id"], "name": {"ko": "순두부"}, "price": 1}
    path = f"/menu/items/{other['id']}"
    for answer in (
        shop.manager.post("/menu/items", json={**body, "external_ref": "SKU1"}),
        shop.manager.patch(path, json={"external_ref": "SKU1"}, headers=if_match(1)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "reference-taken")
    assert shop.counters() == before

    add_item(other_shop, add_category(other_shop), external_ref="SKU1")
    assert shop.manager.delete(f"/menu/items/{item['id']}").status_code == 204
    changed = shop.manager.patch(path, json={"external_ref": "SKU1"}, headers=if_match(1))
    assert ok(changed)["external_ref"] == "SKU1"


def test_languages_are_kept_in_one_form_and_once(shop: Shop) -> None:
    category = add_category(shop, name={"KO": "국", "zh-hans": "汤", "de-ch-1996": "Suppe"})
    assert category["name"] == {"ko": "국", "zh-Hans": "汤", "de-CH-1996": "Suppe"}
    before = shop.counters()
    body = {"name": {"ko": "국", "en": "Soup", "EN": "Broth"}}
    answer = shop.manager.post("/menu/categories", json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/name"]
    assert shop.counters() == before


BLANK = ["\u200b", "\u200d\u2060", "\u3164", "\u2800", " \u00a0 ", "\u115f\u1160"]


@pytest.mark.parametrize("text", BLANK)
def test_a_text_that_shows_nothing_is_none(shop: Shop, text: str) -> None:
    before = shop.counters()
    for fields, place in (
        ({"name": {"ko": text}}, "/name/ko"),
        ({"name": {"ko": "국"}, "description": {"ko": text}}, "/description/ko"),
        ({"name": {"ko": "국"}, "description": {"ko": "맑다", "en": ""}}, "/description/en"),
    ):
        answer = shop.manager.post("/menu/categories", json=fields)
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == [place]
    assert shop.counters() == before


def test_joiners_within_a_text_are_kept(shop: Shop) -> None:
    name = {"ko": "👨\u200d🍳 추천", "hi": "क्\u200dष"}
    assert add_category(shop, name=name)["name"] == name


def test_an_end_without_a_sold_out_is_pointed_at(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    wrong = {"status": "available", "until": "business_day_end"}
    answer = shop.staff.put(f"/menu/items/{item['id']}/availability", json=wrong)
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/until"]
