"""Who sees a call: the staff, the party, and nobody else."""

import httpx

from tests.support.calls import (
    CallFloor,
    answer,
    listed,
    on_board,
    read,
    rows,
)
from tests.support.credentials import enter
from tests.support.invariants import broken
from tests.support.menu_building import ok
from tests.support.parties import act, link
from tests.support.shops import Shop
from tests.support.streams import listening

PATH = "/service-requests"


def said(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_staff_and_the_party_hear_of_it_and_nobody_else(shop: Shop) -> None:
    floor = CallFloor(shop)
    floor.sit(1)
    floor.sit(2)
    mine, theirs = enter(shop, floor.table(1)).http, enter(shop, floor.table(2)).http
    head = str(shop.counters()[0])
    call = floor.calls(floor.tablet(1), water=1)
    ok(answer(shop.staff, call, "acknowledged"))
    other = floor.calls(floor.tablet(2), water=1)

    expected = {
        shop.staff: [call["id"], call["id"], other["id"]],
        floor.tablet(1): [call["id"], call["id"]],
        mine: [call["id"], call["id"]],
        floor.tablet(2): [other["id"]],
        theirs: [other["id"]],
    }
    for client, ids in expected.items():
        with listening(client, head) as heard:
            events = [heard.get(timeout=5) for _ in ids]
        assert [event[2]["data"]["id"] for event in events if event] == ids


def test_a_party_sees_its_own_calls_only(shop: Shop) -> None:
    floor = CallFloor(shop)
    floor.sit(1)
    floor.sit(2)
    one, two = floor.calls(floor.tablet(1), water=1), floor.calls(floor.tablet(2), water=1)
    guest = enter(shop, floor.table(2)).http
    before = rows(shop)
    for client in (floor.tablet(2), guest):
        assert listed(client) == [two["id"]]
        assert listed(client, session_id=one["session_id"]) == []
        assert client.get(f"{PATH}/{one['id']}").status_code == 404
        assert answer(client, one, "cancelled").status_code == 404
    assert rows(shop) == before
    assert listed(shop.staff) == [two["id"], one["id"]]


def test_the_next_party_sees_nothing_of_the_last_one(shop: Shop) -> None:
    floor = CallFloor(shop)
    tablet = floor.tablet(7)
    free = floor.calls(tablet, water=1, note="자리 정리 부탁드려요")
    session = floor.sit(7)
    guest = enter(shop, floor.table(7))
    waiting = floor.calls(tablet, cutlery=1)
    taken = floor.calls(tablet, water=2)
    ok(answer(shop.staff, taken, "acknowledged"))
    done = ok(answer(shop.staff, floor.calls(tablet, water=3), "done"))
    before = shop.counters()[0]

    ok(shop.staff.post(f"/sessions/{session['id']}/close", json={}))

    for call in (free, waiting, taken):
        ended = read(shop, call)
        assert (ended["status"], ended["session_id"]) == ("cancelled", session["id"])
        assert ended["cancelled_by"]["kind"] == "staff"
    assert read(shop, done) == done
    assert [kind for kind, _ in shop.events(before)] == [
        "session.closed",
        *["service_request.updated"] * 3,
    ]
    assert on_board(shop, floor.table(7)) == []
    assert said(guest.http.get(PATH)) == (410, "session-closed")
    assert said(guest.http.post(PATH, json=floor.body(water=1))) == (410, "session-closed")
    floor.sit(7)
    assert listed(tablet) == []
    assert [tablet.get(f"{PATH}/{one['id']}").status_code for one in (free, done)] == [404, 404]
    # Another party: neither doubled nor made to wait.
    floor.calls(tablet, water=1)
    assert broken(shop) == {}


def test_what_a_free_table_asked_for_once_is_not_listed_later(shop: Shop) -> None:
    floor = CallFloor(shop)
    tablet = floor.tablet(7)
    call = floor.calls(tablet, water=1)
    ok(answer(shop.staff, call, "done"))
    assert listed(tablet) == []
    assert ok(tablet.get(f"{PATH}/{call['id']}"))["status"] == "done"


def test_a_party_has_what_its_tables_waited_for_before_it_came(shop: Shop) -> None:
    floor = CallFloor(shop)
    before = [floor.calls(floor.tablet(number), water=1) for number in (1, 2, 3)]
    answered = floor.calls(floor.tablet(1), cutlery=1)
    ok(answer(shop.staff, answered, "done"))
    session = floor.sit(1)
    ok(link(floor, session["id"], 2))
    own = floor.calls(floor.tablet(1), water=2)

    mine = [own["id"], before[1]["id"], before[0]["id"]]
    assert listed(shop.staff, session_id=session["id"]) == mine
    assert listed(shop.staff, session_id=session["id"], status="open") == mine
    assert listed(shop.staff, session_id=session["id"], table_id=str(floor.table(2))) == mine[1:2]
    assert listed(floor.tablet(1), session_id=session["id"]) == mine
    ok(act(shop, session["id"], "close"))
    # What waited was cancelled as the party's own.
    assert listed(shop.staff, session_id=session["id"]) == mine


def test_the_list_is_filtered_and_paged(shop: Shop) -> None:
    floor = CallFloor(shop)
    session = floor.sit(1)
    calls = [floor.calls(floor.tablet(1), water=n) for n in (1, 2, 3)]
    other = floor.calls(floor.tablet(2), water=1)
    ok(answer(shop.staff, calls[0], "done"))
    ok(answer(shop.staff, calls[1], "acknowledged"))
    ids = [call["id"] for call in calls]

    assert listed(shop.staff, status="open") == [other["id"], ids[2]]
    assert listed(shop.staff, status="open,acknowledged", table_id=str(floor.table(1))) == [
        ids[2],
        ids[1],
    ]
    assert listed(shop.staff, status="done,acknowledged") == [ids[1], ids[0]]
    assert listed(shop.staff, session_id=session["id"]) == ids[::-1]
    since = {"from": calls[1]["created_at"]}
    assert listed(shop.staff, **since) == [other["id"], ids[2], ids[1]]
    assert listed(shop.staff, **since, to=other["created_at"]) == [ids[2], ids[1]]
    seen, cursor = [], None
    while True:
        page = ok(
            shop.staff.get(PATH, params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
        )
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [other["id"], *ids[::-1]]
    assert shop.staff.get(PATH, params={"status": "waiting"}).status_code == 422


def test_the_board_shows_who_waits_for_what(shop: Shop) -> None:
    floor = CallFloor(shop)
    table = floor.table(7)
    assert on_board(shop, table) == []
    first = floor.calls(floor.tablet(7), water=2, cutlery=1, note="얼음")

    [shown] = on_board(shop, table)
    assert (shown["id"], shown["status"], shown["note"]) == (first["id"], "open", "얼음")
    assert shown["created_at"] == first["created_at"]
    assert [(one["name"], one["names"]["en"], one["quantity"]) for one in shown["items"]] == [
        ("물", "Water", 2),
        ("수저", "Cutlery", 1),
    ]
    second = floor.calls(floor.tablet(7), water=1)
    ok(answer(shop.staff, first, "acknowledged"))
    waiting = on_board(shop, table)
    assert [(one["id"], one["status"]) for one in waiting] == [
        (first["id"], "acknowledged"),
        (second["id"], "open"),
    ]
    assert waiting[0]["acknowledged_by"]["name"] == "staff"
    board = ok(shop.staff.get("/tables/board"))
    assert board["event_seq"] == shop.counters()[0]
    ok(answer(shop.staff, first, "done"))
    ok(answer(shop.staff, second, "cancelled"))
    assert on_board(shop, table) == []


def test_a_free_tables_call_is_not_another_free_tables(shop: Shop) -> None:
    floor = CallFloor(shop)
    call, other = floor.calls(floor.tablet(1), water=1), floor.tablet(2)
    before = rows(shop)

    assert other.get(f"{PATH}/{call['id']}").status_code == 404
    assert answer(other, call, "cancelled").status_code == 404

    assert rows(shop) == before
    ok(answer(floor.tablet(1), call, "cancelled"))
