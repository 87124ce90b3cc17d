"""Whatever is edited on one worker, guests of another one read; and each store its own menu only."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

import httpx
import pytest

from app.core.ids import uuid7
from app.core.security.permissions import Role
from app.local.processes import wait_until
from tests.support.floor import created, order_body
from tests.support.menu_building import (
    add_category,
    add_group,
    add_item,
    availability,
    if_match,
    ok,
)
from tests.support.pictures import picture, upload
from tests.support.server import worker_processes
from tests.support.shops import Json, Shop

PATIENCE = 10
"""Seconds until which another worker must know; what it promises is one."""
ALL_DAY = [{"weekday": day, "start": "00:00", "end": "00:00"} for day in range(1, 8)]


@pytest.fixture(scope="module")
def worker_url(database_url: str) -> Iterator[str]:
    """Another process than the one that the shop's clients talk to."""
    environment = {"DATABASE_URL": database_url, "LOG_LEVEL": "ERROR", "DATABASE_POOL_SIZE": "4"}
    with worker_processes(environment, 1) as url:
        yield url


@dataclass
class Kitchen:
    """A menu of two categories with three dishes, and every way to edit it."""

    shop: Shop
    placed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first, self.second = (add_category(self.shop) for _ in range(2))
        self.group, self.other = (add_group(self.shop, max_select=2) for _ in range(2))
        uses = [{"id": self.group["id"]}]
        self.stew = add_item(self.shop, self.first, option_groups=uses)
        self.rice = add_item(self.shop, self.first)
        self.tea = add_item(self.shop, self.second)
        table = created(self.shop.manager, "/tables", {"number": 1})
        self.tablet = self.shop.tablet(table["id"])

    def item(self, method: str, sub: str, body: object, thing: Json | None = None) -> Json:
        path = f"/menu/items/{(thing or self.stew)['id']}"
        version = ok(self.shop.manager.get(path))["version"]
        answer = self.shop.manager.request(
            method, f"{path}{sub}", json=body, headers=if_match(version)
        )
        return ok(answer)

    def sell_out(self) -> None:
        availability(self.shop, self.rice, {"status": "available", "stock": 1})
        key = {"Idempotency-Key": str(uuid4())}
        answer = self.tablet.post("/orders", json=order_body(self.rice["id"], 1), headers=key)
        self.placed.append(ok(answer, 201)["id"])

    def cancel(self) -> None:
        body = {"reason_code": "guest_request"}
        ok(self.shop.manager.post(f"/orders/{self.placed[-1]}/cancel", json=body))

    def show_copy(self) -> None:
        copy = ok(self.shop.manager.post(f"/menu/items/{self.rice['id']}/copy"), 201)
        availability(self.shop, copy, {"status": "available"})

    def import_file(self) -> None:
        file = ok(self.shop.manager.get("/menu/export"))
        file["categories"][0]["items"][0]["price"] += 700
        ok(self.shop.manager.post("/menu/import", json=file))

    def patch_group(self) -> None:
        path = f"/menu/option-groups/{self.group['id']}"
        found = ok(self.shop.manager.get("/menu/option-groups"))["data"]
        [version] = [one["version"] for one in found if one["id"] == self.group["id"]]
        body = {"free_quota": 1}
        ok(self.shop.manager.patch(path, json=body, headers=if_match(version)))

    def patch_category(self) -> None:
        path = f"/menu/categories/{self.first['id']}"
        body = {"name": {"ko": "국", "en": "Soups"}}
        ok(self.shop.manager.patch(path, json=body, headers=if_match(1)))

    def order(self, path: str, ids: list[str]) -> None:
        answer = self.shop.manager.put(f"/menu/{path}/order", json={"ids": ids})
        assert answer.is_success, answer.text

    def remove(self, path: str) -> None:
        assert self.shop.manager.delete(f"/menu/items/{path}").status_code == 204


