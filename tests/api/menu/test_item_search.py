"""`GET /menu/items?q=`: finding items as a cashier types."""

import unicodedata

import pytest

from tests.support.menu_building import add_category, add_item, availability, ok
from tests.support.shops import Json, Shop

DISHES = {
    "김치전": "Kimchi pancake",
    "김치찌개": "Kimchi stew",
    "돼지 김치찜": "Braised pork",
    "갈비탕": "Short rib soup",
}


@pytest.fixture
def category(shop: Shop) -> Json:
    category = add_category(shop)
    for korean, english in DISHES.items():
        add_item(shop, category, name={"ko": korean, "en": english})
    return category


def found(shop: Shop, typed: str, **params: str | int) -> list[str]:
    page = ok(shop.staff.get("/menu/items", params={"q": typed, **params}))
    assert page["next_cursor"] is None
    return [one["name"]["ko"] for one in page["data"]]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("김치", ["김치전", "김치찌개", "돼지 김치찜"]),
        ("ㄱㅊㅉ", ["김치찌개", "돼지 김치찜"]),
        ("김ㅊ", ["김치전", "김치찌개", "돼지 김치찜"]),
        ("KIMCHI", ["김치전", "김치찌개"]),
        ("rib", ["갈비탕"]),
        (unicodedata.normalize("NFD", "갈비"), ["갈비탕"]),
        ("김 치 전", ["김치전"]),
        ("없음", []),
        ("?", []),
    ],
)
def test_names_are_found_in_any_language(
    shop: Shop, category: Json, typed: str, names: list[str]
) -> None:
    assert found(shop, typed) == names


def test_items_come_as_they_are_read(shop: Shop, category: Json) -> None:
    [one] = ok(shop.kitchen.get("/menu/items", params={"q": "갈비"}))["data"]
    assert one == ok(shop.kitchen.get(f"/menu/items/{one['id']}"))


def test_what_changes_is_found_at_once(shop: Shop, other_shop: Shop, category: Json) -> None:
    other = add_category(shop)
    new = add_item(shop, other, name={"ko": "김치말이국수"})
    assert "김치말이국수" in found(shop, "ㄱㅊ")
    assert found(shop, "ㄱㅊ", category_id=other["id"]) == ["김치말이국수"]
    assert len(found(shop, "ㄱㅊ", limit=2)) == 2
    availability(shop, new, {"status": "hidden"})
    assert found(shop, "말이국수") == ["김치말이국수"]
    shop.manager.delete(f"/menu/items/{new['id']}")
    assert found(shop, "말이국수") == []
    assert found(other_shop, "ㄱㅊ") == []


@pytest.mark.parametrize(
    "params",
    [
        {"q": ""},
        {"q": "x" * 101},
        {"q": "a\x00"},
        {"q": "a", "archived": "true"},
        {"q": "a", "cursor": "01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"},
    ],
    ids=str,
)
def test_what_can_not_be_searched_is_refused(shop: Shop, params: dict[str, str]) -> None:
    refused = shop.staff.get("/menu/items", params=params)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")


def test_guests_do_not_search_what_is_hidden(shop: Shop, category: Json) -> None:
    tablet = shop.tablet(shop.id)
    assert tablet.get("/menu/items", params={"q": "김치"}).status_code == 403
