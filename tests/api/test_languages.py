"""Which language an answer is in, and that it says so: texts of the store, and messages."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.baskets import BASKET, filled, line, put, submit
from tests.support.calls import CallFloor
from tests.support.floor import Floor, created, order_body
from tests.support.menu_building import add_category, add_group, add_item, ok
from tests.support.menu_files import send
from tests.support.shops import Json, Shop
from tests.support.words import is_korean

LANGUAGES = ["ko", "en"]
STEW = {"ko": "김치찌개", "en": "Kimchi stew"}


def speaking(client: httpx.Client, language: str) -> dict[str, str]:
    client.headers["Accept-Language"] = language
    return {"Idempotency-Key": str(uuid4())}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_tables_read_names_its_language(shop: Shop, language: str) -> None:
    floor = CallFloor(shop)
    tablet = floor.tablet(1)
    key = speaking(tablet, language)
    body = order_body(floor.stew, 1)
    order = tablet.post("/orders", json=body, headers=key)
    path = f"/orders/{ok(order, 201)['id']}"
    answers = [
        order,
        tablet.post("/orders/quote", json=body),
        tablet.get(path),
        tablet.get("/orders"),
        tablet.post(f"{path}/reorder-quote"),
        put(tablet, line(floor.stew)),
        tablet.get(BASKET),
        submit(tablet, confirm_duplicate=True),
        tablet.get("/menu"),
        tablet.get("/service-request-types"),
        tablet.get("/cancel-reasons"),
        tablet.post("/service-requests", json=floor.body(water=1)),
        shop.staff.get(path, headers={"Accept-Language": language}),
    ]
    for answer in answers:
        assert answer.status_code < 300, answer.text
        assert answer.headers.get("Content-Language") == language, answer.request.url
    for answer in (answers[0], answers[1], answers[2], answers[7]):
        assert answer.json()["lines"][0]["name"] == STEW[language]


def test_answers_without_texts_name_no_language(shop: Shop) -> None:
    answers = [shop.staff.get("/tables"), shop.staff.get("/menu/items"), shop.staff.get("/store")]
    assert [answer.headers.get("Content-Language") for answer in answers] == [None] * 3


def test_a_replay_is_in_the_language_of_the_first_answer(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    keys = [speaking(client, "en") for client in (tablet, shop.manager, tablet)]
    placed = tablet.post("/orders", json=order_body(floor.stew, 1), headers=keys[0])
    filled(floor, tablet, 2)
    path = f"/orders/{placed.json()['id']}/cancel"

    def once_more() -> list[httpx.Response]:
        return [
            tablet.post("/orders", json=order_body(floor.stew, 1), headers=keys[0]),
            shop.manager.post(path, json={"reason_code": "sold_out"}, headers=keys[1]),
            submit(tablet, keys[2]["Idempotency-Key"]),
        ]

    first = once_more()
    for client in (tablet, shop.manager):
        client.headers["Accept-Language"] = "ko"
    for before, after in zip(first, once_more(), strict=True):
        assert after.headers["Idempotent-Replayed"] == "true"
        assert after.content == before.content
        assert before.headers["Content-Language"] == after.headers["Content-Language"] == "en"


def details(answer: httpx.Response) -> list[str]:
    problem: dict[str, Any] = answer.json()
    return [one["detail"] for one in problem.get("errors", [])] or [problem["detail"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_of_editors_and_importers_speak_one_language(shop: Shop, language: str) -> None:
    category = add_category(shop)
    add_item(shop, category)
    manager = shop.manager
    speaking(manager, language)
    headers = {"If-Match": "*"}
    refused = [
        manager.delete(f"/menu/categories/{category}", headers=headers),
        manager.post("/menu/option-groups", json=contradicting()),
        manager.post("/menu/items", json={"category_id": category, "name": {}, "price": "free"}),
        manager.get("/orders", params={"nothing": "1"}),
        send(shop, b"kind,category,name\nitem,Soup,Stew\ndish,,Water\n"),
        send(shop, b"\xff\xfe\xff"),
        manager.post("/menu/import", content=b"{}", headers={"Content-Type": "image/png"}),
        manager.post("/tables", content=b"{", headers={"Content-Type": "application/json"}),
    ]
    for answer in refused:
        assert answer.status_code >= 400
        assert answer.headers["Content-Language"] == language
        for detail in details(answer):
            assert is_korean(detail) == (language == "ko"), detail


def contradicting() -> Json:
    options = [{"name": {"ko": "두부"}}]
    return {"name": {"ko": "토핑"}, "min_select": 3, "max_select": 2, "options": options}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_names_things_in_its_own_language(shop: Shop, language: str) -> None:
    group = add_group(shop, name={"ko": "맵기", "en": "Spiciness"}, min_select=1, max_select=1)
    item = add_item(shop, add_category(shop), option_groups=[{"id": group["id"]}])
    table = created(shop.manager, "/tables", {"number": 1})["id"]
    tablet = shop.tablet(table)
    speaking(tablet, language)
    [detail] = details(tablet.post("/orders/quote", json=order_body(item["id"], 1)))
    told = {
        "ko": "“맵기”에서는 1개를 골라야 합니다. 지금은 0개입니다.",
        "en": "Choose 1 of “Spiciness”, not 0.",
    }
    assert detail == told[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_in_a_basket_is_told_in_its_language(shop: Shop, language: str) -> None:
    floor = CallFloor(shop)
    floor.sit(1)
    tablet = floor.tablet(1)
    speaking(tablet, language)
    filled(floor, tablet, 2)
    sold_out = {"status": "sold_out"}
    ok(shop.staff.put(f"/menu/items/{floor.stew}/availability", json=sold_out))
    [problem] = ok(tablet.get(BASKET))["lines"][0]["problems"]
    assert is_korean(problem["detail"]) == (language == "ko")


@pytest.mark.parametrize("language", LANGUAGES)
def test_warnings_of_an_import_speak_the_asked_language(shop: Shop, language: str) -> None:
    item = {"name": {"ko": "김치찌개"}, "price": 9000, "image": picture("a")}
    file = {"categories": [{"name": {"ko": "찌개"}, "items": [item]}]}
    speaking(shop.manager, language)
    answer = shop.manager.post("/menu/import", json=file)
    [warning] = ok(answer)["warnings"]
    assert answer.headers["Content-Language"] == language
    assert is_korean(warning["detail"]) == (language == "ko")


def picture(digit: str) -> Json:
    size = {"sha256": digit * 64, "width": 10, "height": 10}
    return size | {"thumbnail": size}


def test_without_a_wish_messages_are_in_the_stores_language(shop: Shop) -> None:
    floor = Floor(shop)
    refused = floor.tablet(1).post("/orders/quote", json=order_body(floor.stew, 0))
    assert refused.headers["Content-Language"] == "ko"
    assert is_korean(details(refused)[0])
