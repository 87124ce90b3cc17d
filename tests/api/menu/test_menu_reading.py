"""`GET /menu`: what guests see, in which language, and what a conditional read costs."""

import gzip
from collections.abc import Callable
from datetime import timedelta

import brotli
import orjson
import pytest
import zstandard

from app.core import clock
from app.core.ids import uuid7
from tests.support.menu_building import add_category, add_group, add_item, availability, menu_items
from tests.support.shops import Shop

UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "zstd": lambda packed: zstandard.ZstdDecompressor().decompress(packed),
    "br": brotli.decompress,
}


def test_an_empty_menu(shop: Shop) -> None:
    answer = shop.tablet(uuid7()).get("/menu")
    assert answer.status_code == 200
    assert answer.json()["categories"] == []
    assert answer.json()["currency"] == "KRW"


def test_categories_items_groups_and_options_in_the_asked_language(shop: Shop) -> None:
    category = add_category(shop, name={"ko": "찌개", "en": "Stews"})
    group = add_group(shop, free_quota=1)
    dear = group["options"][1]["id"]
    item = add_item(
        shop, category, option_groups=[{"id": group["id"], "prices": {dear: 700}, "max_select": 3}]
    )
    answer = shop.tablet(uuid7()).get("/menu", headers={"Accept-Language": "en-GB, ko;q=0.5"})
    assert answer.headers["content-language"] == "en"
    [shown] = answer.json()["categories"]
    assert shown["name"] == "Stews"
    [one] = shown["items"]
    assert (one["id"], one["name"], one["price"]) == (item["id"], "Kimchi stew", 9000)
    [offered] = one["option_groups"]
    assert (offered["min_select"], offered["max_select"], offered["free_quota"]) == (0, 3, 1)
    assert [option["price"] for option in offered["options"]] == [0, 700]
    # An option without an English name falls back to the store's language.
    assert [option["name"] for option in offered["options"]] == ["Mild", "매운맛"]


def test_unchanged_menus_are_not_sent_again(shop: Shop) -> None:
    add_item(shop, add_category(shop))
    tablet = shop.tablet(uuid7())
    first = tablet.get("/menu")
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    assert first.headers["cache-control"] == "private, no-cache"
    for sent in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = tablet.get("/menu", headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert tablet.get("/menu", headers={"If-None-Match": '"other"'}).status_code == 200
    add_item(shop, add_category(shop))
    changed = tablet.get("/menu", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_copies_in_other_codings_and_languages_have_their_own_tags(shop: Shop) -> None:
    category = add_category(shop)
    for _ in range(5):
        add_item(shop, category)
    tablet = shop.tablet(uuid7())
    tags = set()
    for coding in ("identity", "gzip", "zstd", "br"):
        with tablet.stream("GET", "/menu", headers={"Accept-Encoding": coding}) as answer:
            packed = b"".join(answer.iter_raw())
        assert answer.headers.get("content-encoding", "identity") == coding
        assert len(orjson.loads(UNPACK[coding](packed))["categories"][0]["items"]) == 5
        tags.add(answer.headers["etag"])
    tags.add(tablet.get("/menu", headers={"Accept-Language": "en"}).headers["etag"])
    assert len(tags) == 5


def test_head_has_the_headers_of_get(shop: Shop) -> None:
    tablet = shop.tablet(uuid7())
    head = tablet.head("/menu")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == tablet.get("/menu").headers["etag"]


def test_hidden_and_archived_items_are_left_out(shop: Shop) -> None:
    category = add_category(shop)
    hidden, archived, sold_out, shown = (add_item(shop, category) for _ in range(4))
    availability(shop, hidden, {"status": "hidden"})
    availability(shop, sold_out, {"status": "sold_out"})
    assert shop.manager.delete(f"/menu/items/{archived['id']}").status_code == 204
    found = {one["id"]: one["availability"]["status"] for one in menu_items(shop)}
    assert found == {sold_out["id"]: "sold_out", shown["id"]: "available"}


def test_a_sold_out_item_comes_back_at_its_time(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    now = clock.now()
    with clock.held_at(now):
        until = (now + timedelta(minutes=30)).isoformat()
        availability(shop, item, {"status": "sold_out", "until": until})
        [shown] = menu_items(shop)
        assert shown["availability"]["status"] == "sold_out"
        assert shown["availability"]["until"].endswith("Z")
    with clock.held_at(now + timedelta(minutes=29)):
        assert menu_items(shop)[0]["availability"]["status"] == "sold_out"
    with clock.held_at(now + timedelta(minutes=30)):
        assert menu_items(shop)[0]["availability"] == {"status": "available", "until": None}


def test_staff_may_look_ahead(shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    availability(shop, item, {"status": "sold_out", "until": "business_day_end"})
    later = (clock.now() + timedelta(days=1)).isoformat()
    ahead = shop.staff.get("/menu", params={"at": later})
    assert ahead.json()["categories"][0]["items"][0]["availability"]["status"] == "available"
    refused = shop.tablet(uuid7()).get("/menu", params={"at": later})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")


@pytest.mark.parametrize("at", ["tomorrow", "2026-11-25", "2026-13-01T00:00:00Z", "", "5"])
def test_at_is_a_time(shop: Shop, at: str) -> None:
    answer = shop.staff.get("/menu", params={"at": at})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_each_store_reads_its_own_menu(shop: Shop, other_shop: Shop) -> None:
    item = add_item(shop, add_category(shop))
    assert menu_items(other_shop) == []
    for path in (f"/menu/items/{item['id']}",):
        assert other_shop.manager.get(path).status_code == 404
        assert other_shop.manager.delete(path).status_code == 404
    assert [one["id"] for one in menu_items(shop)] == [item["id"]]
