"""Importing menus: tables of other systems, errors by row and column, all or nothing."""

import json
import re
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support.menu_building import add_category, add_item, menu_items
from tests.support.menu_files import (
    CSV,
    DATA,
    counts,
    errors_of,
    exported,
    fill,
    must,
    places,
    send,
)
from tests.support.racing import at_once
from tests.support.shops import Json, Shop

JSON = "application/json"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize("name", ["menu-cp949.csv", "menu-utf16.csv"])
def test_tables_of_korean_spreadsheets_are_read(shop: Shop, name: str) -> None:
    done = must(send(shop, (DATA / name).read_bytes()))
    assert (done["format"], counts(done)["items"]) == ("csv", (3, 0, 0, 0))
    assert counts(done)["categories"] == (2, 0, 0, 0)
    found = {one["name"]: (one["price"], one["tags"]) for one in menu_items(shop)}
    assert found == {
        "김치찌개": (9000, ["spicy"]),
        "된장찌개": (8500, []),
        "식혜": (3000, ["cold", "popular"]),
    }


WRONG_TABLES: list[tuple[str, list[tuple[int | None, int | None, str]]]] = [
    ("", [(1, None, "empty")]),
    ("category,price\nA,1", [(1, None, "missing")]),
    ("category,name,colour\nA,B,red", [(1, 3, "unknown")]),
    ("category,name,name:ko\nA,B,C", [(1, 3, "repeated")]),
    (
        "category,name,price\nA,B,1\nA,C,x\n\nA,D,-5",
        [(3, 3, "unreadable"), (5, 3, "greater-than-equal")],
    ),
    ("category,name,price\n,B,1", [(2, 1, "missing")]),
    ("category,name,price\nA,,1", [(2, 2, "missing")]),
    ("category,name,price\nA,B,", [(2, 3, "missing")]),
    ("category,name\nA,B", [(2, None, "missing")]),
    ("name,price\nB,1", [(2, None, "missing")]),
    ("key,price,category\nB,1,", [(2, None, "missing"), (2, 3, "missing")]),
    ("kind,name,min_select\ngroup,B,0", [(2, None, "missing")]),
    ("category,name,price,key\nA,B,1,x\nA,C,1,x", [(3, 4, "repeated")]),
    (
        "category,name,price,external_ref\nA,B,1,R1\nA,C,1,\nD,E,1,R1",
        [(2, 4, "repeated"), (4, 4, "repeated")],
    ),
    ("category,name:en,name,price\nA,B,,1", [(2, 2, "language-missing")]),
    ("kind,name,price\nthing,B,1", [(2, 1, "unknown")]),
    ("kind,name,price\ncategory,B,1", [(2, 3, "misplaced")]),
    ("kind,name,group\noption,B,", [(2, 3, "unknown")]),
    ("kind,name,min_select,max_select\ngroup,G,2,2\noption,B,,", [(2, 3, "contradiction")]),
    ("category,name,price,tags\nA,B,1,Hot!", [(2, 4, "value-error")]),
    (
        "category,name,price,status,until\nA,B,1,available,2099-01-01T00:00:00Z",
        [(2, 5, "value-error")],
    ),
    ("kind,category,name,price,item,group\nitem,A,B,1,,\nuse,,,,,G", [(3, 6, "unknown")]),
]


@pytest.mark.parametrize(("table", "wrong"), WRONG_TABLES, ids=lambda value: str(value)[:30])
def test_every_wrong_cell_is_named(
    shop: Shop, table: str, wrong: list[tuple[int | None, int | None, str]]
) -> None:
    assert places(errors_of(shop, table)) == wrong


WRONG_FILES: list[tuple[Json, str, str]] = [
    ({"format": "other"}, "/format", "literal-error"),
    ({"currency": "EUR"}, "/currency", "currency-differs"),
    ({"categories": [{}]}, "/categories/0", "value-error"),
    ({"categories": [{"key": "A", "id": "1"}]}, "/categories/0/id", "extra-forbidden"),
    (
        {"categories": [{"name": {"en": "A"}}]},
        "/categories/0/name",
        "language-missing",
    ),
    (
        {"categories": [{"key": "A", "items": [{"name": {"ko": "B"}, "price": 1.0}]}]},
        "/categories/0/items/0/price",
        "int-type",
    ),
    (
        {
            "categories": [
                {
                    "key": "A",
                    "items": [{"name": {"ko": "B"}, "price": 1, "option_groups": [{"key": "G"}]}],
                }
            ]
        },
        "/categories/0/items/0/option_groups/0/key",
        "unknown",
    ),
]


