"""Guests: in by the QR code, bound to one visit, out with it."""

import re
import time
from uuid import uuid4

import httpx
import psycopg
import pytest
import segno

from tests.support.credentials import SignedIn, enter, pair, post, table_token, try_enter
from tests.support.floor import Floor, created, order_body
from tests.support.shops import Json, Shop


def order(client: httpx.Client, floor: Floor, quantity: int = 1) -> httpx.Response:
    body = order_body(floor.stew, quantity)
    return client.post("/orders", json=body, headers={"Idempotency-Key": str(uuid4())})


def serve(shop: Shop, placed: Json) -> None:
    moved = shop.kitchen.patch(f"/orders/{placed['id']}", json={"status": "served"})
    assert moved.is_success, moved.text


def close(shop: Shop, session_id: str) -> None:
    closed = shop.staff.post(f"/sessions/{session_id}/close", json={})
    assert closed.is_success, closed.text


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


GONE = (410, "session-closed")


def test_a_guest_joins_the_open_session(shop: Shop) -> None:
    floor = Floor(shop)
    session = created(shop.staff, f"/tables/{floor.table(7)}/sessions", {"guest_count": 2})

    guest = enter(shop, floor.table(7))

    assert (guest.tokens["session_id"], guest.tokens["table_id"]) == (
        session["id"],
        str(floor.table(7)),
    )
    me = guest.me()
    assert (me["kind"], me["session_id"], me["role"]) == ("guest", session["id"], None)
    assert guest.http.get("/session").json()["id"] == session["id"]
    placed = order(guest.http, floor)
    assert (placed.status_code, placed.json()["channel"]) == (201, "guest")
    assert placed.json()["session_id"] == session["id"]


def test_the_first_guest_opens_a_free_tables_session(shop: Shop) -> None:
    floor = Floor(shop)
    first = enter(shop, floor.table(7))
    second = enter(shop, floor.table(7))

    assert first.tokens["session_id"] == second.tokens["session_id"]
    opened = [data for type_, data in shop.events() if type_ == "session.opened"]
    assert opened == [shop.staff.get(f"/sessions/{first.tokens['session_id']}").json()]


def test_a_guests_sign_in_lasts_six_hours_at_most(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(7))
    ends = guest.tokens["refresh_expires_at"]

    assert guest.refresh().tokens["refresh_expires_at"] == ends
    [(seconds,)] = shop.rows(
        "SELECT extract(epoch FROM expires_at - created_at)::int FROM sign_ins"
        " WHERE store_id = %(store)s AND kind = 'guest'"
    )
    assert abs(seconds - 6 * 3600) <= 1


def test_no_token_outlives_the_sign_in(shop: Shop, database_url: str) -> None:
    guest = enter(shop, Floor(shop).table(7))
    assert guest.tokens["expires_in"] == 900
    with psycopg.connect(database_url) as owner:
        owner.execute(
            "UPDATE sign_ins SET expires_at = now() + interval '60 s' WHERE store_id = %s",
            (shop.id,),
        )

    assert 50 <= guest.refresh().tokens["expires_in"] <= 60
    assert guest.http.get("/session").status_code == 200


@pytest.mark.parametrize("how", ["nonsense", "rotated", "archived"])
def test_a_code_that_is_no_longer_good_lets_nobody_in(shop: Shop, how: str) -> None:
    floor = Floor(shop)
    token = table_token(shop, floor.table(7))
    if how == "nonsense":
        token = "A" * 22
    elif how == "rotated":
        assert shop.staff.post(f"/tables/{floor.table(7)}/qr-token").status_code == 201
    else:
        shop.manager.delete(f"/tables/{floor.table(7)}")
    before = shop.counters()

    refused = post(shop, "/auth/guest", {"table_token": token})

    assert refusal(refused) == (401, "table-token-invalid")
    assert shop.counters() == before


def test_a_new_code_leaves_the_guests_who_are_in(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(7))
    old = table_token(shop, floor.table(7))

    rotated = shop.staff.post(f"/tables/{floor.table(7)}/qr-token").json()

    assert rotated["table_token"] != old
    assert len(rotated["table_token"]) == 22
    assert table_token(shop, floor.table(7)) == rotated["table_token"]
    assert guest.refresh().http.get("/session").status_code == 200
    audit = "SELECT count(*) FROM audit_entries WHERE store_id = %(store)s AND action = %(what)s"
    assert shop.rows(audit, what="table-token-rotated") == [(1,)]


