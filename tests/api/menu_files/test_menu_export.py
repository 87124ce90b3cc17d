"""Exporting a menu and importing it elsewhere: nothing is lost, and nothing done twice."""

import json

import pytest

from app.core.security.permissions import Role
from tests.support.menu_building import ok
from tests.support.menu_files import (
    CSV,
    HAPPY_HOURS,
    HOLIDAYS,
    LUNCHES,
    NIGHTS,
    counts,
    exported,
    fill,
    must,
    send,
)
from tests.support.pictures import fetch
from tests.support.shops import Json, Shop

JSON = "application/json"


@pytest.mark.parametrize(("format_", "media_type"), [("json", JSON), ("csv", CSV)])
def test_a_menu_comes_out_of_another_store_as_it_went_in(
    shop: Shop, other_shop: Shop, format_: str, media_type: str
) -> None:
    fill(shop)
    file = exported(shop, format_)
    done = must(send(other_shop, file, media_type))
    assert counts(done) == {
        "categories": (2, 0, 0, 0),
        "items": (2, 0, 0, 0),
        "option_groups": (2, 0, 0, 0),
        "options": (4, 0, 0, 0),
    }
    assert exported(other_shop, format_) == file
    here, there = (json.loads(exported(one)) for one in (shop, other_shop))
    if format_ == "csv":  # a table has no pictures
        del here["categories"][0]["items"][0]["image"], there["categories"][0]["items"][0]["image"]
    assert there == here


@pytest.mark.parametrize(("format_", "media_type"), [("json", JSON), ("csv", CSV)])
def test_importing_what_is_there_changes_nothing(shop: Shop, format_: str, media_type: str) -> None:
    fill(shop)
    file, before = exported(shop, format_), shop.counters()
    versions = shop.rows("SELECT id, version FROM items WHERE store_id = %(store)s ORDER BY id")
    done = must(send(shop, file, media_type, "archive_missing=true"))
    assert all(found == (0, 0, found[2], 0) for found in counts(done).values())
    assert (done["changes"], shop.counters()) == ([], before)
    after = shop.rows("SELECT id, version FROM items WHERE store_id = %(store)s ORDER BY id")
    assert after == versions


def test_the_file_has_every_field_and_no_ids(shop: Shop) -> None:
    made = fill(shop)
    file = json.loads(exported(shop))
    assert file["format"] == "table-order-menu"
    assert [group["key"] for group in file["option_groups"]] == ["맵기", "맵기#2"]
    assert [category["key"] for category in file["categories"]] == ["찌개", "찌개#2"]
    stew, formula = file["categories"][0]["items"]
    shown = stew.pop("image")
    assert (shown["width"], shown["height"]) == (400, 300)
    assert fetch(shop, f"/media/{shown['thumbnail']['sha256']}.webp").status_code == 200
    assert stew == {
        "key": "POS-1",
        "external_ref": "POS-1",
        "name": {"en": "Kimchi stew", "ko": "김치찌개"},
        "description": {"en": 'Aged, "sour"', "ko": "묵은지로\n끓인"},
        "price": 9000,
        "price_schedule": [
            {"starts_at": "2097-12-31T15:00:00.000000Z", "price": 9500},
            {"starts_at": "2098-12-31T15:00:00.000000Z", "price": 0},
        ],
        "happy_hours": HAPPY_HOURS,
        "tax_class": "reduced",
        "allergens": ["soybean", "milk"],
        "tags": ["spicy"],
        "origin": {"ko": "국내산"},
        "position": 0,
        "dayparts": LUNCHES + NIGHTS,
        "daypart_exceptions": HOLIDAYS,
        "availability": {
            "status": "sold_out",
            "until": "2099-01-01T00:00:00.000000Z",
            "stock": 3,
        },
        "option_groups": [
            {"key": "맵기#2", "min_select": 0, "max_select": 2, "prices": None},
            {"key": "맵기", "min_select": None, "max_select": None, "prices": {"매운맛": 700}},
        ],
        "set_slots": [],
    }
    assert formula["set_slots"] == [
        {
            "key": "음료",
            "name": {"en": "Drink", "ko": "음료"},
            "min": 0,
            "max": 3,
            "choices": [{"key": "POS-1", "upcharge": 500}],
        },
        {
            "key": "음료#2",
            "name": {"ko": "음료"},
            "min": 1,
            "max": 1,
            "choices": [{"key": "POS-1", "upcharge": 0}],
        },
    ]
    assert formula["position"] == 7
    assert made["stew"]["id"] not in exported(shop).decode()


def test_cells_that_look_like_formulas_are_made_harmless(shop: Shop) -> None:
    fill(shop)
    answer = shop.manager.get("/menu/export", headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="menu-shop-')
    text = answer.content.decode("utf-8-sig")
    assert ",'=1+1,''@x," in text
    assert "\r\n" in text


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", JSON),
        ("text/csv, application/json;q=0.5", CSV),
        ("application/json, text/csv", JSON),
        ("text/csv;q=0, */*", JSON),
        ("text/csv;q=x", JSON),
    ],
)
def test_the_format_is_negotiated(shop: Shop, accept: str, media_type: str) -> None:
    answer = shop.manager.get("/menu/export", headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith(media_type)


def test_only_who_manages_menus_may(shop: Shop) -> None:
    assert shop.staff.get("/menu/export").status_code == 403
    for scope, status in (("menu:read", 200), ("menu:write", 200), ("orders:read", 403)):
        wanted = {"name": scope, "scopes": [scope]}
        key = ok(shop.client(Role.OWNER).post("/api-keys", json=wanted), 201)["key"]
        assert shop.connect(f"Bearer {key}").get("/menu/export").status_code == status
    before = shop.counters()
    refused = shop.staff.post("/menu/import", content=b"{}", headers={"Content-Type": JSON})
    assert (refused.status_code, shop.counters()) == (403, before)


def test_a_part_that_is_not_said_stays_as_it_is(shop: Shop) -> None:
    fill(shop)
    file: Json = json.loads(exported(shop))
    file["categories"] = file["categories"][:1]
    item = file["categories"][0]["items"][0]
    del item["availability"], item["option_groups"], item["description"], item["key"]
    item["price"] = 9500
    del file["option_groups"]
    done = must(send(shop, json.dumps(file), JSON))
    assert counts(done)["items"] == (0, 1, 1, 0)
    assert done["changes"] == [
        {
            "kind": "item",
            "change": "updated",
            "name": "김치찌개",
            "fields": [{"field": "price", "before": 9000, "after": 9500}],
        }
    ]
    stew = json.loads(exported(shop))["categories"][0]["items"][0]
    assert (stew["price"], stew["availability"]["stock"]) == (9500, 3)
    assert len(stew["option_groups"]) == 2