@pytest.mark.parametrize(("file", "pointer", "code"), WRONG_FILES, ids=lambda one: str(one)[:30])
def test_every_wrong_place_of_json_is_named(
    shop: Shop, file: Json, pointer: str, code: str
) -> None:
    [error] = errors_of(shop, json.dumps(file), JSON)
    assert (error["pointer"], error["code"]) == (pointer, code)


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"", JSON, 400, "malformed-body"),
        (b"{", JSON, 400, "malformed-body"),
        (b'a,b\n"c', CSV, 400, "malformed-body"),
        (b"\x81\x20", CSV, 400, "malformed-body"),
        (b"PK\x03\x04 and more", WORKBOOK, 400, "malformed-body"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", CSV, 400, "malformed-body"),
        (b"\x89PNG", "image/png", 415, "unsupported-media-type"),
        (b"{}", "application/xml", 415, "unsupported-media-type"),
        (b"{}", "text/csv; charset=utf-7", 415, "unsupported-media-type"),
        (b" " * (32 * 1024 * 1024 + 1), CSV, 413, "body-too-large"),
    ],
    ids=lambda one: str(one)[:20],
)
def test_what_is_no_such_file_is_refused(
    shop: Shop, content: bytes, media_type: str, status: int, code: str
) -> None:
    before = shop.counters()
    refused = send(shop, content, media_type)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert shop.counters() == before


WINDOWS = "application/vnd.ms-excel"
"""What Windows announces for .csv where Excel is installed."""


@pytest.mark.parametrize("media_type", [WINDOWS, "text/tab-separated-values", "application/csv"])
def test_tables_are_taken_under_their_other_names(shop: Shop, media_type: str) -> None:
    done = must(send(shop, "category\tname\tprice\n음료\t식혜\t3000\n", media_type))
    assert (done["format"], counts(done)["items"]) == ("csv", (1, 0, 0, 0))


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("menu.csv", CSV, "category,name,price\n음료,식혜,3000\n"),
        ("menu.CSV", WINDOWS, "category,name,price\n음료,식혜,3000\n"),
        ("menu.tsv", "application/octet-stream", "category\tname\tprice\n음료\t식혜\t3000\n"),
        ("menu.json", JSON, '{"categories": [{"key": "음료"}]}'),
        ("menu.json", "application/octet-stream", '{"categories": [{"key": "음료"}]}'),
    ],
)
def test_a_form_does_as_well(shop: Shop, name: str, media_type: str, content: str) -> None:
    sent = {"file": (name, content.encode(), media_type)}
    done = must(shop.manager.post("/menu/import", files=sent))
    assert counts(done)["categories"] == (1, 0, 0, 0)


def test_a_form_is_the_one_file(shop: Shop) -> None:
    before = shop.counters()
    table = ("menu.csv", b"category,name,price\nA,B,1\n", CSV)
    for files, status in (
        ({"table": table}, 422),
        ({"file": table, "other": table}, 422),
        ([("file", table)] * 3, 422),
        ({"file": ("menu.png", b"\x89PNG", "image/png")}, 415),
        ({"file": ("menu", b"a", "application/octet-stream")}, 415),
        ({"file": ("menu.xlsx", b"PK\x03\x04", "application/octet-stream")}, 400),
        ({"file": ("menu.csv", b" " * (32 * 1024 * 1024 + 1), CSV)}, 413),
    ):
        refused = shop.manager.post("/menu/import", files=files, timeout=60)
        assert refused.status_code == status, refused.text
    assert shop.counters() == before


def test_a_dry_run_says_what_would_change_and_changes_nothing(shop: Shop) -> None:
    fill(shop)
    before, menu = shop.counters(), exported(shop)
    table = "category,name,price,external_ref\n찌개,김치찌개,9900,POS-1\n찌개,순두부,8000,\n"
    would = must(send(shop, table, query="dry_run=true&archive_missing=true"))
    assert (shop.counters(), exported(shop)) == (before, menu)
    assert would["dry_run"] is True
    did = must(send(shop, table, query="archive_missing=true"))
    assert did == {**would, "dry_run": False}
    assert counts(did)["items"] == (1, 1, 0, 1)
    assert {(one["kind"], one["change"]) for one in did["changes"]} >= {
        ("item", "created"),
        ("item", "updated"),
        ("item", "archived"),
        ("category", "archived"),
    }


