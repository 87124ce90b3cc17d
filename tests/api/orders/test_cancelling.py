"""Who may cancel what and when, and what is kept of it."""

from uuid import uuid4

import httpx
import pytest

from tests.support.credentials import SignedIn, enter
from tests.support.floor import Floor, order_body
from tests.support.invariants import broken
from tests.support.menu_building import ok
from tests.support.sets import Diner
from tests.support.shops import Json, Shop

REASON = {"reason_code": "guest_request"}
ROLES = ("guest", "tablet", "staff", "manager")
MAY = {
    "guest": {"pending"},
    "tablet": {"pending"},
    "staff": {"pending", "preparing"},
    "manager": {"pending", "preparing", "ready", "served"},
}
DENIED = (403, "permission-denied")


def place(client: httpx.Client, floor: Floor, *quantities: int) -> Json:
    lines = [order_body(floor.stew, quantity)["lines"][0] for quantity in quantities]
    headers = {"Idempotency-Key": str(uuid4())}
    return ok(client.post("/orders", json={"lines": lines}, headers=headers), 201)


def callers(floor: Floor) -> tuple[SignedIn, dict[str, httpx.Client]]:
    """One of each kind at table 1, a guest among them."""
    guest = enter(floor.shop, floor.table(1))
    return guest, {
        "guest": guest.http,
        "tablet": floor.tablet(1),
        "staff": floor.shop.staff,
        "manager": floor.shop.manager,
    }


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("status", ["pending", "preparing", "ready", "served"])
def test_who_may_cancel_what(shop: Shop, role: str, status: str) -> None:
    shop.set(guest_cancel_allowed=True)
    floor = Floor(shop)
    guest, clients = callers(floor)
    order = place(guest.http, floor, 2, 1)
    path = f"/orders/{order['id']}"
    # The other line stays pending: what decides is the line itself.
    line = f"{path}/lines/{order['lines'][0]['id']}"
    if status != "pending":
        ok(shop.kitchen.patch(line, json={"status": status}))
    before, counters = ok(shop.staff.get(path)), shop.counters()

    answer = clients[role].post(f"{line}/cancel", json=REASON | {"quantity": 1})
    whole = clients[role].post(f"{path}/cancel", json=REASON)

    after = ok(shop.staff.get(path))
    if status in MAY[role]:
        assert ok(answer)["lines"][0]["cancelled_quantity"] == 1
        assert ok(answer)["lines"][0]["status"] == status
        assert ok(whole)["status"] == after["status"] == "cancelled"
    else:
        assert refusal(answer) == refusal(whole) == DENIED
        assert after == before
        assert shop.counters() == counters
    assert broken(shop) == {}


@pytest.mark.parametrize("role", ["guest", "tablet"])
def test_guests_cancel_only_where_the_store_lets_them(shop: Shop, role: str) -> None:
    floor = Floor(shop)
    guest, clients = callers(floor)
    order = place(guest.http, floor, 1)
    path, counters = f"/orders/{order['id']}", shop.counters()

    refused = clients[role].post(f"{path}/cancel", json=REASON)

    assert refusal(refused) == DENIED
    assert ok(shop.staff.get(path))["status"] == "pending"
    assert shop.counters() == counters
    owner_sees = ok(clients[role].get("/store"))
    assert owner_sees["guest_cancel_allowed"] is False


@pytest.mark.parametrize("role", ["guest", "tablet"])
def test_guests_cancel_only_what_their_own_party_has_ordered(shop: Shop, role: str) -> None:
    shop.set(guest_cancel_allowed=True)
    floor = Floor(shop)
    _, clients = callers(floor)
    other = place(floor.tablet(2), floor, 1)
    line = other["lines"][0]["id"]
    counters = shop.counters()

    for path, more in (("cancel", {}), (f"lines/{line}/cancel", {"quantity": 1})):
        refused = clients[role].post(f"/orders/{other['id']}/{path}", json=REASON | more)
        assert refusal(refused) == (404, "not-found")

    assert ok(shop.staff.get(f"/orders/{other['id']}"))["version"] == 1
    assert shop.counters() == counters


def test_after_the_visit_a_guest_cancels_nothing(shop: Shop) -> None:
    shop.set(guest_cancel_allowed=True)
    floor = Floor(shop)
    guest, clients = callers(floor)
    order = place(guest.http, floor, 1)
    path = f"/orders/{order['id']}"
    ok(shop.kitchen.patch(path, json={"status": "served"}))
    ok(shop.staff.post(f"/sessions/{order['session_id']}/close", json={}))
    counters = shop.counters()

    gone = guest.http.post(f"{path}/cancel", json=REASON)
    unknown = clients["tablet"].post(f"{path}/cancel", json=REASON)

    assert refusal(gone)[0] in (401, 410)
    assert refusal(unknown) == (404, "not-found")
    assert ok(shop.staff.get(path))["status"] == "served"
    assert shop.counters() == counters


