"""Placing, reading, moving and cancelling orders; what is refused changes nothing."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.floor import Floor, order_body
from tests.support.shops import Shop

UNKNOWN = "01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"


def place(client: httpx.Client, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    return client.post("/orders", json=body, headers={"Idempotency-Key": key or str(uuid4())})


def test_first_order_opens_the_session_and_the_next_one_joins_it(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(7)

    first = place(tablet, order_body(floor.stew, 2))
    second = place(tablet, order_body(floor.stew, 1))

    assert (first.status_code, second.status_code) == (201, 201)
    assert (first.json()["number"], second.json()["number"]) == (1, 2)
    assert first.json()["session_id"] == second.json()["session_id"]
    assert first.json()["table"] == {"id": str(floor.table(7)), "number": 7}
    assert first.json()["total"] == 18_000
    session = tablet.get("/session").json()
    assert (session["order_count"], session["total"]) == (2, 27_000)


def test_the_new_order_is_shown_as_the_stored_one_is(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)

    placed = place(tablet, order_body(floor.stew, 2) | {"note": "덜 맵게\n부탁해요"}).json()

    assert tablet.get(f"/orders/{placed['id']}").json() == placed
    [created] = [data for kind, data in shop.events() if kind == "order.created"]
    assert shop.staff.get(f"/orders/{placed['id']}").json() == created


def test_a_retry_is_replayed_and_not_done_again(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    key = str(uuid4())

    first = place(tablet, order_body(floor.stew, 1), key)
    again = place(tablet, order_body(floor.stew, 1), key)
    other = place(tablet, order_body(floor.stew, 2), key)

    assert again.status_code == 201
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert shop.rows("SELECT count(*) FROM orders WHERE store_id = %(store)s") == [(1,)]


def test_a_key_belongs_to_one_tablet(shop: Shop) -> None:
    floor = Floor(shop)

    first = place(floor.tablet(1), order_body(floor.stew, 1), "same-key")
    second = place(floor.tablet(2), order_body(floor.stew, 1), "same-key")

    assert first.json()["id"] != second.json()["id"]


def test_a_later_menu_change_rewrites_no_order(shop: Shop) -> None:
    floor = Floor(shop)
    placed = place(floor.tablet(1), order_body(floor.stew, 1)).json()
    item = shop.manager.get(f"/menu/items/{floor.stew}")

    changed = shop.manager.patch(
        f"/menu/items/{floor.stew}",
        json={"price": 12_000, "name": {"ko": "특 김치찌개"}},
        headers={"If-Match": item.headers["ETag"]},
    )

    assert changed.status_code == 200
    assert floor.tablet(1).get(f"/orders/{placed['id']}").json() == placed


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"expected_total": 1}, 409, "price-changed"),
        ({"lines": [{"item_id": UNKNOWN, "quantity": 1}]}, 409, "item-unavailable"),
        ({"lines": []}, 422, "invalid-request"),
        ({"total": 5}, 422, "invalid-request"),
        ({"table_id": UNKNOWN}, 422, "invalid-request"),
    ],
)
def test_a_refused_order_changes_nothing(
    shop: Shop, change: dict[str, Any], status: int, code: str
) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    before = shop.counters()

    refused = place(tablet, order_body(floor.stew, 1) | change)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert shop.counters() == before
    assert floor.tablet(1).get("/session").status_code == 404


def test_a_changed_price_comes_with_the_new_quote(shop: Shop) -> None:
    floor = Floor(shop)

    refused = place(floor.tablet(1), order_body(floor.stew, 2) | {"expected_total": 16_000})

    assert refused.json()["quote"]["total"] == 18_000


def test_a_sold_out_item_is_refused_whatever_the_tablet_showed(shop: Shop) -> None:
    floor = Floor(shop)
    assert place(floor.tablet(1), order_body(floor.stew, 1)).status_code == 201
    shop.staff.put(f"/menu/items/{floor.stew}/availability", json={"status": "sold_out"})

    refused = place(floor.tablet(1), order_body(floor.stew, 1))

    assert (refused.status_code, refused.json()["code"]) == (409, "item-unavailable")
    assert refused.json()["errors"][0]["pointer"] == "/lines/0/item_id"
    assert floor.tablet(1).get("/session").json()["order_count"] == 1


def test_the_key_is_required(shop: Shop) -> None:
    floor = Floor(shop)

    refused = floor.tablet(1).post("/orders", json=order_body(floor.stew, 1))

    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency-key-missing")


def test_an_order_moves_forward_and_one_step_back(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), order_body(floor.stew, 1)).json()
    url = f"/orders/{order['id']}"

    for status in ("preparing", "ready", "preparing", "served"):
        moved = shop.kitchen.patch(url, json={"status": status})
        assert (moved.status_code, moved.json()["status"]) == (200, status)
    before = shop.counters()
    same = shop.kitchen.patch(url, json={"status": "served"})
    back = shop.kitchen.patch(url, json={"status": "pending"})

    assert same.status_code == 200
    assert (back.status_code, back.json()["code"]) == (409, "transition-invalid")
    assert back.json()["allowed"] == ["ready"]
    assert shop.counters() == before


def test_a_stale_version_is_refused(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), order_body(floor.stew, 1)).json()
    url, first = f"/orders/{order['id']}", {"If-Match": '"1"'}

    moved = shop.kitchen.patch(url, json={"status": "preparing"}, headers=first)
    stale = shop.kitchen.patch(url, json={"status": "ready"}, headers=first)

    assert moved.headers["ETag"] == '"2"'
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"2"')


def test_cancelling_by_quantity_takes_the_price_off(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), order_body(floor.stew, 3)).json()
    url = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/cancel"
    reason = {"reason_code": "guest_request"}

    part = shop.staff.post(url, json={"quantity": 2, **reason})
    more = shop.staff.post(url, json={"quantity": 2, **reason})
    rest = shop.staff.post(url, json={"quantity": 1, **reason})

    assert (part.json()["total"], part.json()["status"]) == (9_000, "pending")
    assert (more.status_code, more.json()["code"]) == (422, "quantity-invalid")
    assert (rest.json()["total"], rest.json()["status"]) == (0, "cancelled")
    audit = "SELECT count(*) FROM audit_entries WHERE store_id = %(store)s"
    assert shop.rows(f"{audit} AND action = 'order-cancelled'") == [(2,)]


def test_a_refused_cancel_leaves_its_key_free(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), order_body(floor.stew, 3)).json()
    url = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/cancel"
    headers = {"Idempotency-Key": str(uuid4())}
    bodies = [{"quantity": quantity, "reason_code": "other"} for quantity in (4, 1, 1)]

    more, one, again = (shop.staff.post(url, json=body, headers=headers) for body in bodies)

    assert (more.status_code, more.json()["remaining"]) == (422, 3)
    assert (one.status_code, one.json()["total"]) == (200, 18_000)
    assert (again.content, again.headers["ETag"]) == (one.content, one.headers["ETag"])
    assert again.headers["Idempotent-Replayed"] == "true"


def test_counted_stock_comes_back_once_when_cancelled(shop: Shop) -> None:
    floor = Floor(shop)
    stock = {"status": "available", "stock": 2}
    assert shop.staff.put(f"/menu/items/{floor.stew}/availability", json=stock).is_success

    order = place(floor.tablet(1), order_body(floor.stew, 2)).json()
    none_left = place(floor.tablet(1), order_body(floor.stew, 1))
    cancel = {"reason_code": "guest_request"}
    shop.staff.post(f"/orders/{order['id']}/cancel", json=cancel)
    shop.staff.post(f"/orders/{order['id']}/cancel", json=cancel)

    assert none_left.status_code == 409
    query = "SELECT stock FROM items WHERE store_id = %(store)s AND id = %(item)s"
    assert shop.rows(query, item=floor.stew) == [(2,)]
    assert place(floor.tablet(1), order_body(floor.stew, 2)).status_code == 201


def test_a_cancelled_dish_is_orderable_again_on_every_tablet(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    stock = {"status": "available", "stock": 2}
    assert shop.staff.put(f"/menu/items/{floor.stew}/availability", json=stock).is_success

    def shown() -> str:
        [category] = tablet.get("/menu").json()["categories"]
        status: str = category["items"][0]["availability"]["status"]
        return status

    order = place(tablet, order_body(floor.stew, 2)).json()
    gone = within_a_second(shown, "sold_out")
    shop.staff.post(f"/orders/{order['id']}/cancel", json={"reason_code": "guest_request"})
    back = within_a_second(shown, "available")

    assert (gone, back) == ("sold_out", "available")
    told = [data for kind, data in shop.events() if kind == "item.availability_changed"]
    assert [one["availability"]["stock"] for one in told] == [2, 0, 2]
    assert told[-1]["item_id"] == floor.stew


def within_a_second(ask: Callable[[], str], wanted: str) -> str:
    """What is said, as soon as it is `wanted` and after the second that a menu may lag at most."""
    ends = time.monotonic() + 1.0
    while (said := ask()) != wanted and time.monotonic() < ends:
        time.sleep(0.02)
    return said


def test_staff_may_not_cancel_what_is_served_and_managers_may(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), order_body(floor.stew, 1)).json()
    shop.kitchen.patch(f"/orders/{order['id']}", json={"status": "served"})
    cancel = {"reason_code": "kitchen_error"}

    refused = shop.staff.post(f"/orders/{order['id']}/cancel", json=cancel)
    done = shop.manager.post(f"/orders/{order['id']}/cancel", json=cancel)

    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")
    assert done.json()["status"] == "cancelled"


def test_pages_follow_the_cursor(shop: Shop) -> None:
    floor = Floor(shop)
    ids = [place(floor.tablet(1), order_body(floor.stew, 1)).json()["id"] for _ in range(5)]

    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = shop.staff.get("/orders", params=query).json()
        seen += [order["id"] for order in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == ids[::-1]