def test_what_would_change_is_told_in_the_words_of_files(shop: Shop) -> None:
    """Ids are in no file, and those of what is not there yet are others at each dry run."""
    fill(shop)
    file: Json = json.loads(exported(shop))
    stews, others = file["categories"]
    stew, formula = stews["items"]
    hot = {"key": "덤", "name": {"ko": "덤"}, "options": [{"name": {"ko": "밥"}, "price": 100}]}
    file["option_groups"].append(hot)
    stew["option_groups"] = [
        {"key": "맵기", "prices": {"매운맛": 800}},
        {"key": "덤", "prices": {"밥": 0}},
    ]
    formula["set_slots"][0]["choices"][0]["upcharge"] = 700
    others["items"], stews["items"] = [formula], [stew]
    done = must(send(shop, json.dumps(file), JSON, "dry_run=true"))
    fields = {one["field"]: one for change in done["changes"] for one in change["fields"]}
    assert (fields["category"]["before"], fields["category"]["after"]) == ("찌개", "찌개#2")
    uses = fields["option_groups"]
    assert [(one["key"], one["prices"]) for one in uses["before"]] == [
        ("맵기#2", None),
        ("맵기", {"매운맛": 700}),
    ]
    assert [(one["key"], one["prices"]) for one in uses["after"]] == [
        ("맵기", {"매운맛": 800}),
        ("덤", {"밥": 0}),
    ]
    assert fields["set_slots"]["after"][0]["choices"] == [{"key": "POS-1", "upcharge": 700}]
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", json.dumps(done))
    assert must(send(shop, json.dumps(file), JSON, "dry_run=true")) == done


def test_an_import_is_one_event_and_one_version_of_the_menu(shop: Shop) -> None:
    made = fill(shop)
    events, catalog = shop.counters()
    table = "category,name,price,external_ref\n찌개,김치찌개,9900,POS-1\n찌개,순두부,8000,\n"
    done = must(send(shop, table))
    assert shop.counters() == (events + 1, catalog + 1)
    data = {"kind": "menu", "change": "imported", "counts": done["counts"]}
    assert shop.events(events) == [("menu.changed", data)]
    audit = (
        "SELECT details FROM audit_entries WHERE store_id = %(store)s AND action = 'menu-imported'"
    )
    [(details,)] = shop.rows(audit)
    price = {"kind": "item", "id": made["stew"]["id"], "before": 9000, "after": 9900}
    assert details == {"counts": done["counts"], "prices": [price]}
    assert "순두부" in [one["name"] for one in menu_items(shop)]
    # Texts in languages that the table has no column for are left alone.
    assert json.loads(exported(shop))["categories"][0]["items"][0]["name"]["en"] == "Kimchi stew"


def test_nothing_is_archived_unless_asked_for(shop: Shop) -> None:
    fill(shop)
    done = must(send(shop, "category,name,price\n음료,식혜,3000\n"))
    assert all(found[3] == 0 for found in counts(done).values())
    done = must(send(shop, "category,name,price\n음료,식혜,3000\n", query="archive_missing=true"))
    assert counts(done) == {
        "categories": (0, 0, 1, 2),
        "items": (0, 0, 1, 2),
        "option_groups": (0, 0, 0, 2),
        "options": (0, 0, 0, 4),
    }
    assert [one["name"] for one in menu_items(shop)] == ["식혜"]


def test_a_thing_is_renamed_by_its_key(shop: Shop) -> None:
    category = add_category(shop)
    item = add_item(shop, category)
    file: Json = json.loads(exported(shop))
    file["categories"][0]["name"] = {"ko": "국물"}
    file["categories"][0]["items"][0]["name"] = {"ko": "묵은지찌개"}
    done = must(send(shop, json.dumps(file), JSON))
    assert (counts(done)["categories"], counts(done)["items"]) == ((0, 1, 0, 0), (0, 1, 0, 0))
    assert [(one["id"], one["name"]) for one in menu_items(shop)] == [(item["id"], "묵은지찌개")]


def test_other_things_with_other_references_are_not_the_same(shop: Shop) -> None:
    add_item(shop, add_category(shop), external_ref="POS-1")
    done = must(send(shop, "category,name,price,external_ref\n찌개,김치찌개,1,POS-2\n"))
    assert counts(done)["items"] == (1, 0, 0, 0)


def test_a_key_repeats_the_answer_and_not_the_import(shop: Shop) -> None:
    table = "category,name,price\n음료,식혜,3000\n"
    headers = {"Idempotency-Key": "import-1"}
    first = send(shop, table, **headers)
    again = send(shop, table, **headers)
    assert (must(again), again.headers["Idempotent-Replayed"]) == (must(first), "true")
    for other, query in ((table + "음료,수정과,3000\n", ""), (table, "dry_run=true")):
        assert send(shop, other, query=query, **headers).json()["code"] == "idempotency-key-reused"


