"""A party's visit: opened once, closed when nothing is open, and unseen by the next party."""

from uuid import uuid4

import httpx
import pytest

from tests.support.floor import Floor, created, order_body
from tests.support.menu_building import ok
from tests.support.parties import seat
from tests.support.shops import Json, Shop
from tests.support.switches import turn


def order(client: httpx.Client, floor: Floor) -> Json:
    answer = client.post(
        "/orders", json=order_body(floor.stew, 1), headers={"Idempotency-Key": str(uuid4())}
    )
    assert answer.status_code == 201, answer.text
    body: Json = answer.json()
    return body


def audited(shop: Shop) -> list[tuple[str, str | None]]:
    query = "SELECT action, reason FROM audit_entries WHERE store_id = %(store)s ORDER BY id"
    return [row for row in shop.rows(query) if row[0].startswith("session")]


def test_an_occupied_table_answers_with_its_open_session(shop: Shop) -> None:
    path = f"/tables/{Floor(shop).table(7)}/sessions"
    first = created(shop.staff, path, {"guest_count": 4})
    second = shop.staff.post(path, json={"guest_count": 2})
    assert (second.status_code, second.headers["ETag"]) == (200, '"1"')
    assert (second.json()["id"], second.json()["guest_count"]) == (first["id"], 4)
    assert [type_ for type_, _ in shop.events()].count("session.opened") == 1


@pytest.mark.parametrize("status", ["pending", "preparing"])
def test_unfinished_orders_block_the_close(shop: Shop, status: str) -> None:
    floor = Floor(shop)
    placed = order(floor.tablet(7), floor)
    shop.kitchen.patch(f"/orders/{placed['id']}", json={"status": status})
    before = shop.counters()
    refused = shop.staff.post(f"/sessions/{placed['session_id']}/close", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "close-blocked")
    [blocker] = refused.json()["blockers"]
    assert (blocker["order_id"], blocker["status"]) == (placed["id"], status)
    assert shop.counters() == before
    assert audited(shop) == []


def test_what_holds_already_is_no_change(shop: Shop) -> None:
    floor = Floor(shop)
    path = f"/sessions/{seat(floor, 1)['id']}"
    first = ok(shop.staff.patch(path, json={"guest_count": 3}))
    before = shop.counters()

    same = [shop.staff.patch(path, json=body) for body in ({"guest_count": 3}, {})]
    table = f"/tables/{floor.table(1)}"
    kept = shop.manager.patch(table, json={"number": 1}, headers={"If-Match": "*"})

    assert [ok(one) for one in same] == [first, first]
    assert kept.headers["ETag"] == '"1"'
    assert shop.counters() == before


def test_a_close_that_forced_nothing_is_an_ordinary_one(shop: Shop) -> None:
    party = seat(Floor(shop), 1)["id"]

    ok(shop.staff.post(f"/sessions/{party}/close", json={"force": True}))

    assert audited(shop) == [("session-closed", None)]


def test_a_forced_close_is_a_managers_and_has_a_reason(shop: Shop) -> None:
    floor = Floor(shop)
    placed = order(floor.tablet(7), floor)
    path = f"/sessions/{placed['session_id']}/close"
    forced = {"force": True, "reason": "손님이 떠남"}
    before = shop.counters()
    assert shop.staff.post(path, json=forced).status_code == 403
    assert shop.manager.post(path, json={"force": True}).status_code == 422
    assert shop.counters() == before

    closed = shop.manager.post(path, json=forced)

    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert shop.staff.get(f"/orders/{placed['id']}").json()["status"] == "cancelled"
    assert audited(shop) == [("session-force-closed", "손님이 떠남")]


def test_a_bill_blocks_the_close_where_the_store_asks_for_settlement(shop: Shop) -> None:
    turn(shop, settlement_required=True)
    floor = Floor(shop)
    placed = order(floor.tablet(7), floor)
    path = f"/sessions/{placed['session_id']}/close"
    before = shop.counters()

    blocked = shop.manager.post(path, json={}).json()
    assert blocked["code"] == "close-blocked"
    assert [one["kind"] for one in blocked["blockers"]] == ["order", "bill"]
    assert shop.counters() == before

    ok(shop.kitchen.patch(f"/orders/{placed['id']}", json={"status": "served"}))
    bill = [{"kind": "bill", "amount": placed["total"]}]
    assert shop.manager.post(path, json={}).json()["blockers"] == bill
    forced = {"force": True, "reason": "카드기로 결제함"}
    assert shop.staff.post(path, json=forced).status_code == 403

    ok(shop.manager.post(path, json=forced))
    query = (
        "SELECT details FROM audit_entries WHERE store_id = %(store)s AND target_kind = 'session'"
    )
    [(details,)] = shop.rows(query)
    assert details["written_off"] == placed["total"]


