"""Any menu that staff can make is the same bytes when it comes out of another store."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings

from tests.support.menu_building import add_category, add_group, add_item, if_match, ok
from tests.support.menu_files import CSV, exported, must, put, send
from tests.support.menu_strategies import DIGESTS, FUTURE, menus
from tests.support.pictures import picture, upload
from tests.support.shops import Json, Shop, open_shop

JSON = "application/json"
COLOURS = dict(zip(DIGESTS, ("green", "yellow"), strict=True))


class Kitchen:
    """Makes a menu by the operations that edit one, thing by thing."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._groups: dict[str, Json] = {}
        self._items: dict[str, Json] = {}

    def make(self, menu: Json) -> None:
        for group in menu["option_groups"]:
            wanted = without(group, "key", "options")
            wanted["options"] = [
                without(option, "key", "external_ref") for option in group["options"]
            ]
            answer = self._shop.manager.post("/menu/option-groups", json=wanted)
            self._groups[group["key"]] = ok(answer, 201)
        for category in menu["categories"]:
            answer = self._shop.manager.post("/menu/categories", json=without(category, "items"))
            for item in category["items"]:
                self._item(ok(answer, 201), item)
        for category in menu["categories"]:
            for item in category["items"]:
                self._set(item)

    def _item(self, category: Json, item: Json) -> None:
        apart = ("key", "image", "price_schedule", "happy_hours", "set_slots", "option_groups")
        wanted = without(item, *apart) | {"category_id": category["id"]}
        wanted["option_groups"] = [self._use(use) for use in item["option_groups"]]
        made = ok(self._shop.manager.post("/menu/items", json=wanted), 201)
        self._items[item["key"]] = made
        for what in ("price_schedule", "happy_hours"):
            if item[what]:
                put(self._shop, made, what.replace("_", "-"), item[what])
        if item["image"]:
            ok(upload(self._shop, made, picture(left=COLOURS[item["image"]["sha256"]])))

    def _use(self, use: Json) -> Json:
        group = self._groups[use["key"]]
        prices = {
            group["options"][int(key.removeprefix("o"))]["id"]: price
            for key, price in (use["prices"] or {}).items()
        }
        return without(use, "key") | {"id": group["id"], "prices": prices or None}

    def _set(self, item: Json) -> None:
        slots = [
            without(slot, "choices")
            | {
                "choices": [
                    without(choice, "key") | {"item_id": self._items[choice["key"]]["id"]}
                    for choice in slot["choices"]
                ]
            }
            for slot in item.get("set_slots", ())
        ]
        if slots:
            put(self._shop, self._items[item["key"]], "set", {"set_slots": slots})


def without(thing: Json, *names: str) -> Json:
    return {name: value for name, value in thing.items() if name not in names}


@contextmanager
def opened(app: FastAPI, base_url: str, database_url: str) -> Iterator[Shop]:
    shop = open_shop(base_url, app.state.runtime, database_url)
    try:
        yield shop
    finally:
        shop.close()


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(menu=menus(FUTURE))
def test_what_staff_make_is_the_same_in_another_store(
    app: FastAPI, base_url: str, database_url: str, menu: Json
) -> None:
    place = (app, base_url, database_url)
    with opened(*place) as first, opened(*place) as second, opened(*place) as third:
        Kitchen(first).make(menu)
        file, table = exported(first), exported(first, "csv")
        assert len(json.loads(file)["categories"]) == len(menu["categories"])
        must(send(second, file, JSON))
        assert exported(second) == file
        must(send(third, table))
        assert exported(third, "csv") == table
        before = first.counters()
        for content, media_type in ((file, JSON), (table, CSV)):
            for query in ("", "archive_missing=true"):
                assert must(send(first, content, media_type, query))["changes"] == []
        assert first.counters() == before


def test_pieces_that_were_archived_are_not_in_the_way(shop: Shop, other_shop: Shop) -> None:
    """A set one of whose parts has no dish left, an own price of an option that is gone."""
    group, category = add_group(shop), add_category(shop)
    uses = [{"id": group["id"], "prices": {one["id"]: 100 for one in group["options"]}}]
    stew, drink, whole = (
        add_item(shop, category, name={"ko": name}, option_groups=uses)
        for name in ("국밥", "식혜", "세트")
    )
    slots = [
        {"name": {"ko": "식사"}, "choices": [{"item_id": stew["id"]}]},
        {"name": {"ko": "음료"}, "choices": [{"item_id": one["id"]} for one in (stew, drink)]},
    ]
    put(shop, whole, "set", {"set_slots": slots})
    gone = shop.manager.delete(f"/menu/items/{stew['id']}", headers=if_match(stew["version"]))
    assert gone.status_code == 204, gone.text
    path, kept = f"/menu/option-groups/{group['id']}", [{"id": group["options"][1]["id"]}]
    ok(shop.manager.patch(path, json={"options": kept}, headers=if_match(group["version"])))

    file = exported(shop)
    must(send(other_shop, file, JSON))

    found: Json = json.loads(file)["categories"][0]["items"][1]
    assert [len(slot["choices"]) for slot in found["set_slots"]] == [0, 1]
    assert found["option_groups"][0]["prices"] == {"매운맛": 100}
    assert exported(other_shop) == file
    before = shop.counters()
    for format_, media_type in (("json", JSON), ("csv", CSV)):
        assert must(send(shop, exported(shop, format_), media_type))["changes"] == []
    assert shop.counters() == before


@pytest.mark.parametrize(
    "name", ["=1+1", "+82 2 123", "-", "@x", "'=1", "''", "'", "=", "\u200b@x"]
)
def test_names_that_look_like_formulas_come_back(shop: Shop, other_shop: Shop, name: str) -> None:
    category = ok(shop.manager.post("/menu/categories", json={"name": {"ko": name}}), 201)
    item = {"category_id": category["id"], "name": {"ko": name}, "price": 1, "external_ref": name}
    described = item | {"description": {"ko": f"{name}\n{name}"}}
    ok(shop.manager.post("/menu/items", json=described), 201)
    table = exported(shop, "csv")
    must(send(other_shop, table))
    assert exported(other_shop) == exported(shop)
    assert must(send(shop, table))["changes"] == []
