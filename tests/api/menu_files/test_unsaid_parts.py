"""What a file doesn't say stays as it is: missing columns, empty cells, fields left out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.menu_building import add_category, add_group, add_item
from tests.support.menu_files import counts, errors_of, exported, fill, must, places, send
from tests.support.shops import Json, Shop

JSON = "application/json"


def items_of(shop: Shop) -> list[Json]:
    file: Json = json.loads(exported(shop))
    return [item for category in file["categories"] for item in category["items"]]


@pytest.mark.parametrize(
    "table",
    [
        "name,name:en\n김치찌개,Stew\n",
        "name,name:en,price,category\n김치찌개,Stew,,\n",
        "external_ref,name:en\nPOS-1,Stew\n",
        "key,name,name:en,position,tax_class,price_schedule\nPOS-1,,Stew,,,"
        '"2097-12-31T15:00:00Z 9500; 2098-12-31T15:00:00Z 0"\n',
    ],
)
@pytest.mark.parametrize("query", ["", "archive_missing=true"])
def test_a_table_of_translations_changes_nothing_else(shop: Shop, table: str, query: str) -> None:
    fill(shop)
    file = json.loads(exported(shop))
    stews = file["categories"][0]
    done = must(send(shop, table, query=query))
    assert counts(done)["items"][:2] == (0, 1)
    stews["items"][0]["name"]["en"] = "Stew"
    if query:
        stews["items"] = stews["items"][:1]
        file["categories"] = [stews]
    assert json.loads(exported(shop)) == file


def test_a_table_of_prices_may_name_items_by_their_references(shop: Shop) -> None:
    category = add_category(shop)
    add_item(shop, category, external_ref="POS-1", description={"ko": "묵은지로 끓인"})
    add_item(shop, category, name={"ko": "된장찌개"})
    before = items_of(shop)
    must(send(shop, "external_ref,price\nPOS-1,9900\n"))
    before[0]["price"] = 9900
    assert items_of(shop) == before


def test_an_empty_cell_moves_no_item(shop: Shop) -> None:
    fill(shop)
    table = "category,name,price\n,김치찌개,9900\n음료,식혜,3000\n,=1+1,0\n"
    done = must(send(shop, table))
    assert counts(done)["items"] == (1, 1, 1, 0)
    menu = json.loads(exported(shop))
    names = [[item["name"]["ko"] for item in one["items"]] for one in menu["categories"]]
    assert names == [["김치찌개", "=1+1"], [], ["식혜"]]


def test_only_what_is_new_needs_a_price_and_a_category(shop: Shop) -> None:
    fill(shop)
    table = "external_ref,name,price,category\nPOS-1,김치찌개,,\nPOS-2,순두부,,\n"
    errors = errors_of(shop, table)
    assert places(errors) == [(3, 3, "missing"), (3, 4, "missing")]
    assert [one["detail"] for one in errors] == [
        "새로 만드는 항목이라 값이 필요합니다: price",
        "새로 만드는 항목이라 값이 필요합니다: category",
    ]


LEFT_OUT: list[tuple[str, Callable[[Json], Any]]] = [
    ("price", lambda file: file["categories"][0]["items"][0].pop("price")),
    ("name", lambda file: file["categories"][0]["items"][0].pop("name")),
    ("options", lambda file: file["option_groups"][0].pop("options")),
    ("name", lambda file: file["option_groups"][0].pop("name")),
    ("name", lambda file: file["option_groups"][0]["options"][0].pop("name")),
]


@pytest.mark.parametrize(("field", "leave_out"), LEFT_OUT)
@pytest.mark.parametrize("query", ["", "archive_missing=true"])
def test_json_may_leave_out_what_is_there(
    shop: Shop, other_shop: Shop, field: str, leave_out: Callable[[Json], Any], query: str
) -> None:
    fill(shop)
    before, file = shop.counters(), json.loads(exported(shop))
    leave_out(file)
    assert must(send(shop, json.dumps(file), JSON, query))["changes"] == []
    assert shop.counters() == before
    errors = errors_of(other_shop, json.dumps(file), JSON)
    assert (field, "missing") in {
        (one["pointer"].rpartition("/")[2], one["code"]) for one in errors
    }


def test_an_option_is_renamed_by_its_reference(shop: Shop) -> None:
    table = "kind,group,name,external_ref\ngroup,,맵기,\noption,,{},O-1\noption,,{},{}\n"
    must(send(shop, table.format("매운맛", "순한맛", "")))
    done = must(send(shop, table.format("아주 매운맛", "순한맛", "")))
    assert counts(done)["options"] == (0, 1, 1, 0)
    again = table.format("아주 매운맛", "순한맛", "O-1")
    assert places(errors_of(shop, again)) == [(4, 4, "repeated")]


def test_a_group_may_be_changed_without_its_options(shop: Shop) -> None:
    add_group(shop)
    must(send(shop, "kind,name,max_select\ngroup,맵기,2\n", query="archive_missing=false"))
    [group] = json.loads(exported(shop))["option_groups"]
    assert (group["max_select"], len(group["options"])) == (2, 2)


def test_an_empty_cell_takes_a_translation_away_but_no_name(shop: Shop) -> None:
    fill(shop)
    must(send(shop, "external_ref,name,name:en\nPOS-1,,Stew\n"))
    assert items_of(shop)[0]["name"] == {"ko": "김치찌개", "en": "Stew"}
    must(send(shop, "external_ref,name,name:en\nPOS-1,묵은지,\n"))
    assert items_of(shop)[0]["name"] == {"ko": "묵은지"}
