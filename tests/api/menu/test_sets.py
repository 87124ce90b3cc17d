"""Making sets: what they may consist of, and how guests see them."""

from typing import Any

import pytest

from app.core.ids import uuid7
from tests.support.menu_building import if_match, menu_items, ok
from tests.support.sets import Diner
from tests.support.shops import Json, Shop


@pytest.fixture
def diner(shop: Shop) -> Diner:
    return Diner(shop)


def shown(diner: Diner) -> Json:
    return next(one for one in menu_items(diner.shop) if one["id"] == diner.dishes["set"])


def test_a_set_is_read_as_it_was_written(diner: Diner) -> None:
    main, side = diner.item["set_slots"]
    assert (main["name"], main["min"], main["max"]) == ({"ko": "main"}, 1, 1)
    assert side["choices"] == [
        {"item_id": diner.dishes["rice"], "upcharge": 0},
        {"item_id": diner.dishes["cola"], "upcharge": 500},
    ]
    assert (
        ok(diner.shop.kitchen.get(f"/menu/items/{diner.dishes['set']}")).items()
        >= diner.item.items()
    )
    changes = [one for one in diner.shop.events() if one[0] == "menu.changed"]
    assert changes[-1][1]["item"] == diner.item


def test_guests_see_the_choices_with_name_allergens_and_availability(diner: Diner) -> None:
    diner.stock("galbitang", 0)
    item = shown(diner)
    assert item["availability"]["status"] == "available"
    assert item["set_slots"][0] == {
        "id": diner.main,
        "name": "main",
        "min": 1,
        "max": 1,
        "choices": [
            {
                "item_id": diner.dishes["stew"],
                "name": "stew",
                "upcharge": 0,
                "allergens": ["soybean"],
                "tags": [],
                "availability": {"status": "available", "until": None},
            },
            {
                "item_id": diner.dishes["galbitang"],
                "name": "galbitang",
                "upcharge": 5_000,
                "allergens": ["beef"],
                "tags": [],
                "availability": {"status": "sold_out", "until": None},
            },
        ],
    }


def test_a_set_without_an_orderable_choice_is_sold_out(diner: Diner) -> None:
    for dish in ("stew", "galbitang"):
        diner.stock(dish, 0)
    assert shown(diner)["availability"]["status"] == "sold_out"
    refused = diner.place(diner.body(diner.choice(diner.side, "cola")))
    assert (refused.status_code, refused.json()["code"]) == (409, "item-unavailable")
    diner.stock("stew", 1)
    assert shown(diner)["availability"]["status"] == "available"


def test_parts_keep_their_ids_and_left_out_ones_are_archived(diner: Diner) -> None:
    order = diner.usual()
    main, _ = diner.item["set_slots"]
    item = diner.put({**main, "name": {"ko": "식사"}})
    assert [slot["id"] for slot in item["set_slots"]] == [diner.main]
    assert item["version"] == diner.item["version"] + 1
    assert ok(diner.tablet.get(f"/orders/{order['id']}"))["lines"] == order["lines"]
    query = "SELECT id FROM set_slots WHERE store_id = %(store)s AND archived_at IS NOT NULL"
    assert [str(row[0]) for row in diner.shop.rows(query)] == [diner.side]

    plain = diner.put()
    assert plain["set_slots"] == []
    assert shown(diner)["set_slots"] == []


def test_an_archived_dish_leaves_the_sets_that_offer_it(diner: Diner) -> None:
    path = f"/menu/items/{diner.dishes['galbitang']}"
    assert diner.shop.manager.delete(path).status_code == 204
    [choice] = shown(diner)["set_slots"][0]["choices"]
    assert choice["item_id"] == diner.dishes["stew"]


def test_changed_upcharges_are_audited(diner: Diner) -> None:
    main, side = diner.item["set_slots"]
    main["choices"][1]["upcharge"] = 6_000
    diner.put(main, side)
    query = (
        "SELECT details FROM audit_entries WHERE store_id = %(store)s"
        " AND action = 'set-upcharges-changed' ORDER BY at"
    )
    details = diner.shop.rows(query)[-1][0]
    key = f"{diner.main}/{diner.dishes['galbitang']}"
    assert (details["before"][key], details["after"][key]) == (5_000, 6_000)


def _nothing_required(diner: Diner, slot: Json) -> list[Json]:
    return [{**slot, "min": 0}]


def _of_itself(diner: Diner, slot: Json) -> list[Json]:
    return [{**slot, "choices": [{"item_id": diner.dishes["set"]}]}]


