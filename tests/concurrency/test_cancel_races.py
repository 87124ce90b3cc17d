"""Cancelling against everything that can happen to an order in the same instant."""

from uuid import uuid4

import httpx
import pytest

from tests.support.floor import Floor, order_body
from tests.support.invariants import broken
from tests.support.menu_building import ok
from tests.support.racing import at_once, sender
from tests.support.shops import Json, Shop

TURNS = 12
REASON = {"reason_code": "guest_request"}
STOCK = 5


def counted_order(shop: Shop, quantity: int) -> Json:
    """An order of a counted dish; `STOCK` were there before."""
    floor = Floor(shop)
    stock = {"status": "available", "stock": STOCK}
    ok(shop.staff.put(f"/menu/items/{floor.stew}/availability", json=stock))
    body, headers = order_body(floor.stew, quantity), {"Idempotency-Key": str(uuid4())}
    return ok(floor.tablet(1).post("/orders", json=body, headers=headers), 201)


def stock(shop: Shop) -> int:
    [(left,)] = shop.rows("SELECT stock FROM items WHERE store_id = %(store)s")
    return int(left)


def audits(shop: Shop) -> int:
    query = "SELECT count(*) FROM audit_entries WHERE store_id = %(store)s AND action = %(action)s"
    [(count,)] = shop.rows(query, action="order-cancelled")
    return int(count)


@pytest.mark.parametrize("turn", range(TURNS))
def test_cancelled_or_served_but_never_both(shop: Shop, turn: int) -> None:
    order = counted_order(shop, 2)
    path, before = f"/orders/{order['id']}", shop.counters()[0]
    cancel = sender(shop.staff, "POST", f"{path}/cancel", REASON)
    serve = sender(shop.kitchen, "PATCH", path, {"status": "served"})

    # In turns, so that neither has the advantage of being started first.
    if turn % 2:
        cancelled, served = at_once([cancel, serve])
    else:
        served, cancelled = at_once([serve, cancel])

    after = ok(shop.staff.get(path))
    orders = [(kind, data) for kind, data in shop.events(before) if kind.startswith("order.")]
    assert after["version"] == order["version"] + 1
    if cancelled.status_code == 200:
        assert (served.status_code, served.json()["code"]) == (409, "transition-invalid")
        assert served.json()["allowed"] == []
        assert cancelled.json() == after
        assert (after["status"], after["total"]) == ("cancelled", 0)
        assert orders == [("order.cancelled", after)]
        assert (stock(shop), audits(shop)) == (STOCK, 1)
    else:
        assert (cancelled.status_code, cancelled.json()["code"]) == (403, "permission-denied")
        assert served.status_code == 200
        assert served.json()["status"] == after["status"] == "served"
        assert (after["total"], after["lines"][0]["cancelled_quantity"]) == (18_000, 0)
        assert orders == [("order.updated", after)]
        assert (stock(shop), audits(shop)) == (STOCK - 2, 0)


@pytest.mark.parametrize("turn", range(4))
def test_no_more_portions_are_cancelled_than_there_are(shop: Shop, turn: int) -> None:
    order = counted_order(shop, 3)
    path = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/cancel"
    cancel = sender(shop.staff, "POST", path, REASON | {"quantity": 2})

    answers = at_once([cancel] * 4)

    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
    refused = [answer.json() for answer in answers if answer.status_code == 422]
    assert {(one["code"], one["remaining"]) for one in refused} == {("quantity-invalid", 1)}
    left = ok(shop.staff.get(f"/orders/{order['id']}"))
    assert (left["total"], left["lines"][0]["cancelled_quantity"]) == (9_000, 2)
    assert (stock(shop), audits(shop)) == (STOCK - 1, 1)


