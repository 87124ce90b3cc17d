"""A party that parts: lines and portions go to a session of their own."""

from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest

from tests.support.floor import Floor, created
from tests.support.invariants import broken
from tests.support.menu_building import add_category, add_group, add_item, if_match, ok
from tests.support.parties import act, audits, order, orders_of, seat, split, told
from tests.support.sets import Diner
from tests.support.shops import Json, Shop


def change(shop: Shop, statement: LiteralString, **values: object) -> None:
    """Bring about what takes a night, or a guest, to come about."""
    with psycopg.connect(shop.owner_url) as connection:
        query = f"{statement} WHERE store_id = %(store)s"
        connection.execute(query, {"store": shop.id, **values})


def cancel(shop: Shop, order: Json, quantity: int) -> Json:
    path = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/cancel"
    body = {"reason_code": "guest_request", "quantity": quantity}
    return ok(shop.staff.post(path, json=body))


def test_an_order_that_goes_whole_keeps_its_number(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 2, 1)["id"]
    stays, goes = orders_of(shop, one)
    ok(shop.kitchen.patch(f"/orders/{goes['id']}", json={"status": "ready"}))
    head = shop.counters()[0]
    old, new = str(floor.table(1)), str(floor.table(2))
    head = shop.counters()[0]

    apart = ok(split(floor, one, [(goes["lines"][0], 1)], 2), 201)

    assert (apart["status"], apart["table"]["number"], apart["total"]) == ("open", 2, 9_000)
    [moved] = orders_of(shop, apart["id"])
    assert (moved["id"], moved["number"], moved["status"]) == (goes["id"], 2, "ready")
    assert orders_of(shop, one) == [stays]
    assert told(shop, head) == [
        ("session.opened", new, apart["id"]),
        ("session.updated", old, one),
        ("order.updated", new, apart["id"]),
    ]
    [(target, _, details)] = audits(shop, "session-split")
    assert (target, details["new_session_id"]) == (one, apart["id"])
    assert details["orders_moved"] == [2]
    assert broken(shop) == {}


def test_portions_become_an_order_with_the_next_number(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 5)["id"]
    [before] = orders_of(shop, one)
    ok(shop.kitchen.patch(f"/orders/{before['id']}", json={"status": "preparing"}))
    other = seat(floor, 3, 1)
    old, new = str(floor.table(1)), str(floor.table(2))
    head = shop.counters()[0]

    apart = ok(split(floor, one, [(before["lines"][0], 2)], 2), 201)

    [rest], [part] = orders_of(shop, one), orders_of(shop, apart["id"])
    assert (rest["id"], rest["number"], rest["total"]) == (before["id"], 1, 27_000)
    assert (part["number"], part["total"], part["status"]) == (3, 18_000, "preparing")
    for name in ("business_date", "created_at", "channel", "note", "currency"):
        assert part[name] == rest[name] == before[name]
    assert [line["quantity"] for line in (*rest["lines"], *part["lines"])] == [3, 2]
    assert {line["status"] for line in (*rest["lines"], *part["lines"])} == {"preparing"}
    assert told(shop, head) == [
        ("session.opened", new, apart["id"]),
        ("session.updated", old, one),
        ("order.updated", old, one),
        ("order.updated", new, apart["id"]),
    ]
    events = [data for type_, data in shop.events(head) if type_ == "order.updated"]
    assert events == [rest, part]
    assert order(floor, other["id"])["number"] == 4
    assert broken(shop) == {}


def test_cancelled_portions_stay_where_they_were_ordered(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 5)["id"]
    [placed] = orders_of(shop, one)
    line = cancel(shop, placed, 2)["lines"][0]
    too_many = split(floor, one, [(line, 4)], 2)
    assert (too_many.status_code, too_many.json()["code"]) == (422, "quantity-invalid")
    assert too_many.json()["remaining"] == 3

    apart = ok(split(floor, one, [(line, 2)], 2), 201)

    [rest], [part] = orders_of(shop, one), orders_of(shop, apart["id"])
    assert [(line["quantity"], line["cancelled_quantity"]) for line in rest["lines"]] == [(3, 2)]
    assert [(line["quantity"], line["cancelled_quantity"]) for line in part["lines"]] == [(2, 0)]
    assert (rest["total"], part["total"]) == (9_000, 18_000)
    last = ok(split(floor, one, [(rest["lines"][0], 1)], 3), 201)
    assert orders_of(shop, last["id"])[0]["id"] == placed["id"]
    assert broken(shop) == {}