def edits(kitchen: Kitchen) -> dict[str, Callable[[], object]]:
    """Every kind of edit that guests can see, in an order in which each one shows."""
    shop, stew, rice, tea = kitchen.shop, kitchen.stew, kitchen.rice, kitchen.tea
    options = [option["id"] for option in kitchen.group["options"]]
    groups = [kitchen.other["id"], kitchen.group["id"]]
    slot = {"name": {"ko": "음료"}, "choices": [{"item_id": tea["id"]}]}
    step = {"starts_at": "2099-01-01T00:00:00Z", "price": 9_900}
    owner = shop.client(Role.OWNER)

    def store(body: Json) -> None:
        version = ok(owner.get("/store"))["version"]
        ok(owner.patch("/store", json=body, headers=if_match(version)))

    return {
        "an item's text": lambda: kitchen.item("PATCH", "", {"name": {"ko": "순두부"}}),
        "a price": lambda: kitchen.item("PATCH", "", {"price": 8_000}),
        "allergens": lambda: kitchen.item("PATCH", "", {"allergens": ["egg"]}),
        "origin": lambda: kitchen.item("PATCH", "", {"origin": {"ko": "국내산"}}),
        "a category": kitchen.patch_category,
        "a new item": lambda: add_item(shop, kitchen.second),
        "another category": lambda: kitchen.item(
            "PATCH", "", {"category_id": kitchen.second["id"]}, rice
        ),
        "links": lambda: kitchen.item(
            "PUT", "/option-groups", {"option_groups": [{"id": one} for one in groups]}
        ),
        "an override": lambda: kitchen.item(
            "PUT",
            "/option-groups",
            {"option_groups": [{"id": groups[1], "prices": {options[0]: 300}}]},
        ),
        "a group": kitchen.patch_group,
        "the order of options": lambda: kitchen.order(
            f"option-groups/{groups[1]}/options", options[::-1]
        ),
        "the order of categories": lambda: kitchen.order(
            "categories", [kitchen.second["id"], kitchen.first["id"]]
        ),
        "an item that is sold out": lambda: availability(shop, stew, {"status": "sold_out"}),
        "an option that is sold out": lambda: ok(
            shop.staff.put(f"/menu/options/{options[0]}/availability", json={"status": "sold_out"})
        ),
        "many at once": lambda: ok(
            shop.staff.put(
                "/menu/availability",
                json={"status": "available", "items": [stew["id"]], "options": options},
            )
        ),
        "a daypart": lambda: kitchen.item(
            "PATCH", "", {"dayparts": ALL_DAY[:1], "daypart_exceptions": []}, tea
        ),
        "no daypart": lambda: kitchen.item("PATCH", "", {"dayparts": None}, tea),
        "a planned price": lambda: kitchen.item("PUT", "/price-schedule", [step]),
        "a happy hour": lambda: kitchen.item(
            "PUT", "/happy-hours", [{"price": 100, "windows": ALL_DAY}]
        ),
        "a set": lambda: kitchen.item("PUT", "/set", {"set_slots": [slot]}),
        "a picture": lambda: ok(upload(shop, stew, picture())),
        "no picture": lambda: kitchen.remove(f"{stew['id']}/image"),
        "the store's name": lambda: store({"name": "새 식당"}),
        "a pause": lambda: store({"ordering_paused": True}),
        "no pause": lambda: store({"ordering_paused": False}),
        "languages": lambda: store({"languages": ["ko", "en", "ja"]}),
        "a zone": lambda: store({"timezone": "Europe/Lisbon"}),
        "a file": kitchen.import_file,
        "a copy": kitchen.show_copy,
        "the last portion is sold": kitchen.sell_out,
        "a cancelled order": kitchen.cancel,
        "an archived item": lambda: kitchen.remove(stew["id"]),
    }


def reader(shop: Shop, url: str) -> httpx.Client:
    """A tablet that talks to the other worker."""
    return shop.connect(shop.tablet(uuid7()).headers["Authorization"], url)