def test_who_owes_nothing_leaves_without_a_payment(shop: Shop) -> None:
    turn(shop, settlement_required=True)
    floor = Floor(shop)
    placed = order(floor.tablet(7), floor)
    ok(shop.manager.post(f"/orders/{placed['id']}/cancel", json={"reason_code": "guest_request"}))

    ok(shop.staff.post(f"/sessions/{placed['session_id']}/close", json={}))


def test_closing_twice_is_one_close(shop: Shop) -> None:
    floor = Floor(shop)
    session = created(shop.staff, f"/tables/{floor.table(7)}/sessions", {})
    answers = [shop.staff.post(f"/sessions/{session['id']}/close", json={}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert len(audited(shop)) == 1


def test_the_next_party_sees_nothing_of_the_last_one(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(7)
    placed = order(tablet, floor)
    shop.kitchen.patch(f"/orders/{placed['id']}", json={"status": "served"})
    assert shop.staff.post(f"/sessions/{placed['session_id']}/close", json={}).is_success

    assert tablet.get("/session").status_code == 404
    assert tablet.get("/orders").json()["data"] == []
    assert tablet.get(f"/orders/{placed['id']}").status_code == 404

    following = order(tablet, floor)
    assert following["session_id"] != placed["session_id"]
    assert [one["id"] for one in tablet.get("/orders").json()["data"]] == [following["id"]]
    assert tablet.get("/session").json()["total"] == 9000
    history = shop.staff.get("/sessions", params={"status": "closed"}).json()["data"]
    assert [one["id"] for one in history] == [placed["session_id"]]


def test_sessions_are_found_by_the_time_of_their_opening(shop: Shop) -> None:
    floor = Floor(shop)
    opened = created(shop.staff, f"/tables/{floor.table(7)}/sessions", {})
    at = opened["opened_at"]

    since, until = ({"from": at}, {"to": at})
    found = [shop.staff.get("/sessions", params=times) for times in (since, until)]

    assert [answer.status_code for answer in found] == [200, 200]
    assert [one["id"] for one in found[0].json()["data"]] == [opened["id"]]
    assert found[1].json()["data"] == []
    assert shop.staff.get("/sessions", params={"from_": at}).status_code == 422


def test_orders_of_a_closed_session_stand_still(shop: Shop) -> None:
    floor = Floor(shop)
    placed = order(floor.tablet(7), floor)
    path = f"/orders/{placed['id']}"
    shop.kitchen.patch(path, json={"status": "served"})
    shop.staff.post(f"/sessions/{placed['session_id']}/close", json={})
    before = shop.counters()
    late = order_body(floor.stew, 1) | {"session_id": placed["session_id"]}
    refused = shop.staff.post("/orders", json=late, headers={"Idempotency-Key": "late"})
    assert (refused.status_code, refused.json()["code"]) == (410, "session-closed")
    assert shop.kitchen.patch(path, json={"status": "ready"}).status_code in (409, 410)
    assert shop.counters() == before


def test_the_board_counts_what_the_table_has(shop: Shop) -> None:
    floor = Floor(shop)
    floor.table(8)
    order(floor.tablet(7), floor)
    placed = order(floor.tablet(7), floor)
    shop.kitchen.patch(f"/orders/{placed['id']}", json={"status": "ready"})
    board = shop.staff.get("/tables/board").json()
    busy, free = sorted(board["tables"], key=lambda entry: entry["table"]["number"])
    assert (busy["total"], busy["table"]["state"]) == (18000, "occupied")
    assert {k: v for k, v in busy["orders_by_status"].items() if v} == {"pending": 1, "ready": 1}
    assert (free["session"], free["total"], free["newest_orders"]) == (None, 0, [])
    assert board["event_seq"] == shop.counters()[0]