def _of_nothing_known(diner: Diner, slot: Json) -> list[Json]:
    return [{**slot, "choices": [{"item_id": str(uuid7())}]}]


def _twice_the_same(diner: Diner, slot: Json) -> list[Json]:
    return [{**slot, "choices": [slot["choices"][0]] * 2}]


def _a_foreign_part(diner: Diner, slot: Json) -> list[Json]:
    return [{**slot, "id": str(uuid7())}]


def _upside_down(diner: Diner, slot: Json) -> list[Json]:
    return [{**slot, "min": 2, "max": 1}]


def _no_korean(diner: Diner, slot: Json) -> list[Json]:
    return [{**slot, "name": {"en": "Main"}}]


WRONG: list[tuple[Any, str]] = [
    (_nothing_required, "/set_slots"),
    (_of_itself, "/set_slots/0/choices/0/item_id"),
    (_of_nothing_known, "/set_slots/0/choices/0/item_id"),
    (_twice_the_same, "/set_slots/0/choices/1/item_id"),
    (_a_foreign_part, "/set_slots/0/id"),
    (_upside_down, "/set_slots/0/max"),
    (_no_korean, "/set_slots/0/name"),
]


@pytest.mark.parametrize(("spoil", "pointer"), WRONG)
def test_what_a_set_can_not_be(diner: Diner, spoil: Any, pointer: str) -> None:
    path = f"/menu/items/{diner.dishes['set']}"
    before = diner.shop.counters()
    body = {"set_slots": spoil(diner, diner.item["set_slots"][0])}
    headers = if_match(diner.item["version"])

    answer = diner.shop.manager.put(f"{path}/set", json=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert diner.shop.counters() == before
    assert ok(diner.shop.manager.get(path)).items() >= diner.item.items()


def test_a_set_can_not_be_part_of_a_set(diner: Diner) -> None:
    path = f"/menu/items/{diner.dishes['stew']}/set"
    slot = {"name": {"ko": "밥"}, "choices": [{"item_id": diner.dishes["rice"]}]}
    body = {"set_slots": [slot]}
    before = diner.shop.counters()
    answer = diner.shop.manager.put(path, json=body, headers=if_match(1))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "nested")
    slot["choices"] = [{"item_id": diner.dishes["set"]}]
    path = f"/menu/items/{diner.dishes['rice']}/set"
    answer = diner.shop.manager.put(path, json=body, headers=if_match(1))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/set_slots/0/choices/0/item_id"
    assert diner.shop.counters() == before


def test_only_who_edits_the_menu_and_has_read_it_makes_sets(diner: Diner, other_shop: Shop) -> None:
    path = f"/menu/items/{diner.dishes['set']}/set"
    body: Json = {"set_slots": []}
    tag = if_match(diner.item["version"])
    assert diner.shop.staff.put(path, json=body, headers=tag).status_code == 403
    assert other_shop.manager.put(path, json=body, headers=tag).status_code == 404
    assert diner.shop.manager.put(path, json=body).status_code == 428
    assert diner.shop.manager.put(path, json=body, headers=if_match(99)).status_code == 412
    assert len(shown(diner)["set_slots"]) == 2


def put_back(diner: Diner) -> Json:
    """Read the set and say the same again."""
    path = f"/menu/items/{diner.dishes['set']}"
    read = ok(diner.shop.manager.get(path))
    body = {"set_slots": read["set_slots"]}
    return ok(diner.shop.manager.put(f"{path}/set", json=body, headers=if_match(read["version"])))


def test_saying_what_already_holds_changes_nothing(diner: Diner) -> None:
    before = diner.shop.counters()
    assert put_back(diner) == diner.item
    assert diner.shop.counters() == before


def test_a_set_can_be_put_back_as_it_is_read_when_a_dish_was_archived(diner: Diner) -> None:
    gone = diner.dishes["galbitang"]
    assert diner.shop.manager.delete(f"/menu/items/{gone}").status_code == 204
    before = diner.shop.counters()

    [main, _] = put_back(diner)["set_slots"]

    assert [one["item_id"] for one in main["choices"]] == [diner.dishes["stew"]]
    assert diner.shop.counters() == before
    copy = ok(diner.shop.manager.post(f"/menu/items/{diner.dishes['set']}/copy"), 201)
    assert [one["item_id"] for one in copy["set_slots"][0]["choices"]] == [diner.dishes["stew"]]
