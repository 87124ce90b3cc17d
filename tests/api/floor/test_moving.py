"""A party that changes its table, and one that staff let go by mistake."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.core import clock
from app.core.security.permissions import Role
from tests.support.credentials import enter, pair
from tests.support.floor import Floor, order_body
from tests.support.invariants import broken
from tests.support.menu_building import if_match, ok
from tests.support.parties import act, audits, move, order, orders_of, seat, serve_all, told
from tests.support.shops import Shop
from tests.support.streams import listening


def test_a_party_moves_with_its_orders(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1, 2, 1)
    before, head = orders_of(shop, session["id"]), shop.counters()[0]
    old, new = str(floor.table(1)), str(floor.table(2))
    head = shop.counters()[0]

    moved = ok(act(shop, session["id"], "move", table_id=new, reason="창가로"))

    assert moved["table"] == {"id": new, "number": 2}
    assert (moved["version"], moved["total"]) == (session["version"] + 1, 27_000)
    for was, now in zip(before, orders_of(shop, session["id"]), strict=True):
        assert now["table"] == {"id": new, "number": 2}
        for name in ("number", "status", "lines", "total", "created_at", "business_date"):
            assert now[name] == was[name]
    assert told(shop, head) == [
        ("table.changed", old, None),
        ("session.updated", new, session["id"]),
        ("order.updated", new, session["id"]),
        ("order.updated", new, session["id"]),
    ]
    [(target, reason, details)] = audits(shop, "session-moved")
    assert (target, reason) == (session["id"], "창가로")
    assert details == {"from_table": 1, "to_table": 2}
    states = {one["number"]: one["state"] for one in ok(shop.staff.get("/tables"))["data"]}
    assert states == {1: "free", 2: "occupied"}
    assert broken(shop) == {}


def test_the_guests_go_along_and_the_tablet_stays(shop: Shop) -> None:
    floor = Floor(shop)
    guest, tablet = enter(shop, floor.table(1)), pair(shop, floor.table(1))
    session = guest.tokens["session_id"]

    ok(move(floor, session, 2))

    key = {"Idempotency-Key": str(uuid4())}
    placed = ok(guest.http.post("/orders", json=order_body(floor.stew, 1), headers=key), 201)
    assert (placed["session_id"], placed["table"]["number"]) == (session, 2)
    assert guest.refresh().me()["table_id"] == str(floor.table(2))
    assert ok(floor.tablet(2).get("/session"))["id"] == session
    assert tablet.http.get("/session").status_code == 404
    assert ok(tablet.http.get("/orders"))["data"] == []
    assert tablet.http.get(f"/orders/{placed['id']}").status_code == 404


def test_the_tablet_that_stays_is_told_and_the_next_party_hears_nothing_old(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1, 1)
    tablet = floor.tablet(1)
    floor.table(2)
    before = shop.counters()[0]
    with listening(tablet) as heard:
        ok(move(floor, session["id"], 2))
        order(floor, session["id"])
        key = {"Idempotency-Key": "next-party"}
        ok(tablet.post("/orders", json=order_body(floor.stew, 1), headers=key), 201)
        left, opened = heard.get(timeout=3), heard.get(timeout=3)
    assert left is not None
    assert opened is not None
    assert (left[1], left[2]["data"]["state"]) == ("table.changed", "free")
    assert (opened[1], opened[2]["data"]["id"] != session["id"]) == ("session.opened", True)

    with listening(tablet, str(before - 2)) as heard:
        first = heard.get(timeout=3)
    assert first is not None
    assert first[1] == "resync"


def test_a_move_to_where_nobody_can_sit_is_refused(shop: Shop, other_shop: Shop) -> None:
    floor = Floor(shop)
    session, other = seat(floor, 1, 1), seat(floor, 2)
    archived = floor.table(3)
    assert shop.manager.delete(f"/tables/{archived}").status_code == 204
    before = shop.counters()

    occupied = act(shop, session["id"], "move", table_id=str(floor.table(2)))
    nowhere = [
        act(shop, session["id"], "move", table_id=str(id_))
        for id_ in (archived, Floor(other_shop).table(1), uuid4())
    ]

    assert (occupied.status_code, occupied.json()["code"]) == (409, "table-occupied")
    assert occupied.json()["session_id"] == other["id"]
    assert [(one.status_code, one.json()["code"]) for one in nowhere] == [(404, "not-found")] * 3
    assert act(other_shop, session["id"], "move", table_id=str(uuid4())).status_code == 404
    assert ok(shop.staff.get(f"/sessions/{session['id']}")) == session
    assert (shop.counters(), audits(shop, "session-moved")) == (before, [])


def test_a_move_to_the_same_table_changes_nothing(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1, 1)
    before = shop.counters()
    assert ok(move(floor, session["id"], 1)) == session
    assert (shop.counters(), audits(shop, "session-moved")) == (before, [])


def test_a_closed_session_stays_where_it_was(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)
    ok(act(shop, session["id"], "close"))
    floor.table(2)
    before = shop.counters()
    refused = move(floor, session["id"], 2)
    assert (refused.status_code, refused.json()["code"]) == (409, "session-not-open")
    assert shop.counters() == before


def test_a_move_takes_a_version_and_a_key(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)
    path, body = f"/sessions/{session['id']}/move", {"table_id": str(floor.table(2))}
    stale = shop.staff.post(path, json=body, headers=if_match(session["version"] + 1))
    assert (stale.status_code, stale.json()["version"]) == (412, session["version"])

    headers = {"Idempotency-Key": "k", **if_match(session["version"])}
    first, second = [shop.staff.post(path, json=body, headers=headers) for _ in range(2)]

    assert first.headers["ETag"] == f'"{session["version"] + 1}"'
    assert (second.content, second.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert len(audits(shop, "session-moved")) == 1


@pytest.mark.parametrize("action", ["move", "merge", "unmerge", "split", "reopen"])
def test_seats_are_the_floor_staffs(shop: Shop, action: str) -> None:
    session = seat(Floor(shop), 1)
    refused = shop.kitchen.post(f"/sessions/{session['id']}/{action}", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")


def test_a_mistaken_close_is_taken_back(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1, 2)
    serve_all(shop, session["id"])
    guest = enter(shop, floor.table(1))
    closed = ok(act(shop, session["id"], "close", reason="계산 완료"))
    head = shop.counters()[0]

    reopened = ok(act(shop, session["id"], "reopen", reason="손님이 아직 계심"))

    assert (reopened["status"], reopened["closed_at"]) == ("open", None)
    assert (reopened["total"], reopened["version"]) == (18_000, closed["version"] + 1)
    assert told(shop, head) == [("session.opened", str(floor.table(1)), session["id"])]
    assert guest.http.get("/session").status_code == 410
    assert guest.try_refresh().status_code == 410
    assert enter(shop, floor.table(1)).tokens["session_id"] == session["id"]
    [(target, reason, details)] = audits(shop, "session-reopened")
    assert (target, reason) == (session["id"], "손님이 아직 계심")
    assert details["close_reason"] == "계산 완료"
    order(floor, session["id"])
    assert broken(shop) == {}


def test_an_open_session_is_not_reopened(shop: Shop) -> None:
    session = seat(Floor(shop), 1)
    before = shop.counters()
    assert ok(act(shop, session["id"], "reopen")) == session
    assert (shop.counters(), audits(shop, "session-reopened")) == (before, [])


def test_the_next_party_keeps_its_table(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)
    ok(act(shop, session["id"], "close"))
    seat(floor, 1)
    before = shop.counters()
    refused = act(shop, session["id"], "reopen")
    assert (refused.status_code, refused.json()["code"]) == (409, "table-occupied")
    assert shop.counters() == before
    assert broken(shop) == {}


def test_what_was_closed_on_an_earlier_business_date_stays_closed(shop: Shop) -> None:
    session = seat(Floor(shop), 1)
    ok(act(shop, session["id"], "close"))
    before = shop.counters()
    with clock.held_at(clock.now() + timedelta(days=1)):
        # The token that this client gets is tomorrow's.
        tomorrow = shop.client(Role.OWNER)
        refused = tomorrow.post(f"/sessions/{session['id']}/reopen", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "business-day-over")
    assert shop.counters() == before
