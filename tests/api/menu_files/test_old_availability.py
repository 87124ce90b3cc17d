"""A file is older than the floor: what staff have sold out since stays sold out."""

import json
from typing import Any

import pytest

from tests.support.menu_building import add_category, add_group, add_item, ok
from tests.support.menu_files import CSV, counts, exported, must, send
from tests.support.shops import Json, Shop

JSON = "application/json"
SOLD_OUT = {"status": "sold_out"}


def states(shop: Shop) -> list[tuple[str, int | None]]:
    """Status and stock of the items, then of the options."""
    file: Json = json.loads(exported(shop))
    items = [item for category in file["categories"] for item in category["items"]]
    options = [option for group in file["option_groups"] for option in group["options"]]
    found = [one["availability"] for one in (*items, *options)]
    return [(one["status"], one["stock"]) for one in found]


def at_noon(shop: Shop) -> tuple[dict[str, bytes], list[tuple[str, int | None]]]:
    """Files of the morning, and what has become of the menu since."""
    counted: Json = {"status": "available", "stock": 5}
    group = add_group(shop)
    category = add_category(shop)
    gone = add_item(shop, category)
    add_item(shop, category, name={"ko": "갈비"}, availability=counted)
    back = add_item(shop, category, name={"ko": "냉면"}, availability=SOLD_OUT)
    files = {format_: exported(shop, format_) for format_ in ("json", "csv")}
    set_to(shop, f"items/{gone['id']}", SOLD_OUT)
    set_to(shop, f"items/{back['id']}", {"status": "available"})
    set_to(shop, f"options/{group['options'][0]['id']}", SOLD_OUT)
    shop.rows("UPDATE items SET stock = 2 WHERE store_id = %(store)s AND stock = 5 RETURNING id")
    return files, states(shop)


def set_to(shop: Shop, what: str, wanted: Any) -> None:
    ok(shop.staff.put(f"/menu/{what}/availability", json=wanted))


@pytest.mark.parametrize(("format_", "media_type"), [("json", JSON), ("csv", CSV)])
@pytest.mark.parametrize("query", ["", "archive_missing=true"])
def test_a_file_of_the_morning_brings_nothing_back(
    shop: Shop, format_: str, media_type: str, query: str
) -> None:
    files, now = at_noon(shop)
    assert len(now) == 5
    dearer = files[format_].replace(b"9000", b"9900")
    would = must(send(shop, dearer, media_type, f"{query}&dry_run=true".lstrip("&")))
    done = must(send(shop, dearer, media_type, query))
    assert {**would, "dry_run": False} == done
    assert states(shop) == now
    changed = [(one["kind"], [f["field"] for f in one["fields"]]) for one in done["changes"]]
    assert changed == [("item", ["price"])] * 3
    assert [one["code"] for one in done["warnings"]] == ["availability-kept"] * 4
    assert "(sold_out)" in done["warnings"][0]["detail"]
    assert "(available, 2개 남음)" in done["warnings"][1]["detail"]
    if format_ == "csv":
        assert all(one["row"] for one in done["warnings"])
    else:
        assert done["warnings"][0]["pointer"] == "/categories/0/items/0/availability"


@pytest.mark.parametrize(("format_", "media_type"), [("json", JSON), ("csv", CSV)])
def test_who_asks_for_it_sets_what_the_file_says(shop: Shop, format_: str, media_type: str) -> None:
    files, _ = at_noon(shop)
    done = must(send(shop, files[format_], media_type, "set_availability=true"))
    assert done["warnings"] == []
    assert exported(shop, format_) == files[format_]
    [stew] = [one for one in done["changes"] if one["name"] == "김치찌개"]
    assert stew["fields"][0]["before"]["status"] == "sold_out"


def test_what_is_new_is_as_the_file_says(shop: Shop) -> None:
    table = "category,name,price,status,stock\nA,B,1,hidden,\nA,C,1,available,3\n"
    assert must(send(shop, table))["warnings"] == []
    assert states(shop) == [("hidden", None), ("available", 3)]
    again = must(send(shop, table))
    assert (again["warnings"], counts(again)["items"]) == ([], (0, 0, 2, 0))
