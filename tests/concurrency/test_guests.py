"""Guests and moving tablets in races, with a socket for every request."""

from uuid import uuid4

import httpx
import pytest
from psycopg.types.json import Jsonb

from tests.support.credentials import SignedIn, enter, pair, table_token
from tests.support.floor import Floor, order_body
from tests.support.racing import at_once, sender
from tests.support.shops import Shop


def test_guests_who_come_at_once_share_one_session(shop: Shop) -> None:
    floor = Floor(shop)
    body = {"table_token": table_token(shop, floor.table(1))}
    come = sender(shop.staff, "POST", "/auth/guest", body)
    order = sender(floor.tablet(1), "POST", "/orders", order_body(floor.stew, 1), "k")

    *answers, placed = at_once([*[come] * 6, order])

    assert {answer.status_code for answer in answers} == {200}
    assert placed.status_code == 201
    sessions = {answer.json()["session_id"] for answer in [*answers, placed]}
    assert len(sessions) == 1
    assert [type_ for type_, _ in shop.events()].count("session.opened") == 1


@pytest.mark.parametrize("turn", range(6))
def test_who_comes_while_the_session_closes_is_in_the_next_one_or_out(
    shop: Shop, turn: int
) -> None:
    floor = Floor(shop)
    table = floor.table(1)
    first = enter(shop, table).tokens["session_id"]
    come = sender(shop.staff, "POST", "/auth/guest", {"table_token": table_token(shop, table)})
    close = sender(shop.staff, "POST", f"/sessions/{first}/close", {})

    *came, closed = at_once([come, come, come, close] if turn % 2 else [come, close])

    assert closed.status_code == 200
    for answer in came:
        assert answer.status_code == 200, answer.text
        guest = SignedIn(shop, answer.json())
        joined = guest.tokens["session_id"]
        assert guest.http.get("/session").status_code == (410 if joined == first else 200)
    left = shop.rows(
        "SELECT count(*) FROM sign_ins g JOIN table_sessions s ON s.store_id = g.store_id"
        " AND s.id = g.session_id WHERE g.store_id = %(store)s AND s.status = 'closed'"
        " AND g.revoked_at IS NULL"
    )
    assert left == [(0,)]


@pytest.mark.parametrize("turn", range(6))
def test_a_guests_order_against_the_close(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1))
    session = guest.tokens["session_id"]
    order = sender(guest.http, "POST", "/orders", order_body(floor.stew, 1), str(uuid4()))
    close = sender(shop.staff, "POST", f"/sessions/{session}/close", {})

    answers = at_once([order, close] if turn % 2 else [close, order])
    ordered, closed = answers if turn % 2 else answers[::-1]

    if ordered.status_code == 201:
        assert (closed.status_code, closed.json()["code"]) == (409, "close-blocked")
    else:
        assert (ordered.status_code, ordered.json()["code"]) == (410, "session-closed")
        assert closed.status_code == 200
    lost = "SELECT count(*) FROM orders WHERE store_id = %(store)s"
    assert shop.rows(lost) == [(int(ordered.status_code == 201),)]


@pytest.mark.parametrize("turn", range(6))
def test_a_refresh_against_the_close(shop: Shop, turn: int) -> None:
    guest = enter(shop, Floor(shop).table(1))
    body = {"refresh_token": guest.tokens["refresh_token"]}
    refresh = sender(guest.http, "POST", "/auth/refresh", body)
    close = sender(shop.staff, "POST", f"/sessions/{guest.tokens['session_id']}/close", {})

    answers = at_once([refresh, close] if turn % 2 else [close, refresh])
    refreshed, closed = answers if turn % 2 else answers[::-1]

    assert closed.status_code == 200
    assert refreshed.status_code in (200, 410)
    if refreshed.is_success:
        later = SignedIn(shop, refreshed.json())
        assert later.http.get("/session").status_code == 410
        assert later.try_refresh().status_code == 410


@pytest.mark.parametrize("turn", range(6))
def test_a_refresh_against_a_move(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    tablet = pair(shop, floor.table(1))
    [device] = shop.manager.get("/devices").json()["data"]
    target = str(floor.table(2))

    def move() -> httpx.Response:
        client = shop.connect(shop.manager.headers["Authorization"])
        headers = {"If-Match": f'"{device["version"]}"'}
        return client.patch(f"/devices/{device['id']}", json={"table_id": target}, headers=headers)

    body = {"refresh_token": tablet.tokens["refresh_token"]}
    refresh = sender(tablet.http, "POST", "/auth/refresh", body)

    answers = at_once([refresh, move] if turn % 2 else [move, refresh])
    refreshed, moved = answers if turn % 2 else answers[::-1]

    assert (refreshed.status_code, moved.status_code) == (200, 200)
    after = SignedIn(shop, refreshed.json())
    me = after.http.get("/auth/me")
    assert me.status_code == 401 or me.json()["table_id"] == target
    assert after.refresh().me()["table_id"] == target


def test_staff_who_accept_at_once_accept_once(shop: Shop) -> None:
    floor = Floor(shop)
    shop.set(order_acceptance=Jsonb({"tablet": "auto", "guest": "first_order", "pos": "auto"}))
    guest = enter(shop, floor.table(1))
    placed = guest.http.post(
        "/orders", json=order_body(floor.stew, 1), headers={"Idempotency-Key": "k"}
    ).json()
    accept = sender(shop.staff, "POST", f"/orders/{placed['id']}/accept", None)
    move = sender(shop.kitchen, "PATCH", f"/orders/{placed['id']}", {"status": "preparing"})

    *accepted, moved = at_once([accept, accept, accept, move])

    assert {answer.status_code for answer in accepted} == {200}
    assert moved.status_code == 200 or moved.json()["code"] == "order-held"
    audit = "SELECT count(*) FROM audit_entries WHERE store_id = %(store)s AND action = %(what)s"
    assert shop.rows(audit, what="order-accepted") == [(1,)]
    types = [type_ for type_, _ in shop.events()]
    assert types.count("order.updated") == (2 if moved.is_success else 1)