def test_what_was_cancelled_stays_also_when_all_else_of_its_line_goes(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    body = {"session_id": one, "lines": [{"item_id": floor.stew, "quantity": n} for n in (3, 1)]}
    placed = ok(shop.staff.post("/orders", json=body, headers={"Idempotency-Key": "k"}), 201)
    first = cancel(shop, placed, 1)["lines"][0]

    apart = ok(split(floor, one, [(first, 2)], 2), 201)

    [rest], [part] = orders_of(shop, one), orders_of(shop, apart["id"])
    stayed, other = rest["lines"]
    assert (stayed["quantity"], stayed["cancelled_quantity"]) == (1, 1)
    assert (stayed["id"], stayed["status"], stayed["total"]) == (first["id"], "cancelled", 0)
    assert [one["quantity"] for one in stayed["cancellations"]] == [1]
    assert (other["quantity"], other["status"], rest["status"]) == (1, "pending", "pending")
    [gone] = part["lines"]
    assert (gone["quantity"], gone["cancelled_quantity"], gone["cancellations"]) == (2, 0, [])
    assert (rest["total"], part["total"]) == (9_000, 18_000)
    assert broken(shop) == {}


def test_lines_go_with_their_options_and_counted_stock_comes_back_once(shop: Shop) -> None:
    floor, category = Floor(shop), add_category(shop)
    group = add_group(shop)
    dish = add_item(shop, category, option_groups=[{"id": group["id"]}])
    hot = group["options"][1]["id"]
    ok(
        shop.staff.put(
            f"/menu/items/{dish['id']}/availability", json={"status": "available", "stock": 9}
        )
    )
    one = seat(floor, 1)["id"]
    lines = [
        {"item_id": dish["id"], "quantity": 3, "options": [{"option_id": hot, "quantity": 1}]},
        {"item_id": floor.stew, "quantity": 1, "note": "덜 짜게"},
    ]
    body = {"session_id": one, "lines": lines}
    placed = ok(shop.staff.post("/orders", json=body, headers={"Idempotency-Key": "k"}), 201)
    first, second = placed["lines"]

    apart = ok(split(floor, one, [(first, 1), (second, 1)], 2), 201)

    [rest], [part] = orders_of(shop, one), orders_of(shop, apart["id"])
    assert (rest["total"], part["total"]) == (19_000, 18_500)
    assert [line["id"] for line in rest["lines"]] == [first["id"]]
    assert part["lines"][0]["options"] == first["options"]
    assert part["lines"][1] == second
    for one_order in (rest, part):
        path = f"/orders/{one_order['id']}/cancel"
        ok(shop.staff.post(path, json={"reason_code": "guest_request"}))
    stock = "SELECT stock FROM items WHERE store_id = %(store)s AND stock IS NOT NULL"
    assert shop.rows(stock) == [(9,)]
    assert broken(shop) == {}


def test_an_order_of_a_day_that_is_over_keeps_its_date(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 3, 1)["id"]
    placed = orders_of(shop, one)[0]
    change(shop, "UPDATE store_counters SET business_date = business_date + 1, order_number = 7")

    apart = ok(split(floor, one, [(placed["lines"][0], 1)], 2), 201)

    [part] = orders_of(shop, apart["id"])
    assert (part["number"], part["business_date"]) == (3, placed["business_date"])
    assert broken(shop) == {}


@pytest.mark.parametrize("held", [True, False])
def test_a_held_order_is_held_in_both_parts(shop: Shop, held: bool) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 2)["id"]
    change(shop, "UPDATE orders SET held = %(held)s", held=held)
    [placed] = orders_of(shop, one)
    apart = ok(split(floor, one, [(placed["lines"][0], 1)], 2), 201)
    parts = orders_of(shop, one) + orders_of(shop, apart["id"])
    assert [part["held"] for part in parts] == [held, held]