def test_every_edit_is_read_on_the_other_worker(shop: Shop, worker_url: str) -> None:
    kitchen = Kitchen(shop)
    here, there = shop.tablet(uuid7()), reader(shop, worker_url)

    def agree() -> bool:
        return there.get("/menu").content == here.get("/menu").content

    for name, edit in edits(kitchen).items():
        assert wait_until(agree, PATIENCE), name
        before = there.get("/menu")
        tag = {"If-None-Match": before.headers["ETag"]}
        assert there.get("/menu", headers=tag).status_code == 304
        edit()
        assert wait_until(partial(has_moved, there, tag), PATIENCE), name
        assert wait_until(agree, PATIENCE), name
        after = there.get("/menu", headers=tag)
        assert after.status_code == 200, name
        assert after.content != before.content, name
        # One tag means one menu, whichever worker was asked.
        assert here.get("/menu").headers["ETag"] == after.headers["ETag"], name


def has_moved(client: httpx.Client, tag: dict[str, str]) -> bool:
    return client.get("/menu", headers=tag).status_code == 200


LANGUAGES = ["ko", "en", "ja", "zh-Hans", "fr"]


def furnish(shop: Shop, mark: str) -> None:
    """A menu in four languages in which every text has the store's mark."""
    languages = LANGUAGES[:-1]
    owner = shop.client(Role.OWNER)
    ok(owner.patch("/store", json={"languages": languages}, headers=if_match(1)))
    texts = {tag: f"{mark} {tag}" for tag in languages}
    group = add_group(shop, name=texts, options=[{"name": texts}])
    category = add_category(shop, name=texts, description=texts)
    uses = [{"id": group["id"]}]
    add_item(shop, category, name=texts, description=texts, origin=texts, option_groups=uses)


def check_headers(answer: httpx.Response, spoken: str) -> None:
    """No cache may give this menu to another caller, or in another language."""
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == spoken
    vary = {name.strip().lower() for name in answer.headers["Vary"].split(",")}
    assert {"accept-language", "accept-encoding", "authorization"} <= vary
    assert "private" in answer.headers["Cache-Control"]


def test_no_store_reads_anothers_menu_in_any_language(
    shop: Shop, other_shop: Shop, worker_url: str
) -> None:
    """Parallel readers of both stores on both workers, while both menus change."""
    marks = {shop.id: "CANARY-ONE", other_shop.id: "CANARY-TWO"}
    for one in (shop, other_shop):
        furnish(one, marks[one.id])
    clients = [
        (one, client)
        for one in (shop, other_shop)
        for client in (one.connect(one.staff.headers["Authorization"]), reader(one, worker_url))
    ]
    tags: dict[str, set[tuple[str, bytes]]] = {}

    def read(turn: int) -> tuple[Shop, str, httpx.Response]:
        one, client = clients[turn % len(clients)]
        language = LANGUAGES[turn // len(clients) % len(LANGUAGES)]
        headers = {"Accept-Language": language, "Accept-Encoding": "identity"}
        return one, language, client.get("/menu", headers=headers)

    with ThreadPoolExecutor(len(clients)) as pool:
        for price in (9_100, 9_200):
            for one in (shop, other_shop):
                [item] = ok(one.staff.get("/menu/items"))["data"]
                path, headers = f"/menu/items/{item['id']}", if_match(item["version"])
                ok(one.manager.patch(path, json={"price": price}, headers=headers))
            for one, language, answer in pool.map(read, range(len(clients) * len(LANGUAGES) * 2)):
                spoken = language if language in LANGUAGES[:-1] else "ko"
                [foreign] = set(marks.values()) - {marks[one.id]}
                assert foreign not in answer.text
                assert f"{marks[one.id]} {spoken}" in answer.text
                assert answer.json()["store"]["id"] == str(one.id)
                check_headers(answer, spoken)
                tags.setdefault(answer.headers["ETag"], set()).add((spoken, answer.content))
    assert all(len(seen) == 1 for seen in tags.values()), "one tag for two menus"
    foreign_tag = clients[0][1].get("/menu").headers["ETag"]
    for _, client in clients[2:]:
        answer = client.get("/menu", headers={"If-None-Match": foreign_tag})
        assert answer.status_code == 200
