"""Whoever reads before it writes waits for who is writing, and then reads again.

Each test is the one order of events in which a certain lock is needed: docs/concurrency.md.
"""

import httpx
import pytest

from app.core.ids import uuid7
from tests.support.baskets import BASKET, kept, line
from tests.support.calls import CallFloor
from tests.support.credentials import enter
from tests.support.floor import Floor
from tests.support.invariants import broken
from tests.support.meanwhile import meanwhile
from tests.support.menu_building import ok
from tests.support.parties import order, orders_of, seat
from tests.support.party_races import acting, merging, moving, ordering, said
from tests.support.racing import sender
from tests.support.shops import Json, Shop

REASON = {"reason_code": "guest_request"}
COUNTED = {"status": "available", "stock": 5}
LEAVES = "UPDATE table_sessions SET status = 'closed', closed_at = now() WHERE id = %(id)s"
ARCHIVED = "UPDATE tables SET archived_at = now() WHERE id = %(id)s"


def _cancelling(shop: Shop, placed: Json, quantity: int = 1) -> tuple[str, Json]:
    [row] = placed["lines"]
    path = f"/orders/{placed['id']}/lines/{row['id']}/cancel"
    return path, REASON | {"quantity": quantity}


def test_an_order_for_a_session_waits_for_its_close(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]

    late = meanwhile(shop, ordering(floor, shop.staff, session_id=one), LEAVES, id=one)

    assert said(late) == (410, "session-closed")
    assert orders_of(shop, one) == []


def test_an_order_at_a_table_waits_for_the_close_there(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]

    placed = ok(meanwhile(shop, ordering(floor, floor.tablet(1)), LEAVES, id=one), 201)

    assert placed["session_id"] != one
    assert broken(shop) == {}


def test_a_first_order_waits_for_the_archiving_of_its_table(shop: Shop) -> None:
    floor = Floor(shop)

    late = meanwhile(shop, ordering(floor, floor.tablet(1)), ARCHIVED, id=floor.table(1))

    assert said(late) == (404, "not-found")
    assert broken(shop) == {}


def test_a_move_waits_for_the_archiving_of_its_table(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]

    late = meanwhile(shop, moving(floor, one, 2), ARCHIVED, id=floor.table(2))

    assert said(late) == (404, "not-found")
    assert broken(shop) == {}


@pytest.mark.parametrize("which", [0, 1])
def test_a_merge_waits_for_the_close_of_either(shop: Shop, which: int) -> None:
    floor = Floor(shop)
    both = [seat(floor, 1, 1)["id"], seat(floor, 2)["id"]]

    late = meanwhile(shop, merging(shop, *both), LEAVES, id=both[which])

    assert said(late) == (409, "session-not-open")
    assert [len(orders_of(shop, one)) for one in both] == [1, 0]


def test_a_close_waits_for_a_close(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]

    late = meanwhile(shop, acting(shop, one, "close"), LEAVES, id=one)

    assert said(late) == (200, None)
    assert [type_ for type_, _ in shop.events()].count("session.closed") == 0


def test_a_cancel_waits_for_the_close(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    placed = order(floor, one)
    path, body = _cancelling(shop, placed)

    late = meanwhile(shop, sender(shop.staff, "POST", path, body), LEAVES, id=one)

    assert said(late) == (409, "session-not-open")
    assert orders_of(shop, one) == [placed]


def test_a_cancel_waits_for_the_kitchen(shop: Shop) -> None:
    floor = Floor(shop)
    placed = order(floor, seat(floor, 1)["id"])
    path, body = _cancelling(shop, placed)
    served = (
        "WITH one AS (UPDATE orders SET status = 'served' WHERE id = %(id)s RETURNING id)"
        " UPDATE order_lines SET status = 'served' WHERE order_id = (SELECT id FROM one)"
    )

    late = meanwhile(shop, sender(shop.staff, "POST", path, body), served, id=placed["id"])

    assert said(late) == (403, "permission-denied")
    assert ok(shop.staff.get(f"/orders/{placed['id']}"))["status"] == "served"


def test_what_comes_back_waits_for_what_is_sold(shop: Shop) -> None:
    floor = Floor(shop)
    ok(shop.staff.put(f"/menu/items/{floor.stew}/availability", json=COUNTED))
    placed = order(floor, seat(floor, 1)["id"], 2)
    path, body = _cancelling(shop, placed)
    sold = "UPDATE items SET stock = stock - 3 WHERE id = %(id)s"

    ok(meanwhile(shop, sender(shop.staff, "POST", path, body), sold, id=floor.stew))

    assert shop.rows("SELECT stock FROM items WHERE store_id = %(store)s") == [(1,)]


def test_an_order_waits_for_who_stops_counting(shop: Shop) -> None:
    floor = Floor(shop)
    ok(shop.staff.put(f"/menu/items/{floor.stew}/availability", json=COUNTED))
    one = seat(floor, 1)["id"]
    uncounted = "UPDATE items SET stock = NULL WHERE id = %(id)s"
    told = (
        "UPDATE store_counters SET catalog_version = catalog_version + 1 WHERE store_id = %(store)s"
    )
    send = ordering(floor, shop.staff, session_id=one)

    ok(meanwhile(shop, send, uncounted, told, id=floor.stew, store=shop.id), 201)

    assert shop.rows("SELECT stock FROM items WHERE store_id = %(store)s") == [(None,)]


def test_a_guests_line_waits_for_the_close(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1))
    put = sender(guest.http, "PUT", BASKET, {"lines": [line(floor.stew)]})

    late = meanwhile(shop, put, LEAVES, id=guest.tokens["session_id"])

    assert said(late) == (410, "session-closed")
    assert kept(shop) == []


