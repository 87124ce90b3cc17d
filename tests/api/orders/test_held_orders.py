"""A guest's first order waits for staff, where the store wants it so."""

from uuid import uuid4

import httpx
import pytest
from psycopg.types.json import Jsonb

from tests.support.credentials import SignedIn, enter
from tests.support.floor import Floor, order_body
from tests.support.shops import Json, Shop


@pytest.fixture
def floor(shop: Shop) -> Floor:
    """A store that holds the first order of each guest."""
    made = Floor(shop)
    acceptance = {"tablet": "auto", "guest": "first_order", "pos": "auto"}
    shop.set(order_acceptance=Jsonb(acceptance))
    return made


def order(client: httpx.Client, floor: Floor) -> Json:
    body = order_body(floor.stew, 1)
    answer = client.post("/orders", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert answer.status_code == 201, answer.text
    placed: Json = answer.json()
    return placed


def accept(shop: Shop, placed: Json, version: int | None = None) -> httpx.Response:
    headers = {"If-Match": f'"{version}"'} if version else {}
    return shop.staff.post(f"/orders/{placed['id']}/accept", headers=headers)


def audited(shop: Shop) -> int:
    query = "SELECT count(*) FROM audit_entries WHERE store_id = %(store)s AND action = %(what)s"
    return int(shop.rows(query, what="order-accepted")[0][0])


def test_a_guests_first_order_is_held_until_staff_accept_it(shop: Shop, floor: Floor) -> None:
    guest = enter(shop, floor.table(7))
    placed = order(guest.http, floor)
    assert (placed["held"], placed["status"]) == (True, "pending")
    assert shop.events()[-1] == ("order.created", shop.staff.get(f"/orders/{placed['id']}").json())
    [entry] = shop.staff.get("/tables/board").json()["tables"]
    assert entry["newest_orders"][0]["held"] is True

    accepted = accept(shop, placed)

    assert accepted.status_code == 200
    assert (accepted.json()["held"], accepted.json()["status"]) == (False, "pending")
    assert (accepted.json()["version"], accepted.headers["ETag"]) == (2, '"2"')
    assert shop.events()[-1] == ("order.updated", accepted.json())
    assert audited(shop) == 1
    moved = shop.kitchen.patch(f"/orders/{placed['id']}", json={"status": "preparing"})
    assert moved.json()["status"] == "preparing"


def test_a_held_order_stands_still(shop: Shop, floor: Floor) -> None:
    placed = order(enter(shop, floor.table(7)).http, floor)
    path = f"/orders/{placed['id']}"
    before = shop.counters()

    for target in (path, f"{path}/lines/{placed['lines'][0]['id']}"):
        for status in ("preparing", "ready", "served"):
            refused = shop.kitchen.patch(target, json={"status": status})
            assert (refused.status_code, refused.json()["code"]) == (409, "order-held")
        assert shop.kitchen.patch(target, json={"status": "pending"}).is_success

    assert shop.counters() == before
    assert shop.staff.get(path).json()["version"] == 1


def test_a_held_order_can_be_cancelled_and_then_not_accepted(shop: Shop, floor: Floor) -> None:
    guest = enter(shop, floor.table(7))
    placed = order(guest.http, floor)
    cancel = {"reason_code": "other"}
    assert shop.staff.post(f"/orders/{placed['id']}/cancel", json=cancel).is_success

    refused = accept(shop, placed)

    assert (refused.status_code, refused.json()["code"]) == (409, "transition-invalid")
    assert order(guest.http, floor)["held"] is True
    assert audited(shop) == 0


def test_accepting_twice_is_one_acceptance(shop: Shop, floor: Floor) -> None:
    placed = order(enter(shop, floor.table(7)).http, floor)
    first = accept(shop, placed)
    before = shop.counters()

    again = accept(shop, placed)

    assert (again.status_code, again.json()) == (200, first.json())
    assert (shop.counters(), audited(shop)) == (before, 1)


def test_a_stale_version_accepts_nothing(shop: Shop, floor: Floor) -> None:
    placed = order(enter(shop, floor.table(7)).http, floor)

    assert accept(shop, placed, version=9).status_code == 412
    assert shop.staff.get(f"/orders/{placed['id']}").json()["held"] is True
    assert accept(shop, placed, version=1).status_code == 200


def test_each_guest_is_trusted_by_itself(shop: Shop, floor: Floor) -> None:
    one, other = enter(shop, floor.table(7)), enter(shop, floor.table(7))
    first, second = order(one.http, floor), order(one.http, floor)
    assert (first["held"], second["held"]) == (True, True)

    accept(shop, first)

    assert order(one.http, floor)["held"] is False
    assert order(one.refresh().http, floor)["held"] is False
    assert shop.staff.get(f"/orders/{second['id']}").json()["held"] is True
    assert order(other.http, floor)["held"] is True


def test_staff_and_tablets_are_not_held(shop: Shop, floor: Floor) -> None:
    assert order(floor.tablet(7), floor)["held"] is False
    body = order_body(floor.stew, 1) | {"table_id": str(floor.table(7))}
    placed = shop.staff.post("/orders", json=body, headers={"Idempotency-Key": "k"})
    assert placed.json()["held"] is False


def test_where_the_store_does_not_ask_nothing_is_held(shop: Shop) -> None:
    floor = Floor(shop)
    placed = order(enter(shop, floor.table(7)).http, floor)
    before = shop.counters()

    assert placed["held"] is False
    assert accept(shop, placed).json() == shop.staff.get(f"/orders/{placed['id']}").json()
    assert shop.counters() == before


def test_a_retry_gets_the_held_order_again(shop: Shop, floor: Floor) -> None:
    guest = enter(shop, floor.table(7))
    body, headers = order_body(floor.stew, 1), {"Idempotency-Key": "again"}
    first = guest.http.post("/orders", json=body, headers=headers)
    accept(shop, first.json())

    again = guest.http.post("/orders", json=body, headers=headers)

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.content == first.content


def test_accepting_is_the_staffs(shop: Shop, other_shop: Shop, floor: Floor) -> None:
    guest: SignedIn = enter(shop, floor.table(7))
    placed = order(guest.http, floor)
    for client in (guest.http, shop.kitchen, floor.tablet(7)):
        assert client.post(f"/orders/{placed['id']}/accept").status_code == 403
    assert other_shop.staff.post(f"/orders/{placed['id']}/accept").status_code == 404
    assert shop.staff.get(f"/orders/{placed['id']}").json()["held"] is True


def test_a_held_order_keeps_the_session_from_closing(shop: Shop, floor: Floor) -> None:
    placed = order(enter(shop, floor.table(7)).http, floor)
    path = f"/sessions/{placed['session_id']}/close"

    assert shop.staff.post(path, json={}).json()["code"] == "close-blocked"
    assert shop.manager.post(path, json={"force": True, "reason": "장난"}).is_success
    refused = accept(shop, placed)
    assert (refused.status_code, refused.json()["code"]) == (409, "session-not-open")