def test_each_cancel_is_kept_with_who_when_why_and_how_many(shop: Shop) -> None:
    shop.set(guest_cancel_allowed=True)
    floor = Floor(shop)
    guest, _ = callers(floor)
    order = place(guest.http, floor, 3)
    path = f"/orders/{order['id']}"
    line = f"{path}/lines/{order['lines'][0]['id']}/cancel"

    by_guest = ok(guest.http.post(line, json=REASON | {"quantity": 1}))
    why = {"quantity": 1, "reason_code": "sold_out", "reason": "두부 소진"}
    by_staff = ok(shop.staff.post(line, json=why))

    assert order["lines"][0]["cancellations"] == []
    first, second = by_staff["lines"][0]["cancellations"]
    assert [one["quantity"] for one in (first, second)] == [1, 1]
    assert (first["reason_code"], first["reason_name"]) == ("guest_request", "손님 요청")
    assert (first["actor"]["kind"], first["reason"]) == ("guest", None)
    assert (second["reason_code"], second["reason"]) == ("sold_out", "두부 소진")
    assert second["actor"] == {"kind": "staff", "id": second["actor"]["id"], "name": "staff"}
    assert first["cancelled_at"] < second["cancelled_at"] <= by_staff["updated_at"]
    # Guests learn neither who it was nor what was written.
    seen = ok(guest.http.get(path))["lines"][0]["cancellations"]
    assert [(one["actor"], one["reason"]) for one in seen] == [(None, None)] * 2
    assert by_guest["lines"][0]["cancellations"] == seen[:1]
    assert broken(shop) == {}


def test_the_event_of_a_guests_cancel_is_what_staff_see(shop: Shop) -> None:
    shop.set(guest_cancel_allowed=True)
    floor = Floor(shop)
    guest, _ = callers(floor)
    order = place(guest.http, floor, 3)
    path, before = f"/orders/{order['id']}", shop.counters()[0]

    ok(guest.http.post(f"{path}/cancel", json=REASON, headers={"Accept-Language": "en"}))

    assert shop.events(before) == [("order.cancelled", ok(shop.staff.get(path)))]


def test_a_reason_is_told_in_the_readers_language(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), floor, 1)
    path = f"/orders/{order['id']}"
    ok(shop.staff.post(f"{path}/cancel", json=REASON))

    read = ok(shop.staff.get(path, headers={"Accept-Language": "en"}))

    assert read["lines"][0]["cancellations"][0]["reason_name"] == "Guest's request"


def test_cancelling_what_is_cancelled_changes_nothing(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), floor, 2)
    path = f"/orders/{order['id']}"
    line = f"{path}/lines/{order['lines'][0]['id']}/cancel"
    first = ok(shop.staff.post(f"{path}/cancel", json=REASON))
    counters = shop.counters()

    again = ok(shop.staff.post(f"{path}/cancel", json={"reason_code": "other"}))
    more = shop.staff.post(line, json=REASON | {"quantity": 1})

    assert again == first
    assert refusal(more) == (422, "quantity-invalid")
    assert more.json()["remaining"] == 0
    assert shop.counters() == counters


def test_a_stale_cancel_is_refused(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), floor, 2)
    path = f"/orders/{order['id']}"
    ok(shop.kitchen.patch(path, json={"status": "preparing"}))
    counters = shop.counters()

    stale = shop.staff.post(f"{path}/cancel", json=REASON, headers={"If-Match": '"1"'})

    assert refusal(stale) == (412, "version-mismatch")
    assert shop.counters() == counters


@pytest.mark.parametrize("status", ["ready", "cancelled"])
def test_a_new_portion_is_a_new_line_that_is_pending_and_charged(shop: Shop, status: str) -> None:
    floor = Floor(shop)
    first = place(floor.tablet(1), floor, 2)
    path = f"/orders/{first['id']}"
    if status == "cancelled":
        ok(shop.staff.post(f"{path}/cancel", json=REASON))
    else:
        ok(shop.kitchen.patch(path, json={"status": status}))
    before = ok(shop.staff.get(path))

    second = place(floor.tablet(1), floor, 1)

    assert second["session_id"] == first["session_id"]
    assert second["lines"][0]["id"] != first["lines"][0]["id"]
    assert (second["lines"][0]["status"], second["total"]) == ("pending", 9_000)
    assert ok(shop.staff.get(path)) == before
    session = ok(shop.staff.get(f"/sessions/{first['session_id']}"))
    assert session["total"] == before["total"] + 9_000


def test_the_parts_of_a_set_are_cancelled_with_it(shop: Shop) -> None:
    diner = Diner(shop)
    order = diner.usual(2)
    line = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/cancel"

    left = ok(shop.staff.post(line, json=REASON | {"quantity": 1}))

    portions = [[one["quantity"] for one in row["cancellations"]] for row in left["lines"]]
    assert portions == [[1], [1], [2]]
    assert broken(shop) == {}


def test_a_forced_close_says_why(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), floor, 2)
    force = {"force": True, "reason": "말없이 나감"}
    ok(shop.manager.post(f"/sessions/{order['session_id']}/close", json=force))

    [line] = ok(shop.staff.get(f"/orders/{order['id']}"))["lines"]

    [cancelled] = line["cancellations"]
    assert (cancelled["reason_code"], cancelled["reason"]) == ("staff_error", "말없이 나감")
    assert (cancelled["quantity"], line["status"]) == (2, "cancelled")
    assert broken(shop) == {}
