"""What a party's tablets and phones are told of it: no more than they could read."""

from queue import Queue
from typing import Any

import httpx
import pytest

from tests.support.calls import CallFloor, answer, read
from tests.support.credentials import enter
from tests.support.floor import Floor
from tests.support.menu_building import ok
from tests.support.parties import act, merge, orders_of, seat
from tests.support.shops import Json, Shop
from tests.support.streams import Event, listening


def told_until_the_end(heard: "Queue[Event | None]") -> list[Event]:
    """All that a stream still tells until it ends."""
    return list(iter(lambda: heard.get(timeout=8), None))


def told(client: httpx.Client, head: str, count: int) -> list[Json]:
    with listening(client, head) as heard:
        events: list[Any] = [heard.get(timeout=5) for _ in range(count)]
    return [event[2] for event in events]


def test_orders_are_told_as_guests_read_them(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1, 2)
    guest = enter(shop, floor.table(1)).http
    [order] = orders_of(shop, session["id"])
    head = str(shop.counters()[0])
    path = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/cancel"
    why = {"quantity": 1, "reason_code": "guest_request", "reason": "3번 손님이 또 바꾸심"}
    ok(shop.staff.post(path, json=why))

    for client in (guest, floor.tablet(1)):
        [event] = told(client, head, 1)
        assert event["data"] == ok(client.get(f"/orders/{order['id']}"))
        assert event["actor"] == {"kind": "staff", "id": None, "name": "staff"}
    [event] = told(shop.staff, head, 1)
    assert event["actor"]["id"] is not None
    assert event["data"]["lines"][0]["cancellations"][0]["reason"] == why["reason"]


def test_calls_are_told_as_guests_read_them(shop: Shop) -> None:
    floor = CallFloor(shop)
    floor.sit(1)
    guest = enter(shop, floor.table(1)).http
    call = floor.calls(floor.tablet(1), water=1)
    head = str(shop.counters()[0])
    ok(answer(shop.staff, call, "done"))

    [event] = told(guest, head, 1)
    assert event["data"] == ok(guest.get(f"/service-requests/{call['id']}"))
    assert event["data"]["done_by"] == {"kind": "staff", "id": None, "name": "staff"}
    assert event["data"]["requested_by"]["kind"] == "tablet"
    assert read(shop, call)["done_by"]["id"] is not None


def test_what_staff_note_of_a_party_is_theirs(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)
    guest, tablet = enter(shop, floor.table(1)).http, floor.tablet(1)
    head = str(shop.counters()[0])
    ok(shop.staff.patch(f"/sessions/{session['id']}", json={"note": "VIP, 까다로우심"}))

    for client in (guest, tablet):
        shown = ok(client.get("/session"))
        [event] = told(client, head, 1)
        assert event["data"] == shown
        assert shown["note"] is None
    assert ok(shop.staff.get(f"/sessions/{session['id']}"))["note"] == "VIP, 까다로우심"
    [event] = told(shop.staff, head, 1)
    assert event["data"]["note"] == "VIP, 까다로우심"


def test_the_note_of_a_call_is_shown_where_it_was_written(shop: Shop) -> None:
    floor = CallFloor(shop)
    floor.sit(1)
    guest, tablet = enter(shop, floor.table(1)).http, floor.tablet(1)
    head = str(shop.counters()[0])
    by_staff = floor.body(note="술 그만 드리기", water=1) | {"table_id": str(floor.table(1))}
    theirs = ok(shop.staff.post("/service-requests", json=by_staff), 201)
    own = floor.calls(tablet, note="얼음 빼고", cutlery=1)

    for client in (guest, tablet):
        events = told(client, head, 2)
        shown = [ok(client.get(f"/service-requests/{one['id']}")) for one in (theirs, own)]
        assert [event["data"] for event in events] == shown
        assert [one["note"] for one in shown] == [None, "얼음 빼고"]
    assert [event["data"]["note"] for event in told(shop.staff, head, 2)] == [
        "술 그만 드리기",
        "얼음 빼고",
    ]


@pytest.mark.parametrize("forced", [False, True])
def test_a_guest_is_told_that_the_visit_has_ended_and_nothing_after_that(
    shop: Shop, forced: bool
) -> None:
    floor = Floor(shop)
    session = seat(floor, 1, *([2] if forced else []))
    with listening(enter(shop, floor.table(1)).http) as heard:
        body = {"force": True, "reason": "손님이 떠남"} if forced else {}
        ok(shop.manager.post(f"/sessions/{session['id']}/close", json=body))
        ok(act(shop, session["id"], "reopen"))
        events = told_until_the_end(heard)

    assert [type_ for _, type_, _ in events] == ["order.cancelled"] * forced + ["session.closed"]
    assert events[-1][2]["data"]["status"] == "closed"


def test_the_guests_of_a_merged_party_are_told_where_it_went(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1), seat(floor, 2)
    guest, other = enter(shop, floor.table(1)).http, enter(shop, floor.table(2)).http
    with listening(guest) as heard, listening(other) as heard_there:
        ok(merge(shop, one["id"], two["id"]))
        [(_, type_, event)] = told_until_the_end(heard)
        stays = heard_there.get(timeout=5)

    assert (type_, event["data"]["merged_into_id"]) == ("session.closed", two["id"])
    assert stays is not None
    assert stays[1] == "session.updated"


def test_guests_who_go_apart_again_are_told_before_their_stream_ends(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1), seat(floor, 2)
    guest = enter(shop, floor.table(1))
    ok(merge(shop, one["id"], two["id"]))
    with listening(guest.refresh().http) as heard:
        ok(act(shop, one["id"], "unmerge"))
        [(_, type_, event)] = told_until_the_end(heard)

    assert (type_, event["data"]["id"]) == ("session.updated", two["id"])
