"""Orders and sessions of the past: filters, order and pages."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from app.core.keyset import InstantPlace, NumberPlace, read_place
from tests.support.floor import Floor, created, order_body
from tests.support.menu_building import ok
from tests.support.parties import serve_all
from tests.support.shops import Json, Shop


class History(Floor):
    rice: str


@pytest.fixture
def floor(shop: Shop) -> History:
    """Five orders of two dishes at two tables, by different channels, of different days."""
    made = History(shop)
    category = ok(shop.manager.get("/menu/categories"))["data"][0]["id"]
    rice = {"category_id": category, "name": {"ko": "공기밥"}, "price": 1_000}
    made.rice = created(shop.manager, "/menu/items", rice)["id"]
    one, two = made.table(1), made.table(2)
    _order(shop, made.tablet(1), made.stew)
    _order(shop, made.tablet(1), made.rice)
    _order(shop, shop.staff, made.stew, table_id=str(two))
    serve_all(shop, ok(shop.staff.get(f"/tables/{one}/session"))["id"])
    close = f"/sessions/{ok(shop.staff.get(f'/tables/{one}/session'))['id']}/close"
    ok(shop.staff.post(close, json={}))
    _age(shop, days=3)
    _order(shop, made.tablet(1), made.stew)
    cancelled = _order(shop, made.tablet(2), made.stew)
    ok(shop.staff.post(f"/orders/{cancelled['id']}/cancel", json={"reason_code": "other"}))
    return made


def _order(shop: Shop, client: Any, item: str, **more: str) -> Json:
    headers = {"Idempotency-Key": str(uuid4())}
    return ok(client.post("/orders", json=order_body(item, 1) | more, headers=headers), 201)


def _age(shop: Shop, days: int) -> None:
    """Let all that there is be of some days ago."""
    values = {"age": days, "store": shop.id}
    with psycopg.connect(shop.owner_url) as connection:
        connection.execute(
            "UPDATE orders SET business_date = business_date - %(age)s,"
            " created_at = created_at - %(age)s * interval '1 day',"
            " updated_at = updated_at - %(age)s * interval '1 day' WHERE store_id = %(store)s",
            values,
        )
        connection.execute(
            "UPDATE table_sessions SET opened_at = opened_at - %(age)s * interval '1 day',"
            " updated_at = updated_at - %(age)s * interval '1 day' WHERE store_id = %(store)s",
            values,
        )


def numbers(shop: Shop, **query: Any) -> list[tuple[str, int]]:
    found = ok(shop.staff.get("/orders", params=query))["data"]
    return [(one["business_date"], one["number"]) for one in found]


def places(rows: list[Json], *which: int) -> list[tuple[str, int]]:
    return [(rows[place]["business_date"], rows[place]["number"]) for place in which]


def test_orders_are_found_by_all_that_is_asked(shop: Shop, floor: History) -> None:
    rows = ok(shop.staff.get("/orders"))["data"]
    assert [one["status"] for one in rows] == [
        *("cancelled", "pending", "pending", "served", "served")
    ]
    today, then = rows[0]["business_date"], rows[-1]["business_date"]
    assert today > then
    wanted: list[tuple[Json, tuple[int, ...]]] = [
        ({}, (0, 1, 2, 3, 4)),
        ({"table_id": str(floor.table(1))}, (1, 3, 4)),
        ({"channel": "staff"}, (2,)),
        ({"channel": "pos"}, ()),
        ({"item_id": floor.rice}, (3,)),
        ({"status": "pending"}, (1, 2)),
        ({"status": "cancelled,served"}, (0, 3, 4)),
        ({"business_date": today}, (0, 1)),
        ({"business_date_from": then, "business_date_to": then}, (2, 3, 4)),
        ({"business_date_from": today}, (0, 1)),
        ({"business_date": today, "business_date_to": then}, ()),
        ({"from": rows[3]["created_at"], "to": rows[1]["created_at"]}, (2, 3)),
        ({"session_id": rows[1]["session_id"]}, (1,)),
        ({"table_id": str(floor.table(2)), "status": "pending", "channel": "staff"}, (2,)),
        ({"item_id": str(uuid4())}, ()),
    ]
    for query, which in wanted:
        assert numbers(shop, **query) == places(rows, *which), query


def test_changes_come_oldest_first(shop: Shop, floor: History) -> None:
    rows = ok(shop.staff.get("/orders"))["data"]
    ok(shop.kitchen.patch(f"/orders/{rows[2]['id']}", json={"status": "ready"}))
    newest = ok(shop.staff.get(f"/orders/{rows[2]['id']}"))

    changes = ok(shop.staff.get("/orders", params={"updated_after": rows[4]["updated_at"]}))["data"]

    stamps = [one["updated_at"] for one in changes]
    assert stamps == sorted(stamps)
    assert changes[-1] == newest
    assert rows[4]["id"] not in [one["id"] for one in changes]
    assert numbers(shop, updated_after=newest["updated_at"]) == []


def test_sessions_are_found_by_all_that_is_asked(shop: Shop, floor: History) -> None:
    rows = ok(shop.staff.get("/sessions"))["data"]
    assert [(one["table"]["number"], one["status"]) for one in rows] == [
        *((1, "open"), (2, "open"), (1, "closed"))
    ]
    today, then = rows[0]["opened_at"][:10], rows[2]["opened_at"]
    wanted: list[tuple[Json, tuple[int, ...]]] = [
        ({"status": "open"}, (0, 1)),
        ({"status": "closed"}, (2,)),
        ({"table_id": str(floor.table(1))}, (0, 2)),
        ({"table_id": str(floor.table(2)), "status": "closed"}, ()),
        ({"channel": "staff"}, (1,)),
        ({"item_id": floor.rice}, (2,)),
        ({"item_id": floor.rice, "channel": "staff"}, ()),
        ({"from": rows[0]["opened_at"]}, (0,)),
        ({"from": then, "to": rows[0]["opened_at"]}, (1, 2)),
        ({"business_date_to": today, "status": "closed"}, (2,)),
        ({"business_date": "1999-12-31"}, ()),
        ({"business_date_to": "0001-01-01"}, ()),
        ({"business_date_from": "9999-12-31"}, ()),
    ]
    for query, which in wanted:
        found = ok(shop.staff.get("/sessions", params=query))["data"]
        assert found == [rows[place] for place in which], query


def test_changes_of_sessions_come_oldest_first(shop: Shop, floor: History) -> None:
    rows = ok(shop.staff.get("/sessions"))["data"]
    ok(shop.staff.patch(f"/sessions/{rows[1]['id']}", json={"guest_count": 4}))

    query = {"updated_after": "2000-01-01T00:00:00Z", "limit": "2"}
    first = ok(shop.staff.get("/sessions", params=query))
    second = ok(shop.staff.get("/sessions", params=query | {"cursor": first["next_cursor"]}))

    found = [one["id"] for one in (*first["data"], *second["data"])]
    assert found == [rows[2]["id"], rows[0]["id"], rows[1]["id"]]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("path", ["/orders", "/sessions"])
@pytest.mark.parametrize("query", [{}, {"updated_after": "2000-01-01T00:00:00Z"}])
def test_pages_join_to_the_whole_list(
    shop: Shop, floor: History, path: str, query: dict[str, str]
) -> None:
    whole = ok(shop.staff.get(path, params=query))["data"]
    seen: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = ok(shop.staff.get(path, params={**query, **cursor, "limit": "1"}))
        seen += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == whole


ID = "01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"
NUMBER = "number.20261125.7"
OPENED = f"opened.1764000000000000.{ID}"
UPDATED = f"updated.1764000000000000.{ID}"
NO_CURSORS = [
    *("", "x", "number", "number.20261345.7", "number.20261125.99999999999", "number.20261125.-1"),
    *("number.２０２６１１２５.7", f"{NUMBER}\x00", ID, "opened.1.not-an-id"),
    *(f"updated.999999999999999999.{ID}", f"created.1.{ID}"),
]


@pytest.mark.parametrize("path", ["/orders", "/sessions"])
@pytest.mark.parametrize("cursor", NO_CURSORS)
def test_what_is_no_cursor_is_refused(shop: Shop, path: str, cursor: str) -> None:
    for more in ({}, {"updated_after": "2026-11-25T00:00:00Z"}):
        refused = shop.staff.get(path, params={"cursor": cursor, **more})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")


def test_a_cursor_of_another_list_is_refused(shop: Shop) -> None:
    changes = {"updated_after": "2026-11-25T00:00:00Z"}
    good = [
        ("/orders", NUMBER, {}),
        ("/orders", UPDATED, changes),
        ("/sessions", OPENED, {}),
        ("/sessions", UPDATED, changes),
    ]
    for path, cursor, more in good:
        assert ok(shop.staff.get(path, params={"cursor": cursor, **more}))["data"] == []
        for other in {NUMBER, OPENED, UPDATED} - {cursor}:
            refused = shop.staff.get(path, params={"cursor": other, **more})
            assert refused.status_code == 422, (path, other, more)
            assert refused.json()["errors"][0]["pointer"].endswith("/cursor")


@pytest.mark.parametrize("text", [NUMBER, OPENED, UPDATED])
def test_a_cursor_is_what_was_written(text: str) -> None:
    place = read_place(text)
    assert isinstance(place, NumberPlace | InstantPlace)
    assert str(place) == text


def test_a_tablet_finds_its_own_party_only(shop: Shop, floor: History) -> None:
    for query in ({}, {"channel": "tablet"}, {"updated_after": "2000-01-01T00:00:00Z"}):
        found = ok(floor.tablet(1).get("/orders", params=query))["data"]
        assert [one["status"] for one in found] == ["pending"]


@pytest.mark.parametrize("path", ["/orders", "/sessions", "/service-requests", "/audit-log"])
def test_a_range_that_ends_before_it_begins_is_refused(shop: Shop, path: str) -> None:
    late, early = "2026-11-30T10:00:00Z", "2026-11-30T09:00:00Z"
    refused = shop.manager.get(path, params={"from": late, "to": early})
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["pointer"]) == (422, "/query/to")
    assert error["code"] == "range-invalid"
    # An empty one is none of an error: who asks step by step may have nothing to ask for.
    assert ok(shop.manager.get(path, params={"from": late, "to": late}))["data"] == []


@pytest.mark.parametrize("path", ["/orders", "/sessions"])
def test_business_dates_are_dates_in_their_order(shop: Shop, path: str) -> None:
    ends = {"business_date_from": "2026-11-30", "business_date_to": "2026-11-29"}
    refused = shop.staff.get(path, params=ends)
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/query/business_date_to", "range-invalid")
    for text in (
        "2026-11-30T00:00:00Z",
        "2026-11-30 00:00",
        "20261130",
        "1764460800",
        "2026-13-01",
    ):
        refused = shop.staff.get(path, params={"business_date": text})
        assert (refused.status_code, refused.json()["errors"][0]["code"][:4]) == (422, "date")