def test_codes_are_the_staffs_to_see(shop: Shop) -> None:
    floor = Floor(shop)
    table = floor.table(7)
    guest = enter(shop, table)
    for client in (shop.kitchen, floor.tablet(7), guest.http):
        for path in ("qr-token", "qr.svg"):
            assert client.get(f"/tables/{table}/{path}").status_code == 403
        assert client.post(f"/tables/{table}/qr-token").status_code == 403
    assert shop.staff.get(f"/tables/{uuid4()}/qr.svg").status_code == 404


def test_the_code_is_a_picture_that_leads_to_the_store(shop: Shop) -> None:
    floor = Floor(shop)
    shop.set(ordering_url="https://order.example/t")

    picture = shop.staff.get(f"/tables/{floor.table(7)}/qr.svg")

    assert picture.headers["Content-Type"].startswith("image/svg+xml")
    assert picture.text.startswith("<?xml")
    assert "<title>Table 7</title>" in picture.text
    assert shop.staff.get(f"/tables/{floor.table(7)}/qr.svg").content == picture.content
    shown = shop.staff.get(f"/tables/{floor.table(7)}/qr-token").json()
    assert shown["url"] == f"https://order.example/t/{shown['table_token']}"
    drawn = segno.make(shown["url"], micro=False, error="m").svg_inline()
    modules = re.search(r' d="([^"]+)"', drawn)
    assert modules is not None
    assert modules[1] in picture.text


def test_without_a_url_of_the_store_the_code_leads_to_the_service(shop: Shop) -> None:
    shown = shop.staff.get(f"/tables/{Floor(shop).table(7)}/qr-token").json()
    assert shown["url"] == f"http://127.0.0.1:8000/{shown['table_token']}"


def test_a_guest_sees_its_own_session_only(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(7))
    mine = order(floor.tablet(7), floor).json()
    other = order(floor.tablet(8), floor).json()

    assert [one["id"] for one in guest.http.get("/orders").json()["data"]] == [mine["id"]]
    assert guest.http.get(f"/orders/{mine['id']}").json() == mine
    assert guest.http.get(f"/orders/{other['id']}").status_code == 404
    listed = guest.http.get("/orders", params={"session_id": other["session_id"]})
    assert listed.json()["data"] == []
    assert guest.http.get("/menu").status_code == 200
    assert guest.http.get("/store").status_code == 200
    for path in ("/tables", "/tables/board", "/sessions", "/events", "/devices", "/menu/items"):
        assert guest.http.get(path).status_code == 403
    body = order_body(floor.stew, 1) | {"table_id": str(floor.table(8))}
    elsewhere = guest.http.post("/orders", json=body, headers={"Idempotency-Key": "k"})
    assert elsewhere.status_code == 422


def test_after_the_close_everything_is_gone(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(7))
    placed = order(guest.http, floor).json()
    serve(shop, placed)
    close(shop, placed["session_id"])
    before = shop.counters()

    for path in ("/session", "/orders", f"/orders/{placed['id']}", "/menu", "/store", "/auth/me"):
        assert refusal(guest.http.get(path)) == GONE, path
    assert refusal(order(guest.http, floor)) == GONE
    assert refusal(guest.http.get("/events/stream")) == GONE
    assert refusal(guest.try_refresh()) == GONE
    assert shop.counters() == before


def test_the_next_party_is_not_the_old_guests_to_see(shop: Shop) -> None:
    floor = Floor(shop)
    old = enter(shop, floor.table(7))
    close(shop, old.tokens["session_id"])

    new = enter(shop, floor.table(7))
    placed = order(new.http, floor).json()

    assert new.tokens["session_id"] != old.tokens["session_id"]
    for path in ("/session", "/orders", f"/orders/{placed['id']}"):
        assert refusal(old.http.get(path)) == GONE
    assert refusal(old.try_refresh()) == GONE
    assert [one["id"] for one in new.http.get("/orders").json()["data"]] == [placed["id"]]