def test_a_cancel_that_is_sent_twice_with_one_key_is_one_cancel(shop: Shop) -> None:
    order = counted_order(shop, 3)
    path = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/cancel"
    cancel = sender(shop.staff, "POST", path, REASON | {"quantity": 1}, "tapped-twice")

    answers: list[httpx.Response] = at_once([cancel] * 4)

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["lines"][0]["cancelled_quantity"] == 1
    assert (stock(shop), audits(shop)) == (STOCK - 2, 1)


@pytest.mark.parametrize("turn", range(4))
def test_what_two_cancels_give_back_is_given_back_once(shop: Shop, turn: int) -> None:
    order = counted_order(shop, 5)
    path = f"/orders/{order['id']}"
    line = f"{path}/lines/{order['lines'][0]['id']}/cancel"
    whole = sender(shop.staff, "POST", f"{path}/cancel", REASON)
    part = sender(shop.staff, "POST", line, REASON | {"quantity": 1})

    answers = at_once([whole, part, whole, part])

    assert {answer.status_code for answer in answers} <= {200, 422}
    assert answers[0].status_code == answers[2].status_code == 200
    after = ok(shop.staff.get(path))
    assert (after["status"], after["lines"][0]["cancelled_quantity"]) == ("cancelled", 5)
    assert stock(shop) == STOCK


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_cancel_and_a_close_at_once(shop: Shop, turn: int) -> None:
    order = counted_order(shop, 2)
    path, session = f"/orders/{order['id']}", f"/sessions/{order['session_id']}/close"
    calls = [
        sender(shop.staff, "POST", f"{path}/cancel", REASON),
        sender(shop.staff, "POST", session, {}),
    ]

    if turn % 2:
        cancelled, closed = at_once(calls)
    else:
        closed, cancelled = at_once(calls[::-1])

    # The close can't win: what is pending blocks it. Either it saw the cancel, or it is refused.
    assert cancelled.status_code == 200
    assert closed.status_code in (200, 409)
    assert ok(shop.staff.get(path))["status"] == "cancelled"
    assert (stock(shop), audits(shop)) == (STOCK, 1)
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_cancel_and_a_forced_close_return_the_stock_once(shop: Shop, turn: int) -> None:
    order = counted_order(shop, 3)
    path, session = f"/orders/{order['id']}", f"/sessions/{order['session_id']}/close"
    line = f"{path}/lines/{order['lines'][0]['id']}/cancel"
    calls = [
        sender(shop.staff, "POST", line, REASON | {"quantity": 1}),
        sender(shop.manager, "POST", session, {"force": True, "reason": "left"}),
    ]

    if turn % 2:
        part, closed = at_once(calls)
    else:
        closed, part = at_once(calls[::-1])

    assert closed.status_code == 200
    if part.status_code != 200:
        assert (part.status_code, part.json()["code"]) == (409, "session-not-open")
    left = ok(shop.staff.get(path))["lines"][0]
    assert (left["status"], left["cancelled_quantity"]) == ("cancelled", 3)
    assert stock(shop) == STOCK
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_guest_cancels_or_the_kitchen_begins(shop: Shop, turn: int) -> None:
    shop.set(guest_cancel_allowed=True)
    order = counted_order(shop, 2)
    path = f"/orders/{order['id']}"
    [(table_id,)] = shop.rows("SELECT id FROM tables WHERE store_id = %(store)s")
    calls = [
        sender(shop.tablet(table_id), "POST", f"{path}/cancel", REASON),
        sender(shop.kitchen, "PATCH", path, {"status": "preparing"}),
    ]

    if turn % 2:
        cancelled, begun = at_once(calls)
    else:
        begun, cancelled = at_once(calls[::-1])

    assert sorted((cancelled.status_code, begun.status_code)) in ([200, 403], [200, 409])
    after = ok(shop.staff.get(path))
    if cancelled.status_code == 200:
        assert (after["status"], stock(shop)) == ("cancelled", STOCK)
    else:
        assert (after["status"], stock(shop)) == ("preparing", STOCK - 2)
    assert broken(shop) == {}
