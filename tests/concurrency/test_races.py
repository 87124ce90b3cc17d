"""Races with real connections: every request of a race has a thread and a socket of its own."""

from uuid import uuid4

import httpx
import pytest

from tests.support.floor import Floor, order_body
from tests.support.menu_building import add_category
from tests.support.racing import at_once, sender
from tests.support.shops import Shop


def test_a_double_submit_is_one_order(shop: Shop) -> None:
    floor = Floor(shop)
    send = sender(floor.tablet(1), "POST", "/orders", order_body(floor.stew, 1), "tapped-twice")

    answers = at_once([send] * 6)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert shop.rows("SELECT count(*) FROM orders WHERE store_id = %(store)s") == [(1,)]


def test_a_double_submit_for_the_last_portion_is_one_order(shop: Shop) -> None:
    floor = Floor(shop)
    stock = {"status": "available", "stock": 1}
    assert shop.staff.put(f"/menu/items/{floor.stew}/availability", json=stock).is_success
    send = sender(floor.tablet(1), "POST", "/orders", order_body(floor.stew, 1), "tapped-twice")
    quote = sender(floor.tablet(1), "POST", "/orders/quote", order_body(floor.stew, 1))

    def quote_and_send() -> list[httpx.Response]:
        # The quote makes the worker learn at once that the dish is gone.
        return [send(), quote(), send()]

    answers = [answers[place] for answers in at_once([quote_and_send] * 4) for place in (0, 2)]

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert shop.rows("SELECT count(*) FROM orders WHERE store_id = %(store)s") == [(1,)]


def test_two_first_orders_share_one_session(shop: Shop) -> None:
    floor = Floor(shop)
    body = order_body(floor.stew, 1)
    tablet = floor.tablet(1)

    answers = at_once([sender(tablet, "POST", "/orders", body, str(uuid4())) for _ in range(6)])

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["session_id"] for answer in answers}) == 1
    assert [kind for kind, _ in shop.events()].count("session.opened") == 1


def test_numbers_have_no_gaps(shop: Shop) -> None:
    floor = Floor(shop)
    body = order_body(floor.stew, 1)
    tablets = [floor.tablet(number) for number in range(1, 9)]

    answers = at_once(
        [sender(tablet, "POST", "/orders", body, str(uuid4())) for tablet in tablets * 2]
    )

    assert sorted(answer.json()["number"] for answer in answers) == list(range(1, 17))
    sequence = shop.rows("SELECT seq FROM events WHERE store_id = %(store)s ORDER BY seq")
    assert [seq for (seq,) in sequence] == list(range(1, shop.counters()[0] + 1))


def test_a_counted_dish_is_never_oversold(shop: Shop) -> None:
    floor = Floor(shop)
    stock = {"status": "available", "stock": 5}
    assert shop.staff.put(f"/menu/items/{floor.stew}/availability", json=stock).is_success
    body = order_body(floor.stew, 2)
    tablets = [floor.tablet(number) for number in range(1, 6)]

    answers = at_once([sender(tablet, "POST", "/orders", body, str(uuid4())) for tablet in tablets])

    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]
    assert shop.rows("SELECT stock FROM items WHERE store_id = %(store)s") == [(1,)]


@pytest.mark.parametrize("turn", range(6))
def test_close_against_order(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    table = floor.table(1)
    opened = shop.staff.post(f"/tables/{table}/sessions", json={}).json()
    order = sender(
        shop.staff, "POST", "/orders", order_body(floor.stew, 1) | {"session_id": opened["id"]}, "k"
    )
    close = sender(shop.staff, "POST", f"/sessions/{opened['id']}/close", {})

    ordered, closed = at_once([order, close] if turn % 2 else [close, order][::-1])

    if ordered.status_code == 201:
        assert (closed.status_code, closed.json()["code"]) == (409, "close-blocked")
    else:
        assert (ordered.status_code, ordered.json()["code"]) == (410, "session-closed")
        assert closed.status_code == 200
    [(lost,)] = shop.rows(
        "SELECT count(*) FROM orders o JOIN table_sessions s ON s.store_id = o.store_id"
        " AND s.id = o.session_id WHERE o.store_id = %(store)s AND s.status = 'closed'"
    )
    assert lost == 0


def test_two_cooks_on_one_order(shop: Shop) -> None:
    floor = Floor(shop)
    order = floor.tablet(1).post(
        "/orders", json=order_body(floor.stew, 1), headers={"Idempotency-Key": "k"}
    )
    url = f"/orders/{order.json()['id']}"
    move = sender(shop.kitchen, "PATCH", url, {"status": "preparing"})
    cancel = sender(shop.staff, "POST", f"{url}/cancel", {"reason_code": "guest_request"})

    moved, cancelled = at_once([move, cancel])

    assert cancelled.status_code == 200
    assert moved.status_code in (200, 409)
    assert shop.staff.get(url).json()["status"] == "cancelled"


def test_one_pairing_code_pairs_one_tablet(shop: Shop) -> None:
    floor = Floor(shop)
    code = shop.staff.post(f"/tables/{floor.table(1)}/pairing-codes").json()["code"]
    pair = sender(shop.staff, "POST", "/auth/pair", {"code": code, "device_name": "tablet"})

    answers = at_once([pair] * 5)

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
    assert shop.rows("SELECT count(*) FROM devices WHERE store_id = %(store)s") == [(1,)]


def test_one_reference_is_given_to_one_item(shop: Shop) -> None:
    category = add_category(shop)["id"]
    body = {"category_id": category, "name": {"ko": "국"}, "price": 1, "external_ref": "SKU1"}

    answers = at_once([sender(shop.manager, "POST", "/menu/items", body)] * 5)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "reference-taken"}