def test_a_split_without_a_place_to_go_is_refused(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 2)["id"]
    closed = seat(floor, 3)["id"]
    seat(floor, 2)
    ok(act(shop, closed, "close"))
    floor.table(4)
    [line] = orders_of(shop, one)[0]["lines"]
    before = shop.counters(), orders_of(shop, one)

    occupied = split(floor, one, [(line, 1)], 2)
    shut = split(floor, closed, [(line, 1)], 4)
    lines = [{"line_id": line["id"], "quantity": 1}]
    nowhere = act(shop, one, "split", lines=lines, table_id=str(uuid4()))
    body = {"lines": lines, "table_id": str(floor.table(4))}
    stale = shop.staff.post(f"/sessions/{one}/split", json=body, headers=if_match(9))

    assert (occupied.status_code, occupied.json()["code"]) == (409, "table-occupied")
    assert (shut.status_code, shut.json()["code"]) == (409, "session-not-open")
    assert (nowhere.status_code, stale.status_code) == (404, 412)
    assert (shop.counters(), orders_of(shop, one)) == before
    assert audits(shop, "session-split") == []
    assert broken(shop) == {}


def test_portions_that_are_not_there_are_not_split_off(shop: Shop, other_shop: Shop) -> None:
    floor = Floor(shop)
    one, other = seat(floor, 1, 2)["id"], seat(floor, 2, 1)["id"]
    [line], [foreign] = orders_of(shop, one)[0]["lines"], orders_of(shop, other)[0]["lines"]
    theirs = orders_of(other_shop, seat(Floor(other_shop), 1, 1)["id"])[0]["lines"][0]
    floor.table(4)
    before = shop.counters(), orders_of(shop, one), orders_of(shop, other)

    none = split(floor, one, [], 4)
    twice = split(floor, one, [(line, 1), (line, 1)], 4)
    too_many = split(floor, one, [(line, 3)], 4)
    strangers = (foreign, theirs, {"id": str(uuid4())})
    strange = [split(floor, one, [(who, 1)], 4) for who in strangers]

    assert none.status_code == 422
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (422, "/lines/1/line_id")
    assert (too_many.status_code, too_many.json()["remaining"]) == (422, 2)
    assert [(r.status_code, r.json()["code"]) for r in strange] == [(404, "not-found")] * 3
    assert (shop.counters(), orders_of(shop, one), orders_of(shop, other)) == before
    assert audits(shop, "session-split") == []


def test_a_split_that_is_sent_twice_with_one_key_is_one_split(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 3)["id"]
    [line] = orders_of(shop, one)[0]["lines"]
    body = {
        "lines": [{"line_id": line["id"], "quantity": 1}],
        "table_id": str(floor.table(2)),
        "reason": "따로 계산",
    }
    headers = {"Idempotency-Key": "k"}
    path = f"/sessions/{one}/split"
    first, second = [shop.staff.post(path, json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, second.headers["Idempotent-Replayed"]) == (201, "true")
    assert first.content == second.content
    assert orders_of(shop, one)[0]["total"] == 18_000
    assert [reason for _, reason, _ in audits(shop, "session-split")] == ["따로 계산"]
    assert broken(shop) == {}


def test_portions_of_a_set_take_its_parts_along(shop: Shop) -> None:
    diner = Diner(shop)
    placed = diner.usual(quantity=3)
    parent, *parts = placed["lines"]
    table = created(shop.manager, "/tables", {"number": 2})["id"]

    refused = act(
        shop,
        placed["session_id"],
        "split",
        lines=[{"line_id": parts[0]["id"], "quantity": 1}],
        table_id=table,
    )
    portions = [{"line_id": parent["id"], "quantity": 2}]
    apart = act(shop, placed["session_id"], "split", lines=portions, table_id=table)

    assert (refused.status_code, refused.json()["code"]) == (409, "part-of-set")
    [made] = orders_of(shop, ok(apart, 201)["id"])
    [left] = orders_of(shop, placed["session_id"])
    assert [line["quantity"] for line in made["lines"]] == [2, 2, 4]
    assert [line["quantity"] for line in left["lines"]] == [1, 1, 2]
    assert made["total"] + left["total"] == placed["total"] == 3 * made["total"] // 2
    assert {line["parent_line_id"] for line in made["lines"][1:]} == {made["lines"][0]["id"]}
    assert broken(shop) == {}