def test_a_tablets_line_waits_for_the_close(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    put = sender(floor.tablet(1), "PUT", BASKET, {"lines": [line(floor.stew)]})

    late = meanwhile(shop, put, LEAVES, id=one)

    assert said(late) == (404, "not-found")
    assert kept(shop) == []


def test_a_submission_waits_for_the_close(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1))
    ok(guest.http.put(BASKET, json={"lines": [line(floor.stew)]}))
    submit = sender(guest.http, "POST", f"{BASKET}/submit", {}, "k")

    late = meanwhile(shop, submit, LEAVES, id=guest.tokens["session_id"])

    assert said(late) == (410, "session-closed")
    assert len(kept(shop)) == 1


def test_a_guests_call_waits_for_the_close(shop: Shop) -> None:
    floor = CallFloor(shop)
    guest = enter(shop, floor.table(1))
    call = sender(guest.http, "POST", "/service-requests", floor.body(water=1))

    late = meanwhile(shop, call, LEAVES, id=guest.tokens["session_id"])

    assert said(late) == (410, "session-closed")
    assert shop.rows("SELECT id FROM service_requests WHERE store_id = %(store)s") == []


def test_a_tablets_call_waits_for_the_close(shop: Shop) -> None:
    floor = CallFloor(shop)
    one = seat(floor, 1)["id"]
    call = sender(floor.tablet(1), "POST", "/service-requests", floor.body(water=1))

    made = ok(meanwhile(shop, call, LEAVES, id=one), 201)

    assert made["session_id"] is None
    assert broken(shop) == {}


def test_a_call_from_a_free_table_waits_for_its_archiving(shop: Shop) -> None:
    floor = CallFloor(shop)
    call = sender(floor.tablet(1), "POST", "/service-requests", floor.body(water=1))

    late = meanwhile(shop, call, ARCHIVED, id=floor.table(1))

    assert said(late) == (404, "not-found")
    assert shop.rows("SELECT id FROM service_requests WHERE store_id = %(store)s") == []


def test_a_close_waits_for_the_answer_to_a_call(shop: Shop) -> None:
    floor = CallFloor(shop)
    one = seat(floor, 1)["id"]
    call = floor.calls(floor.tablet(1), water=1)
    done = (
        "UPDATE service_requests SET status = 'done', acknowledged_at = now(), done_at = now(),"
        " acknowledged_by = '{}', done_by = '{}' WHERE id = %(id)s"
    )

    ok(meanwhile(shop, acting(shop, one, "close"), done, id=call["id"]))

    query = "SELECT status, cancelled_at FROM service_requests WHERE store_id = %(store)s"
    assert shop.rows(query) == [("done", None)]


def test_a_guest_who_comes_waits_for_the_close(shop: Shop) -> None:
    floor = Floor(shop)
    one = enter(shop, floor.table(1))
    token = ok(shop.staff.get(f"/tables/{floor.table(1)}/qr-token"))["table_token"]
    come = sender(shop.staff, "POST", "/auth/guest", {"table_token": token})

    came = ok(meanwhile(shop, come, LEAVES, id=one.tokens["session_id"]))

    assert came["session_id"] != one.tokens["session_id"]


def test_a_submission_waits_for_the_move_and_goes_along(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1))
    ok(guest.http.put(BASKET, json={"lines": [line(floor.stew)]}))
    submit = sender(guest.http, "POST", f"{BASKET}/submit", {}, "k")
    moved = "UPDATE table_sessions SET table_id = %(table)s WHERE id = %(id)s"
    values = {"id": guest.tokens["session_id"], "table": floor.table(2)}

    placed = ok(meanwhile(shop, submit, moved, **values), 201)

    assert placed["table"]["number"] == 2
    assert kept(shop) == []


def test_a_guest_at_a_free_table_waits_for_who_opens_it(shop: Shop) -> None:
    floor = Floor(shop)
    table, opened = floor.table(1), uuid7()
    token = ok(shop.staff.get(f"/tables/{table}/qr-token"))["table_token"]
    come = sender(shop.staff, "POST", "/auth/guest", {"table_token": token})
    opens = (
        "WITH shared AS (SELECT id FROM tables WHERE id = %(table)s FOR SHARE)"
        " INSERT INTO table_sessions (store_id, id, table_id, status, opened_at, opened_by,"
        " created_at, updated_at, version)"
        " SELECT %(store)s, %(id)s, id, 'open', now(), '{}', now(), now(), 1 FROM shared"
    )

    came = ok(meanwhile(shop, come, opens, store=shop.id, id=opened, table=table))

    assert came["session_id"] == str(opened)


def test_a_guest_at_a_free_table_waits_for_its_archiving(shop: Shop) -> None:
    table = Floor(shop).table(1)
    token = ok(shop.staff.get(f"/tables/{table}/qr-token"))["table_token"]
    come = sender(shop.staff, "POST", "/auth/guest", {"table_token": token})

    late = meanwhile(shop, come, ARCHIVED, id=table)

    assert said(late) == (401, "table-token-invalid")
    assert broken(shop) == {}


@pytest.mark.parametrize("new", [True, False])
def test_a_table_waits_for_the_archiving_of_its_area(shop: Shop, new: bool) -> None:
    area = ok(shop.manager.post("/areas", json={"name": "terrace"}), 201)["id"]
    there = {"area_id": area}
    path = f"/tables/{Floor(shop).table(1)}"
    fresh = {"If-Match": shop.manager.get(path).headers["ETag"]}
    archived = "UPDATE areas SET archived_at = now() WHERE id = %(id)s"

    def send() -> httpx.Response:
        if new:
            return shop.manager.post("/tables", json={"number": 77} | there)
        return shop.manager.patch(path, json=there, headers=fresh)

    late = meanwhile(shop, send, archived, id=area)

    assert said(late) == (404, "not-found")
