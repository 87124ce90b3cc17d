"""The whole transition table: of orders and of lines, every status to every other."""

from itertools import product
from uuid import uuid4

import httpx
import pytest

from tests.support.floor import Floor, order_body
from tests.support.menu_building import ok
from tests.support.shops import Json, Shop

ALLOWED = {
    "pending": ["preparing", "ready", "served"],
    "preparing": ["pending", "ready", "served"],
    "ready": ["preparing", "served"],
    "served": ["ready"],
    "cancelled": [],
}
STEPS = list(product(ALLOWED, ALLOWED))
REASON = {"reason_code": "guest_request"}


def placed(floor: Floor, *quantities: int) -> Json:
    """An order with a line for each quantity."""
    lines = [order_body(floor.stew, quantity)["lines"][0] for quantity in quantities]
    headers = {"Idempotency-Key": str(uuid4())}
    return ok(floor.tablet(1).post("/orders", json={"lines": lines}, headers=headers), 201)


def move(shop: Shop, path: str, status: str) -> httpx.Response:
    return shop.kitchen.patch(path, json={"status": status})


def bring(shop: Shop, path: str, status: str, quantity: int = 1) -> None:
    """Take a new order or line to `status`; `quantity` is what a line's cancel needs to say."""
    if status == "cancelled":
        body = REASON | ({"quantity": quantity} if "/lines/" in path else {})
        ok(shop.staff.post(f"{path}/cancel", json=body))
    elif status != "pending":
        ok(move(shop, path, status))


@pytest.mark.parametrize(("present", "wanted"), STEPS)
def test_an_order_goes_where_the_table_lets_it(shop: Shop, present: str, wanted: str) -> None:
    order = placed(Floor(shop), 1, 2)
    path = f"/orders/{order['id']}"
    bring(shop, path, present)
    before, counters = ok(shop.kitchen.get(path)), shop.counters()
    assert before["status"] == present

    answer = move(shop, path, wanted)

    after = ok(shop.kitchen.get(path))
    if wanted == present:
        assert answer.status_code == 200
        assert answer.json() == after == before
        assert shop.counters() == counters
    elif wanted in ALLOWED[present]:
        assert answer.status_code == 200
        assert answer.json() == after
        assert (after["status"], after["version"]) == (wanted, before["version"] + 1)
        assert {line["status"] for line in after["lines"]} == {wanted}
        assert shop.events(counters[0]) == [("order.updated", after)]
    else:
        assert_refused(answer, present)
        assert after == before
        assert shop.counters() == counters


@pytest.mark.parametrize(("present", "wanted"), STEPS)
def test_a_line_goes_where_the_table_lets_it(shop: Shop, present: str, wanted: str) -> None:
    order = placed(Floor(shop), 1, 2)
    path = f"/orders/{order['id']}"
    line_path = f"{path}/lines/{order['lines'][1]['id']}"
    # The other line is ahead of everything, so that the order's status follows this one.
    bring(shop, f"{path}/lines/{order['lines'][0]['id']}", "served")
    bring(shop, line_path, present, 2)
    before, counters = ok(shop.kitchen.get(path)), shop.counters()
    assert before["lines"][1]["status"] == present

    answer = move(shop, line_path, wanted)

    after = ok(shop.kitchen.get(path))
    if wanted == present:
        assert answer.status_code == 200
        assert answer.json() == after == before
        assert shop.counters() == counters
    elif wanted in ALLOWED[present]:
        assert answer.status_code == 200
        assert answer.json() == after
        assert [line["status"] for line in after["lines"]] == ["served", wanted]
        assert (after["status"], after["version"]) == (wanted, before["version"] + 1)
        assert shop.events(counters[0]) == [("order.updated", after)]
    else:
        assert_refused(answer, present)
        assert after == before
        assert shop.counters() == counters


def assert_refused(answer: httpx.Response, present: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (409, "transition-invalid")
    assert answer.json()["current"] == present
    assert answer.json()["allowed"] == ALLOWED[present]


@pytest.mark.parametrize("status", ["", "done", "Ready", None, 1])
def test_a_status_that_does_not_exist_is_invalid(shop: Shop, status: object) -> None:
    order = placed(Floor(shop), 1)
    counters = shop.counters()

    refused = shop.kitchen.patch(f"/orders/{order['id']}", json={"status": status})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert refused.json()["errors"][0]["pointer"] == "/status"
    assert shop.counters() == counters


def test_an_order_is_as_far_as_its_last_line(shop: Shop) -> None:
    order = placed(Floor(shop), 1, 1, 1)
    path = f"/orders/{order['id']}"
    first, second, third = (f"{path}/lines/{line['id']}" for line in order["lines"])

    bring(shop, first, "ready")
    bring(shop, second, "preparing")
    assert ok(shop.kitchen.get(path))["status"] == "pending"
    bring(shop, third, "cancelled")
    assert ok(shop.kitchen.get(path))["status"] == "preparing"
    # Forward takes those along that are behind; back takes those that are last.
    assert statuses(move(shop, path, "ready")) == ["ready", "ready", "cancelled"]
    bring(shop, first, "served")
    assert statuses(move(shop, path, "preparing")) == ["served", "preparing", "cancelled"]


def statuses(answer: httpx.Response) -> list[str]:
    return [line["status"] for line in ok(answer)["lines"]]


def test_nothing_moves_once_the_session_is_closed(shop: Shop) -> None:
    order = placed(Floor(shop), 1)
    path = f"/orders/{order['id']}"
    bring(shop, path, "served")
    ok(shop.staff.post(f"/sessions/{order['session_id']}/close", json={}))
    before, counters = ok(shop.kitchen.get(path)), shop.counters()

    back = move(shop, path, "ready")
    cancelled = shop.manager.post(f"{path}/cancel", json=REASON)

    for refused in (back, cancelled):
        assert (refused.status_code, refused.json()["code"]) == (409, "session-not-open")
    assert ok(shop.kitchen.get(path)) == before
    assert shop.counters() == counters
