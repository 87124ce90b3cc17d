"""Importing a menu while others import, edit and order: all of the file or nothing of it."""

import asyncio
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.core.runtime import Runtime
from app.services.retention.media_sweeping import MediaSweepingService
from tests.support.floor import created
from tests.support.meanwhile import until_they_wait
from tests.support.menu_building import add_category, add_item, ok
from tests.support.menu_files import counts, exported, must, send
from tests.support.pictures import fetch, picture, upload
from tests.support.racing import at_once, sender
from tests.support.shops import Json, Shop

JSON = "application/json"
OLD, NEW = 9000, 5000
DISHES = 40


class Place:
    """A menu of some dishes at one price, the same at another one, and a tablet."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        must(send(shop, json.dumps(self.menu(OLD)), JSON))
        table = created(shop.manager, "/tables", {"number": 1})
        self.tablet = shop.tablet(table["id"])
        self.items = [
            item["id"]
            for category in ok(self.tablet.get("/menu"))["categories"]
            for item in category["items"]
            if not item["set_slots"]
        ]

    def menu(self, price: int) -> Json:
        """Every dish at this price, an option at a tenth of it, and a set that asks for it too."""
        group = {
            "key": "맵기",
            "name": {"ko": "맵기"},
            "options": [{"name": {"ko": "매운맛"}, "price": price // 10}],
        }
        dishes: list[Json] = [
            {
                "key": f"메뉴 {place}",
                "name": {"ko": f"메뉴 {place}"},
                "price": price,
                "option_groups": [{"key": "맵기"}],
                "availability": {"status": "available", "stock": 1000},
            }
            for place in range(DISHES)
        ]
        choices = [{"key": dish["key"], "upcharge": price} for dish in dishes[:3]]
        whole = {
            "key": "세트",
            "name": {"ko": "세트"},
            "price": price,
            "set_slots": [{"name": {"ko": "식사"}, "choices": choices}],
        }
        return {
            "option_groups": [group],
            "categories": [{"key": "찌개", "items": [*dishes, whole]}],
        }

    def importing(self, price: int, query: str = "") -> Callable[[], httpx.Response]:
        """The file without its stocks, so that what is sold meanwhile stays sold."""
        menu = self.menu(price)
        for dish in menu["categories"][0]["items"]:
            dish.pop("availability", None)
        content = json.dumps(menu).encode()
        url = f"{self.shop.url}/api/v1/menu/import?{query}"
        headers = {"Authorization": self.shop.manager.headers["Authorization"]}

        def run() -> httpx.Response:
            with httpx.Client(trust_env=False, timeout=60) as fresh:
                return fresh.post(url, content=content, headers={**headers, "Content-Type": JSON})

        return run

    def prices(self) -> set[int]:
        menu = ok(self.tablet.get("/menu"))
        return {item["price"] for category in menu["categories"] for item in category["items"]}


def all_items(shop: Shop) -> dict[str, Json]:
    page = ok(shop.manager.get("/menu/items", params={"limit": 200}))
    return {item["id"]: item for item in page["data"]}


def edit(
    shop: Shop, path: str, body: Json, version: int, method: str = "PATCH"
) -> Callable[[], httpx.Response]:
    """A change by somebody who has read this version."""
    url = f"{shop.url}/api/v1{path}"
    authorization = shop.manager.headers["Authorization"]
    headers = {"Authorization": authorization, "If-Match": f'"{version}"'}

    def run() -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=60) as fresh:
            return fresh.request(method, url, json=body, headers=headers)

    return run


def answers_of(*calls: Callable[[], Any]) -> list[Any]:
    return at_once(list(calls))


@pytest.mark.parametrize("turn", range(3))
def test_of_two_files_at_once_one_is_the_menu(shop: Shop, turn: int) -> None:
    place = Place(shop)
    events, catalog = shop.counters()
    answers = answers_of(*[place.importing(price) for price in (NEW, 7000, NEW, 7000)])
    assert {answer.status_code for answer in answers} == {200}
    [price] = place.prices()
    assert price in (NEW, 7000)
    file: Json = json.loads(exported(shop))
    assert file["option_groups"][0]["options"][0]["price"] == price // 10
    [slot] = file["categories"][0]["items"][-1]["set_slots"]
    assert {choice["upcharge"] for choice in slot["choices"]} == {price}
    # Every file that changed something is one event, and they came one after the other.
    changed = sum(counts(answer.json())["items"][1] > 0 for answer in answers)
    assert shop.counters() == (events + changed, catalog + changed)


@pytest.mark.parametrize("turn", range(3))
def test_orders_are_of_the_old_menu_or_the_new_one(shop: Shop, turn: int) -> None:
    """Both lines of an order have the prices of one menu, and no stock is lost."""
    place = Place(shop)
    over = Event()

    def ordering() -> list[httpx.Response]:
        answers = []
        for number in range(1000):
            pair = (place.items[number % DISHES], place.items[(number + 7) % DISHES])
            body = {"lines": [{"item_id": item, "quantity": 1} for item in pair]}
            answers.append(sender(place.tablet, "POST", "/orders", body, str(uuid4()))())
            if over.is_set():
                break
        return answers

    def importing() -> list[httpx.Response]:
        try:
            return [place.importing(price)() for price in (NEW, OLD, NEW)]
        finally:
            over.set()

    imports, *ordered = answers_of(importing, ordering, ordering)

    assert [answer.status_code for answer in imports] == [200] * 3
    orders = [ok(answer, 201) for several in ordered for answer in several]
    for one in orders:
        [price] = {line["unit_price"] for line in one["lines"]}
        assert price in (OLD, NEW)
    query = "SELECT sum(1000 - stock) FROM items WHERE store_id = %(store)s AND stock IS NOT NULL"
    assert shop.rows(query) == [(2 * len(orders),)]


@pytest.mark.parametrize("turn", range(4))
def test_an_edit_meets_the_whole_file_or_none_of_it(shop: Shop, turn: int) -> None:
    """Items, a set and a group are edited while a file is imported: no deadlock, nothing half."""
    place = Place(shop)
    before = all_items(shop)
    whole = next(item for item in before.values() if item["set_slots"])
    dish, other = (before[place.items[at]] for at in (0, -1))
    [group] = ok(shop.manager.get("/menu/option-groups"))["data"]
    slot = whole["set_slots"][0]
    offered = {"id": slot["id"], "name": slot["name"], "choices": [{"item_id": other["id"]}]}

    imported, *edits = answers_of(
        place.importing(NEW),
        edit(shop, f"/menu/items/{dish['id']}", {"price": 1}, dish["version"]),
        edit(
            shop,
            f"/menu/items/{whole['id']}/set",
            {"set_slots": [offered]},
            whole["version"],
            "PUT",
        ),
        edit(shop, f"/menu/option-groups/{group['id']}", {"free_quota": 1}, group["version"]),
    )

    assert imported.status_code == 200, imported.text
    # An edit came first, or found the version gone: in either case the file was taken whole.
    assert {edit.status_code for edit in edits} <= {200, 412}
    menu = all_items(shop)
    assert {item["price"] for item in menu.values()} == {NEW}
    [after] = ok(shop.manager.get("/menu/option-groups"))["data"]
    assert after["options"][0]["price"] == NEW // 10
    choices = menu[whole["id"]]["set_slots"][0]["choices"]
    assert len(choices) == 3
    assert {choice["upcharge"] for choice in choices} == {NEW}


@pytest.mark.parametrize("turn", range(2))
def test_a_dish_that_is_added_meanwhile_is_not_lost(shop: Shop, turn: int) -> None:
    place = Place(shop)
    [category] = ok(shop.manager.get("/menu/categories"))["data"]
    item = {"category_id": category["id"], "name": {"ko": "새 메뉴"}, "price": 1}
    imported, added = answers_of(
        place.importing(NEW), sender(shop.manager, "POST", "/menu/items", item)
    )
    assert (imported.status_code, added.status_code) == (200, 201)
    assert place.prices() == {NEW, 1}


def test_an_archived_dish_is_in_no_set(shop: Shop) -> None:
    """Both hold their rows until they commit: a set never offers what a file takes away."""
    category = add_category(shop)
    rice, stew, whole = (
        add_item(shop, category, name={"ko": name}) for name in ("밥", "국", "세트")
    )
    table = "category,name,price\n찌개,국,1\n찌개,세트,1\n"
    slots = [{"name": {"ko": "밥"}, "choices": [{"item_id": one["id"]} for one in (rice, stew)]}]
    path = f"/menu/items/{whole['id']}/set"
    imported, changed = answers_of(
        lambda: send(shop, table, query="archive_missing=true"),
        edit(shop, path, {"set_slots": slots}, whole["version"], "PUT"),
    )
    assert imported.status_code == 200
    assert changed.status_code in (200, 412, 422)
    query = (
        "SELECT count(*) FROM set_slots s JOIN set_choices c ON c.store_id = s.store_id"
        " AND c.slot_id = s.id WHERE s.store_id = %(store)s AND s.archived_at IS NULL"
    )
    first = changed.status_code == 200
    assert shop.rows(query) == [(2 if first else 0,)]
    file: Json = json.loads(exported(shop))
    [stew_part, set_part] = file["categories"][0]["items"]
    assert [len(slot["choices"]) for slot in set_part["set_slots"]] == ([1] if first else [])
    assert stew_part["key"] == "국"


@pytest.mark.parametrize("turn", range(3))
def test_a_sweep_takes_no_picture_that_a_file_brings_back(
    shop: Shop, other_shop: Shop, turn: int
) -> None:
    """Nothing shows the picture, and it is old: it goes before the file is read, or it stays."""
    item = add_item(shop, add_category(shop))
    colour = ("navy", "olive", "teal")[turn]
    ok(upload(shop, item, picture(size=(400, 300), left=colour)))
    file = exported(shop)
    shop.manager.delete(f"/menu/items/{item['id']}/image")
    image = json.loads(file)["categories"][0]["items"][0]["image"]
    names = [image["sha256"], image["thumbnail"]["sha256"]]
    media = shop.runtime.settings.data_dir / "media"
    for name in names:
        os.utime(media / name[:2] / f"{name}.webp", (0, 0))

    imported, swept = answers_of(
        lambda: must(send(other_shop, file, JSON)), lambda: asyncio.run(sweep(shop))
    )

    [found] = json.loads(exported(other_shop))["categories"][0]["items"]
    if imported["warnings"]:
        assert found["image"] is None
    else:
        assert found["image"] == image
        assert not set(names) & set(swept)
        for name in names:
            assert fetch(shop, f"/media/{name}.webp").status_code == 200


async def sweep(shop: Shop) -> list[str]:
    runtime = Runtime(shop.runtime.settings)
    try:
        service = MediaSweepingService(runtime.database, runtime.media)
        return [one async for one in service.sweep(dry_run=False)]
    finally:
        await runtime.close()


@pytest.mark.parametrize("edited", [False, True], ids=["sold", "sold and edited"])
def test_what_happens_while_the_file_is_compared_is_not_lost(shop: Shop, edited: bool) -> None:
    """The import has compared the file and waits for the first of its locks."""
    place = Place(shop)
    dish = all_items(shop)[place.items[-1]]
    body = {"lines": [{"item_id": dish["id"], "quantity": 3}]}
    words = {"ko": "갓 지은 밥과 함께"}
    lock = "SELECT FROM categories WHERE store_id = %s FOR UPDATE"
    with ThreadPoolExecutor(1) as pool, psycopg.connect(shop.owner_url) as holder:
        holder.execute(lock, [shop.id])
        importing = pool.submit(place.importing(NEW))
        until_they_wait(holder, [importing])
        ok(sender(place.tablet, "POST", "/orders", body, "k")(), 201)
        if edited:
            path = f"/menu/items/{dish['id']}"
            ok(edit(shop, path, {"description": words}, dish["version"])())
        holder.rollback()
        answer = importing.result()

    assert answer.status_code == 200, answer.text
    after = all_items(shop)[dish["id"]]
    assert (after["price"], after["availability"]["stock"]) == (NEW, 997)
    assert after["description"] == (words if edited else None)
    assert place.prices() == {NEW}