def test_two_imports_at_once_add_everything_once(shop: Shop) -> None:
    table = "category,name,price\n음료,식혜,3000\n음료,수정과,3500\n"
    shop.manager.get("/store")
    answers = at_once([lambda: send(shop, table)] * 4)
    assert sorted(counts(must(one))["items"] for one in answers) == [(0, 0, 2, 0)] * 3 + [
        (2, 0, 0, 0)
    ]


def test_two_thousand_items_are_imported_at_once(shop: Shop) -> None:
    rows = [f"분류 {place % 40},메뉴 {place},{place}" for place in range(2000)]
    table = "category,name,price\n" + "\n".join(rows)
    done = must(send(shop, table))
    assert counts(done)["items"] == (2000, 0, 0, 0)
    assert (len(done["changes"]), done["changes_left_out"]) == (500, 2040 - 500)
    again = must(send(shop, table.replace(",1999", ",2001")))
    assert counts(again)["items"] == (0, 1, 1999, 0)


def test_more_than_five_thousand_are_too_many(shop: Shop) -> None:
    table = "category,name,price\n" + "A,B,1\n" * 5001
    [error] = errors_of(shop, table)
    assert error["code"] == "too-long"


def test_a_failed_write_leaves_nothing_behind(shop: Shop) -> None:
    """The last statements fail: what was written before them must be gone."""
    fill(shop)
    before, menu = shop.counters(), exported(shop)
    name = sql.Identifier(f"no_{shop.id.hex}")
    rule = sql.SQL(
        "ALTER TABLE option_groups ADD CONSTRAINT {} CHECK (store_id <> {} OR max_select < 9)"
    ).format(name, sql.Literal(str(shop.id)))
    file: Json = json.loads(menu)
    file["categories"][0]["items"][0]["price"] = 1
    file["option_groups"][0]["max_select"] = 9
    with psycopg.connect(shop.owner_url, autocommit=True) as connection:
        connection.execute(rule)
        try:
            failed = send(shop, json.dumps(file), JSON)
        finally:
            connection.execute(sql.SQL("ALTER TABLE option_groups DROP CONSTRAINT {}").format(name))
    assert failed.status_code == 500
    assert (shop.counters(), exported(shop)) == (before, menu)


def test_the_stock_that_was_sold_meanwhile_is_not_put_back(shop: Shop) -> None:
    add_item(shop, add_category(shop), availability={"status": "available", "stock": 5})
    file: Json = json.loads(exported(shop))
    item: dict[str, Any] = file["categories"][0]["items"][0]
    del item["availability"]["stock"]
    item["price"] = 1
    shop.rows("UPDATE items SET stock = 2 WHERE store_id = %(store)s RETURNING id")
    for query in ("", "set_availability=true"):
        must(send(shop, json.dumps(file), JSON, query))
        [left] = json.loads(exported(shop))["categories"][0]["items"]
        assert left["availability"]["stock"] == 2


HOSTILE = [
    rb'{"\ud800": 1}',
    rb'{"categories": [{"key": "\ud800"}]}',
    rb'{"categories": [{"key": "a\u0000b"}]}',
    rb'{"categories": [{"key": "A", "name": {"\ud800": "x"}}]}',
    rb'{"categories": {"key": "A"}}',
    rb'{"categories": [[]], "option_groups": null}',
    b'{"version": 1e400}',
    b"[" * 100_000,
    b"null",
    b"[]",
]


@pytest.mark.parametrize("content", HOSTILE, ids=lambda one: str(one)[:30])
def test_no_file_is_our_fault(shop: Shop, content: bytes) -> None:
    before = shop.counters()
    refused = send(shop, content, JSON)
    assert refused.status_code in (400, 422), refused.text
    assert shop.counters() == before


@pytest.mark.parametrize("query", ["dry_run=1", "dry_run=true&dry_run=true", "colour=red"])
def test_only_known_wishes_are_taken(shop: Shop, query: str) -> None:
    before = shop.counters()
    refused = send(shop, "category,name,price\nA,B,1\n", query=query)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert shop.counters() == before


def test_a_key_goes_before_a_name_in_another_language(shop: Shop) -> None:
    table = (
        "kind,category,key,name,name:en,price\ncategory,,A,A,B,\ncategory,,B,B,,\nitem,B,,C,,1\n"
    )
    must(send(shop, table))
    first, second = json.loads(exported(shop))["categories"]
    assert (len(first["items"]), len(second["items"])) == (0, 1)
