"""Allergens and tags come from lists that are served, and from nowhere else."""

import pytest

from app.core.ids import uuid7
from app.core.security.permissions import Role
from tests.support.menu_building import add_category, add_group, add_item, if_match, menu_items, ok
from tests.support.shops import Shop

KOREAN = 22
EUROPEAN = 14


def test_the_list_has_what_korean_and_european_law_name(shop: Shop) -> None:
    data = ok(shop.staff.get("/menu/allergens"))["data"]

    codes = [one["code"] for one in data]
    assert len(set(codes)) == len(codes)
    assert sum("kr" in one["lists"] for one in data) == KOREAN
    assert sum("eu" in one["lists"] for one in data) == EUROPEAN
    wider = {one["part_of"] for one in data if one["part_of"]}
    assert wider <= {one["code"] for one in data if one["lists"] == ["eu"]}
    crab = next(one for one in data if one["code"] == "crab")
    assert crab == {
        "code": "crab",
        "name": "게",
        "names": {"ko": "게", "en": "Crab"},
        "lists": ["kr"],
        "part_of": "crustaceans",
    }


def test_the_tags_say_which_of_them_are_dietary(shop: Shop) -> None:
    data = ok(shop.staff.get("/menu/tags"))["data"]
    dietary = {one["code"] for one in data if one["dietary"]}
    assert {"vegan", "vegetarian", "halal"} <= dietary
    assert {"spicy", "popular"} <= {one["code"] for one in data} - dietary


@pytest.mark.parametrize("path", ["/menu/allergens", "/menu/tags"])
def test_whoever_is_signed_in_may_read_and_keep_them(shop: Shop, path: str) -> None:
    for client in (shop.client(Role.KITCHEN), shop.tablet(uuid7())):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "private, max-age=86400"
        assert answer.headers["Content-Language"] == "ko"
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    english = shop.staff.get(path, headers={"Accept-Language": "en-GB, ko;q=0.5"})
    assert english.headers["Content-Language"] == "en"
    assert english.json()["data"][0]["name"] == english.json()["data"][0]["names"]["en"]
    assert shop.connect().get(path).status_code == 401


def test_an_option_takes_only_codes_of_the_list(shop: Shop) -> None:
    group = add_group(shop)
    before = shop.counters()
    for field in ("allergens_added", "allergens_removed"):
        option = {"name": {"ko": "치즈"}, field: ["cheese"]}
        body = {"options": [option]}
        path = f"/menu/option-groups/{group['id']}"
        answer = shop.manager.patch(path, json=body, headers=if_match(group["version"]))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
        assert answer.json()["errors"][0]["pointer"] == f"/options/0/{field}/0"
    assert shop.counters() == before


def test_guests_read_allergens_tags_and_origin(shop: Shop) -> None:
    fields = {
        "allergens": ["soybean", "pork"],
        "tags": ["spicy"],
        "origin": {"ko": "돼지고기: 국내산", "en": "Pork: Korea"},
    }
    add_item(shop, add_category(shop), **fields)
    [shown] = menu_items(shop)
    assert (shown["allergens"], shown["tags"]) == (["soybean", "pork"], ["spicy"])
    assert shown["origin"] == "돼지고기: 국내산"
