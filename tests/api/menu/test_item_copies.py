"""Making an item from another one: nothing of what guests read is left behind."""

from typing import Any

import pytest

from app.repositories.menu_arranging import OWN_OF_ITEM
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
from tests.support.pictures import picture, upload
from tests.support.racing import at_once, sender
from tests.support.shops import Json, Shop

NOWHERE = "01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"
LUNCH = {"weekday": 1, "start": "11:00", "end": "14:00"}
OWN = {"id", "availability", "position", "version", "external_ref", "created_at", "updated_at"}
"""What is of one item only, as the API shows it."""


def put(shop: Shop, item: Json, path: str, body: object) -> None:
    url = f"/menu/items/{item['id']}"
    version = ok(shop.manager.get(url))["version"]
    ok(shop.manager.put(f"{url}/{path}", json=body, headers=if_match(version)))


def full_set(shop: Shop) -> Json:
    """A set with something in every field that an item has."""
    group, category = add_group(shop), add_category(shop)
    mild, hot = (option["id"] for option in group["options"])
    dishes = [add_item(shop, category) for _ in range(3)]
    item = add_item(
        shop,
        category,
        name={"ko": "점심 세트", "en": "Lunch set", "ja": "ランチ"},
        description={"ko": "묵은지"},
        tax_class="reduced",
        allergens=["soybean", "egg"],
        tags=["popular"],
        origin={"ko": "국내산"},
        option_groups=[
            {
                "id": group["id"],
                "min_select": 1,
                "max_select": 2,
                "prices": {mild: -100, hot: 300},
            }
        ],
        external_ref="POS-17",
        dayparts=[LUNCH],
        daypart_exceptions=[{"date": "2027-01-01", "windows": []}],
    )
    slots = [
        {
            "name": {"ko": name, "en": name},
            "min": least,
            "max": 2,
            "choices": [
                {"item_id": dish["id"], "upcharge": 500 * place}
                for place, dish in enumerate(dishes)
            ],
        }
        for name, least in (("main", 1), ("side", 0))
    ]
    put(shop, item, "set", {"set_slots": slots})
    put(shop, item, "price-schedule", [{"starts_at": "2099-01-01T00:00:00Z", "price": 12_000}])
    put(shop, item, "happy-hours", [{"price": 5_000, "windows": [LUNCH]}])
    availability(shop, item, {"status": "sold_out", "stock": 3, "until": "business_day_end"})
    return ok(upload(shop, item, picture()))


def without_ids(slots: list[Json]) -> list[Json]:
    return [{name: value for name, value in slot.items() if name != "id"} for slot in slots]


def test_a_copy_has_all_but_what_is_of_one_item_only(shop: Shop) -> None:
    model = full_set(shop)
    empty = {name for name, value in model.items() if value in (None, [], {})}
    assert empty == {"archived_at"}, "the model must show that nothing is forgotten"
    seq, _ = shop.counters()
    copy = ok(shop.manager.post(f"/menu/items/{model['id']}/copy"), 201)
    assert state(copy) == {"status": "hidden", "until": None, "stock": None}
    assert copy["availability"]["changed_by"]["name"] == "manager"
    assert (copy["position"], copy["version"], copy["external_ref"]) == (4, 1, None)
    shared = set(model) - OWN - {"set_slots"}
    assert {name: copy[name] for name in shared} == {name: model[name] for name in shared}
    assert without_ids(copy["set_slots"]) == without_ids(model["set_slots"])
    parts = [slot["id"] for one in (model, copy) for slot in one["set_slots"]]
    assert len(set(parts)) == 4
    [(_, data)] = shop.events(seq)
    assert data == {"kind": "item", "change": "created", "item": copy}
    assert ok(shop.manager.get(f"/menu/items/{copy['id']}")).items() >= copy.items()
    assert copy["id"] not in [item["id"] for item in menu_items(shop)]


@pytest.mark.parametrize(
    ("table", "of_item", "own"),
    [
        ("items", "t.id = %(item)s", OWN_OF_ITEM),
        ("item_option_groups", "t.item_id = %(item)s", {"item_id"}),
        (
            "set_slots",
            "t.item_id = %(item)s",
            {"id", "item_id", "created_at", "updated_at", "version"},
        ),
        (
            "set_choices",
            "t.slot_id IN (SELECT id FROM set_slots WHERE item_id = %(item)s)",
            {"slot_id"},
        ),
    ],
)
def test_no_column_is_left_behind(shop: Shop, table: str, of_item: str, own: set[str]) -> None:
    """Whatever columns these tables get: a copy has them, or somebody has said that it hasn't."""
    model = full_set(shop)
    copy = ok(shop.manager.post(f"/menu/items/{model['id']}/copy"), 201)

    def kept(item: Json) -> list[dict[str, Any]]:
        query = f"SELECT to_jsonb(t) FROM {table} t WHERE store_id = %(store)s AND {of_item}"
        rows = [row for (row,) in shop.rows(query, item=item["id"])]
        left = [{name: value for name, value in row.items() if name not in own} for row in rows]
        return sorted(left, key=str)

    assert kept(copy) == kept(model) != []


def test_the_parts_of_a_copied_set_are_its_own(shop: Shop) -> None:
    model = full_set(shop)
    copy = ok(shop.manager.post(f"/menu/items/{model['id']}/copy"), 201)
    put(shop, model, "set", {"set_slots": []})
    kept = ok(shop.manager.get(f"/menu/items/{copy['id']}"))
    assert kept["set_slots"] == copy["set_slots"]


def test_a_copy_may_have_a_name_of_its_own(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    path = f"/menu/items/{item['id']}/copy"
    copy = ok(shop.manager.post(path, json={"name": {"ko": "참치김치찌개"}}), 201)
    assert copy["name"] == {"ko": "참치김치찌개"}
    before = shop.counters()
    refused = shop.manager.post(path, json={"name": {"en": "Tuna stew"}})
    assert refused.json()["errors"][0]["pointer"] == "/name"
    assert shop.staff.post(path).status_code == 403
    assert shop.manager.post(f"/menu/items/{NOWHERE}/copy").status_code == 404
    assert shop.counters() == before


def test_a_repeated_copy_is_one_copy(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    send = sender(shop.manager, "POST", f"/menu/items/{item['id']}/copy", {}, "copy-once")
    answers = at_once([send] * 4)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(ok(shop.staff.get("/menu/items"))["data"]) == 2


def test_an_archived_item_is_not_copied(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    shop.manager.delete(f"/menu/items/{item['id']}")
    before = shop.counters()
    assert shop.manager.post(f"/menu/items/{item['id']}/copy").status_code == 404
    assert shop.counters() == before
