"""What guests see of a menu, and how a worker keeps it, without a database."""

import asyncio
import gzip
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
import zstandard

from app.core.cache import CachedMenu, CachedPage, MenuCache
from app.core.ids import uuid7
from app.schemas.menu_page import MenuOutput
from app.services.menu.reading import render_page
from app.services.menu.snapshot import Availability, MenuSnapshot
from tests.support.menus import HIDDEN, LATER, NOW, SOLD_OUT, group, item, menu, option


def shown(snapshot: MenuSnapshot, language: str = "ko") -> dict[str, Any]:
    """The page as a client reads it; its shape must be the one that is documented."""
    body = render_page(snapshot, language, NOW).body
    MenuOutput.model_validate_json(body, strict=True, extra="forbid")
    read: dict[str, Any] = orjson.loads(body)
    return read


def only_item(page: dict[str, Any]) -> dict[str, Any]:
    [category] = page["categories"]
    [entry] = category["items"]
    return dict(entry)


def test_texts_fall_back_to_the_stores_language_then_to_any() -> None:
    names = [{"ko": "김치찌개", "en": "Kimchi stew"}, {"ko": "된장찌개"}, {"ja": "プルコギ"}]
    page = shown(menu(*(item(names=each) for each in names)), "en")
    assert page["language"] == "en"
    [category] = page["categories"]
    assert [one["name"] for one in category["items"]] == ["Kimchi stew", "된장찌개", "プルコギ"]


def test_hidden_things_are_not_shown_and_sold_out_ones_are() -> None:
    tofu, gone = option(1500), option(500, availability=SOLD_OUT)
    entry = item(group(tofu, gone, option(availability=HIDDEN)), group(option(availability=HIDDEN)))
    page = shown(menu(entry, item(availability=HIDDEN)))
    [visible] = only_item(page)["option_groups"]
    assert [one["id"] for one in visible["options"]] == [str(tofu.id), str(gone.id)]
    assert [one["availability"]["status"] for one in visible["options"]] == [
        "available",
        "sold_out",
    ]


def test_a_category_with_nothing_to_show_is_left_out() -> None:
    assert shown(menu(item(availability=HIDDEN)))["categories"] == []


def test_an_item_is_sold_out_when_a_required_choice_is_impossible() -> None:
    entry = item(group(option(availability=SOLD_OUT), min_select=1))
    assert only_item(shown(menu(entry)))["availability"] == {"status": "sold_out", "until": None}


def test_a_page_is_valid_until_something_comes_back() -> None:
    later = replace(SOLD_OUT, until=LATER)
    entry = item(group(option(availability=replace(SOLD_OUT, until=LATER + timedelta(hours=1)))))
    page = render_page(menu(entry, item(availability=later)), "ko", NOW)
    assert page.valid_until == LATER
    assert page.is_valid_at(LATER - timedelta(microseconds=1))
    assert not page.is_valid_at(LATER)
    assert render_page(menu(item(availability=Availability(stock=1))), "ko", NOW).is_valid_at(LATER)


def test_each_coding_has_its_own_tag_and_the_same_content() -> None:
    page = render_page(menu(*(item() for _ in range(10))), "ko", NOW)
    plain, packed = page.encoded(None), page.encoded("gzip")
    assert plain == (page.body, None)
    assert packed[1] == "gzip"
    assert gzip.decompress(packed[0]) == page.body
    assert zstandard.ZstdDecompressor().decompress(page.encoded("zstd")[0]) == page.body
    assert len({page.etag(coding) for coding in (None, "gzip", "zstd")}) == 3
    assert page.encoded("gzip")[0] is packed[0]


def test_a_small_page_is_not_packed() -> None:
    assert CachedPage(b"{}", "ko", None).encoded("gzip") == (b"{}", None)


async def test_many_who_wait_share_one_load() -> None:
    cache, store, loads = MenuCache(), uuid7(), 0

    async def load() -> CachedMenu:
        nonlocal loads
        loads += 1
        await asyncio.sleep(0.01)
        return CachedMenu(2, menu(item()))

    found = await asyncio.gather(*(cache.get(store, 2, load) for _ in range(50)))
    assert loads == 1
    assert len({id(one) for one in found}) == 1
    assert await cache.get(store, 1, load) is found[0]
    assert loads == 1


async def test_another_version_is_loaded_again() -> None:
    cache, store, versions = MenuCache(), uuid7(), iter([3, 4, 5])

    async def load() -> CachedMenu:
        return CachedMenu(next(versions), None)

    assert (await cache.get(store, 3, load)).catalog_version == 3
    assert (await cache.get(store, 5, load)).catalog_version == 5
    known = cache.known(store)
    assert known is not None
    assert known.catalog_version == 5


async def test_a_failed_load_is_told_to_all_and_tried_again() -> None:
    cache, store, fails = MenuCache(), uuid7(), True

    async def load() -> CachedMenu:
        await asyncio.sleep(0)
        if fails:
            raise ConnectionError
        return CachedMenu(1, None)

    for outcome in await asyncio.gather(
        *(cache.get(store, 1, load) for _ in range(3)), return_exceptions=True
    ):
        assert isinstance(outcome, ConnectionError)
    fails = False
    assert (await cache.get(store, 1, load)).catalog_version == 1


async def test_the_menu_that_was_read_the_longest_ago_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.core.cache.MAX_STORES", 3)
    cache, stores = MenuCache(), [uuid7() for _ in range(4)]

    async def load() -> CachedMenu:
        return CachedMenu(1, None)

    for store in stores[:3]:
        await cache.get(store, 1, load)
    cache.known(stores[0])
    await cache.get(stores[3], 1, load)

    assert [cache.known(store) is not None for store in stores] == [True, False, True, True]


async def test_who_hangs_up_takes_nobody_along() -> None:
    cache, store, go = MenuCache(), uuid7(), asyncio.Event()

    async def load() -> CachedMenu:
        await go.wait()
        return CachedMenu(1, None)

    impatient = asyncio.ensure_future(cache.get(store, 1, load))
    patient = asyncio.ensure_future(cache.get(store, 1, load))
    await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    go.set()
    assert (await patient).catalog_version == 1