def test_a_tablet_goes_on_with_the_next_party_untouched(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = pair(shop, floor.table(7))
    first = order(tablet.http, floor).json()
    serve(shop, first)
    close(shop, first["session_id"])

    second = order(tablet.http, floor)

    assert second.status_code == 201
    assert second.json()["session_id"] != first["session_id"]
    assert [one["id"] for one in tablet.http.get("/orders").json()["data"]] == [second.json()["id"]]
    assert tablet.refresh().me()["kind"] == "tablet"


def test_a_guest_who_signs_out_is_out_alone(shop: Shop) -> None:
    floor = Floor(shop)
    one, other = enter(shop, floor.table(7)), enter(shop, floor.table(7))

    assert one.http.post("/auth/logout").status_code == 204

    assert refusal(one.http.get("/session")) == (401, "not-authenticated")
    assert other.http.get("/session").status_code == 200


def heard(client: httpx.Client, last: str, act: object) -> tuple[list[str], float]:
    """The events that a stream tells until it ends, and how long that took."""
    headers = {"Last-Event-ID": last}
    types: list[str] = []
    began = time.monotonic()
    with client.stream("GET", "/events/stream", headers=headers, timeout=8) as stream:
        assert stream.status_code == 200
        assert callable(act)
        act()
        types += [line[7:] for line in stream.iter_lines() if line.startswith("event: ")]
    return types, time.monotonic() - began


def test_a_guests_stream_is_its_sessions_and_ends_with_it(shop: Shop) -> None:
    floor = Floor(shop)
    floor.table(8)
    order(floor.tablet(7), floor)
    guest = enter(shop, floor.table(7))
    start = str(shop.counters()[0])

    def act() -> None:
        order(floor.tablet(8), floor)
        mine = order(guest.http, floor).json()
        sold_out = {"status": "sold_out"}
        shop.staff.put(f"/menu/items/{floor.stew}/availability", json=sold_out)
        for one in shop.staff.get("/orders", params={"session_id": mine["session_id"]}).json()[
            "data"
        ]:
            serve(shop, one)
        close(shop, mine["session_id"])
        shop.staff.post(f"/tables/{floor.table(7)}/sessions", json={})

    types, seconds = heard(guest.http, start, act)

    expected = ["order.created", "item.availability_changed", "order.updated", "order.updated"]
    assert types[:4] == expected
    assert types[4:] in ([], ["session.closed"])
    assert seconds < 5


def test_a_missed_event_of_another_party_is_not_replayed(shop: Shop) -> None:
    floor = Floor(shop)
    before = order(floor.tablet(7), floor).json()
    serve(shop, before)
    close(shop, before["session_id"])
    guest = enter(shop, floor.table(7))
    mine = order(guest.http, floor).json()
    serve(shop, mine)

    told: list[str] = []
    with guest.http.stream("GET", "/events/stream", headers={"Last-Event-ID": "0"}) as stream:
        for line in stream.iter_lines():
            told += [line[7:]] if line.startswith("event: ") and "menu" not in line else []
            if len(told) == 3:
                break

    assert told == ["session.opened", "order.created", "order.updated"]


@pytest.mark.parametrize(
    ("pin", "expected"),
    [(None, (401, "guest-pin-required")), ("wrong", (401, "guest-pin-invalid"))],
)
def test_where_the_store_asks_for_a_pin_a_guest_needs_it(
    shop: Shop, pin: str | None, expected: tuple[int, str]
) -> None:
    floor = Floor(shop)
    shop.set(guest_pin_required=True)
    assert refusal(try_enter(shop, floor.table(7))) == (409, "table-not-open")
    assert shop.staff.get(f"/tables/{floor.table(7)}/session").status_code == 404
    session = created(shop.staff, f"/tables/{floor.table(7)}/sessions", {})
    shown = shop.staff.get(f"/sessions/{session['id']}/pin").json()
    assert len(shown["pin"]) == 4
    if pin == "wrong":
        pin = f"{(int(shown['pin']) + 1) % 10000:04}"
    before = shop.counters()

    refused = try_enter(shop, floor.table(7), **({"pin": pin} if pin else {}))

    assert refusal(refused) == expected
    assert shop.counters() == before
    guest = enter(shop, floor.table(7), pin=shown["pin"])
    assert guest.tokens["session_id"] == session["id"]


def test_every_way_of_opening_a_session_gives_it_a_pin_of_its_own(shop: Shop) -> None:
    floor = Floor(shop)
    sessions = [order(floor.tablet(number), floor).json()["session_id"] for number in range(1, 9)]
    sessions.append(created(shop.staff, f"/tables/{floor.table(9)}/sessions", {})["id"])

    pins = [shop.staff.get(f"/sessions/{one}/pin").json()["pin"] for one in sessions]

    assert all(len(pin) == 4 and pin.isdecimal() for pin in pins)
    assert len(set(pins)) > 5
    assert floor.tablet(1).get(f"/sessions/{sessions[0]}/pin").status_code == 403
    assert shop.kitchen.get(f"/sessions/{sessions[0]}/pin").status_code == 403
    close(shop, sessions[-1])
    assert refusal(shop.staff.get(f"/sessions/{sessions[-1]}/pin")) == (409, "session-not-open")


def test_another_store_learns_nothing(shop: Shop, other_shop: Shop) -> None:
    floor = Floor(shop)
    guest: SignedIn = enter(shop, floor.table(7))
    session = guest.tokens["session_id"]

    for path in (f"/tables/{floor.table(7)}/qr-token", f"/sessions/{session}/pin"):
        assert other_shop.manager.get(path).status_code == 404
    assert other_shop.manager.post(f"/tables/{floor.table(7)}/qr-token").status_code == 404
