"""Calls from tables: asked once, answered by whom and when, seen by whom they concern."""

from uuid import UUID, uuid4

import httpx
import pytest

from app.core.metrics import exposition
from app.core.security.permissions import Role
from tests.support.calls import (
    STAFF,
    WATER,
    CallFloor,
    answer,
    listed,
    on_board,
    put_types,
    read,
    rows,
)
from tests.support.credentials import enter
from tests.support.floor import created
from tests.support.invariants import broken
from tests.support.menu_building import if_match, ok
from tests.support.parties import told
from tests.support.shops import Json, Shop
from tests.support.streams import listening

PATH = "/service-requests"


def said(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_a_call_is_told_to_the_staff_and_to_its_table(shop: Shop) -> None:
    floor = CallFloor(shop)
    session = floor.sit(7)
    before = shop.counters()[0]

    sent = floor.tablet(7).post(PATH, json=floor.body(water=2, cutlery=4, note="천천히요"))

    call = ok(sent, 201)
    assert sent.headers["ETag"] == '"1"'
    assert (call["status"], call["session_id"], call["channel"]) == (
        "open",
        session["id"],
        "tablet",
    )
    assert call["table"] == {"id": str(floor.table(7)), "number": 7}
    assert [(one["name"], one["names"], one["quantity"]) for one in call["items"]] == [
        ("물", None, 2),
        ("수저", None, 4),
    ]
    seen = read(shop, call)
    assert [one["names"]["en"] for one in seen["items"]] == ["Water", "Cutlery"]
    assert told(shop, before) == [("service_request.created", str(floor.table(7)), session["id"])]
    [(_, data)] = shop.events(before)
    assert data == seen
    assert broken(shop) == {}


def test_guests_read_in_their_language(shop: Shop) -> None:
    floor = CallFloor(shop)
    floor.sit(7)
    guest = enter(shop, floor.table(7)).http
    guest.headers["Accept-Language"] = "en-GB"

    call = floor.calls(guest, water=1)

    assert (call["items"][0]["name"], call["channel"]) == ("Water", "guest")


@pytest.mark.parametrize("status", ["open", "acknowledged"])
def test_an_equal_call_that_waits_is_returned(shop: Shop, status: str) -> None:
    floor = CallFloor(shop)
    floor.sit(7)
    guest = enter(shop, floor.table(7)).http
    first = floor.calls(floor.tablet(7), water=2, cutlery=1)
    if status == "acknowledged":
        ok(answer(shop.staff, first, status))
    before = (shop.counters(), rows(shop))

    again = guest.post(PATH, json=floor.body(cutlery=1, water=2))

    assert ok(again)["id"] == first["id"]
    assert again.headers["ETag"] == ('"1"' if status == "open" else '"2"')
    assert (shop.counters(), rows(shop)) == before
    for different in (
        floor.body(water=2),
        floor.body(water=1, cutlery=1),
        floor.body(water=2, cutlery=1, note="얼음"),
    ):
        assert ok(guest.post(PATH, json=different), 201)["id"] != first["id"]


@pytest.mark.parametrize("end", ["done", "cancelled"])
def test_what_was_answered_can_be_asked_for_again(shop: Shop, end: str) -> None:
    floor = CallFloor(shop)
    first = floor.calls(floor.tablet(7), water=1)
    ok(answer(shop.staff, first, end))
    assert floor.calls(floor.tablet(7), water=1)["id"] != first["id"]


def test_equal_calls_of_two_tables_are_two(shop: Shop) -> None:
    floor = CallFloor(shop)
    floor.sit(1)
    one, two = floor.calls(floor.tablet(1), water=1), floor.calls(floor.tablet(2), water=1)
    assert one["id"] != two["id"]
    assert on_board(shop, floor.table(1)) != on_board(shop, floor.table(2))


def test_a_key_gives_the_first_answer_again(shop: Shop) -> None:
    floor = CallFloor(shop)
    headers = {"Idempotency-Key": str(uuid4())}
    body = floor.body(water=1)
    first = floor.tablet(7).post(PATH, json=body, headers=headers)
    ok(answer(shop.staff, first.json(), "done"))

    again = floor.tablet(7).post(PATH, json=body, headers=headers)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = floor.tablet(7).post(PATH, json=floor.body(water=2), headers=headers)
    assert said(other) == (422, "idempotency-key-reused")
    assert len(rows(shop)) == 1


def test_a_call_from_a_free_table_opens_no_session(shop: Shop) -> None:
    floor = CallFloor(shop)
    tablet = floor.tablet(7)

    call = floor.calls(tablet, staff=1)

    assert call["session_id"] is None
    assert shop.rows("SELECT id FROM table_sessions WHERE store_id = %(store)s") == []
    assert [one["id"] for one in on_board(shop, floor.table(7))] == [call["id"]]
    assert listed(tablet) == [call["id"]]
    # Somebody sits down: it is still theirs, and asked for once.
    floor.sit(7)
    again = tablet.post(PATH, json=floor.body(staff=1))
    assert (again.status_code, again.json()["id"]) == (200, call["id"])
    assert ok(tablet.get(f"{PATH}/{call['id']}"))["status"] == "open"


def test_staff_and_a_pos_call_for_a_table(shop: Shop) -> None:
    floor = CallFloor(shop)
    floor.sit(7)
    key = {"name": "POS", "scopes": ["orders:read", "orders:write"]}
    made = created(shop.client(Role.OWNER), "/api-keys", key)
    pos = shop.connect(f"Bearer {made['key']}")
    body = floor.body(water=1) | {"table_id": str(floor.table(7))}

    for client, channel in ((shop.staff, "staff"), (pos, "pos")):
        call = ok(client.post(PATH, json=body | {"note": channel}), 201)
        assert (call["channel"], call["items"][0]["names"]["en"]) == (channel, "Water")
        assert ok(answer(client, call, "done"))["done_by"]["kind"] != "tablet"
    before = rows(shop)
    unnamed = shop.staff.post(PATH, json=floor.body(water=1))
    assert said(unnamed) == (422, "invalid-request")
    assert unnamed.json()["errors"][0]["pointer"] == "/table_id"
    unknown = shop.staff.post(PATH, json=body | {"table_id": str(uuid4())})
    assert said(unknown) == (404, "not-found")
    mine = floor.tablet(7).post(PATH, json=body)
    assert said(mine) == (422, "invalid-request")
    assert rows(shop) == before


@pytest.mark.parametrize(
    ("items", "expected", "pointer"),
    [
        ([{"type_id": "water", "quantity": 6}], (422, "quantity-invalid"), "/items/0/quantity"),
        ([{"type_id": "water", "quantity": 0}], (422, "invalid-request"), "/items/0/quantity"),
        ([{"type_id": "water"}, {"type_id": "water"}], (422, "invalid-request"), ""),
        ([], (422, "invalid-request"), "/items"),
        (
            [{"type_id": "water"}, {"type_id": "unknown"}],
            (409, "service-request-type-unavailable"),
            "/items/1/type_id",
        ),
        (
            [{"type_id": "archived"}],
            (409, "service-request-type-unavailable"),
            "/items/0/type_id",
        ),
        (
            [{"type_id": "inactive"}],
            (409, "service-request-type-unavailable"),
            "/items/0/type_id",
        ),
    ],
)
def test_what_can_not_be_asked_for(
    shop: Shop, items: list[Json], expected: tuple[int, str], pointer: str
) -> None:
    floor = CallFloor(shop)
    water = WATER | {"id": floor.types["water"]}
    off = STAFF | {"id": floor.types["staff"], "active": False}
    put_types(shop, [water, off])
    ids = floor.types | {"unknown": str(uuid4())}
    ids |= {"archived": ids["cutlery"], "inactive": ids["staff"]}
    body = {"items": [one | {"type_id": ids[one["type_id"]]} for one in items]}
    tablet, before = floor.tablet(7), shop.counters()

    refused = tablet.post(PATH, json=body)

    assert said(refused) == expected
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert (rows(shop), shop.counters()) == ([], before)


def test_guests_wait_before_they_ask_for_it_again(shop: Shop) -> None:
    floor = CallFloor(shop)
    floor.sit(7)
    tablet = floor.tablet(7)
    first = floor.calls(tablet, staff=1)
    ok(answer(shop.staff, first, "done"))
    before = rows(shop)

    refused = tablet.post(PATH, json=floor.body(staff=1))

    assert said(refused) == (429, "cooling-down")
    assert 0 < refused.json()["retry_after"] <= 60
    assert refused.headers["Retry-After"] == str(refused.json()["retry_after"])
    assert rows(shop) == before
    # Neither what has no such time, nor another table, nor the staff themselves wait.
    floor.calls(tablet, water=1)
    floor.calls(floor.tablet(8), staff=1)
    ok(shop.staff.post(PATH, json=floor.body(staff=1) | {"table_id": str(floor.table(7))}), 201)


def test_the_wait_is_over_after_its_time_or_a_cancel(shop: Shop) -> None:
    floor = CallFloor(shop)
    tablet = floor.tablet(7)
    ok(answer(tablet, floor.calls(tablet, staff=1), "cancelled"))
    second = floor.calls(tablet, staff=1)
    ok(answer(shop.staff, second, "done"))
    assert tablet.post(PATH, json=floor.body(staff=1)).status_code == 429
    shop.rows(
        "UPDATE service_requests SET created_at = created_at - interval '61 seconds'"
        " WHERE store_id = %(store)s RETURNING id"
    )
    floor.calls(tablet, staff=1)


def test_a_table_has_so_many_waiting_calls_and_no_more(shop: Shop) -> None:
    floor = CallFloor(shop)
    version = ok(shop.client(Role.OWNER).get("/store"))["version"]
    patch = {"max_open_service_requests": 2}
    owner = shop.client(Role.OWNER)
    ok(owner.patch("/store", json=patch, headers=if_match(version)))
    tablet = floor.tablet(7)
    first = floor.calls(tablet, water=1)
    floor.calls(tablet, water=2)
    before = rows(shop)

    refused = tablet.post(PATH, json=floor.body(water=3))

    assert said(refused) == (409, "too-many-service-requests")
    assert refused.json()["limit"] == 2
    assert rows(shop) == before
    assert ok(tablet.post(PATH, json=floor.body(water=1)))["id"] == first["id"]
    floor.calls(floor.tablet(8), water=1)
    ok(answer(shop.staff, first, "done"))
    floor.calls(tablet, water=3)


def test_a_call_is_acknowledged_and_done_by_whom_and_when(shop: Shop) -> None:
    floor = CallFloor(shop)
    call = floor.calls(floor.tablet(7), water=1)
    before = shop.counters()[0]

    taken = ok(answer(shop.staff, call, "acknowledged"))
    done = ok(answer(shop.manager, call, "done"))

    assert (taken["status"], taken["acknowledged_by"]["name"]) == ("acknowledged", "staff")
    assert (taken["done_at"], taken["seconds_to_done"]) == (None, None)
    assert done["acknowledged_by"] == taken["acknowledged_by"]
    assert (done["status"], done["done_by"]["name"], done["version"]) == ("done", "manager", 3)
    assert call["created_at"] < taken["acknowledged_at"] < done["done_at"]
    assert 0 <= taken["seconds_to_acknowledge"] <= done["seconds_to_done"]
    assert [data for _, data in shop.events(before)] == [taken, done]
    assert on_board(shop, floor.table(7)) == []
    assert broken(shop) == {}


def test_who_does_it_at_once_has_acknowledged_it(shop: Shop) -> None:
    floor = CallFloor(shop)
    done = ok(answer(shop.staff, floor.calls(floor.tablet(7), water=1), "done"))
    assert done["acknowledged_at"] == done["done_at"]
    assert done["acknowledged_by"] == done["done_by"]


STEPS = {
    "open": ("acknowledged", "done", "cancelled"),
    "acknowledged": ("done", "cancelled"),
    "done": (),
    "cancelled": (),
}


@pytest.mark.parametrize("target", ["acknowledged", "done", "cancelled"])
@pytest.mark.parametrize("current", STEPS)
def test_every_step(shop: Shop, current: str, target: str) -> None:
    floor = CallFloor(shop)
    call = floor.calls(floor.tablet(7), water=1)
    if current != "open":
        call = ok(answer(shop.staff, call, current))
    before = (shop.counters(), rows(shop))

    answered = answer(shop.manager, call, target)

    if target == current:
        assert ok(answered) == read(shop, call) == call
        assert (shop.counters(), rows(shop)) == before
    elif target in STEPS[current]:
        assert ok(answered)["status"] == target
    else:
        assert said(answered) == (409, "transition-invalid")
        assert answered.json()["allowed"] == list(STEPS[current])
        assert (shop.counters(), rows(shop)) == before


def test_an_answer_may_insist_on_the_version_that_was_read(shop: Shop) -> None:
    floor = CallFloor(shop)
    call = floor.calls(floor.tablet(7), water=1)
    path = f"{PATH}/{call['id']}"
    ok(shop.staff.patch(path, json={"status": "acknowledged"}, headers=if_match(1)))
    before = rows(shop)
    stale = shop.staff.patch(path, json={"status": "done"}, headers=if_match(1))
    assert said(stale) == (412, "version-mismatch")
    assert stale.headers["ETag"] == '"2"'
    assert rows(shop) == before


def test_guests_take_a_call_back_until_somebody_is_on_the_way(shop: Shop) -> None:
    floor = CallFloor(shop)
    floor.sit(7)
    tablet = floor.tablet(7)
    first, second = floor.calls(tablet, water=1), floor.calls(tablet, water=2)
    gone = ok(answer(tablet, first, "cancelled"))
    assert (gone["status"], gone["cancelled_by"]["kind"]) == ("cancelled", "tablet")
    assert ok(answer(tablet, first, "cancelled")) == gone
    before = rows(shop)
    for status in ("acknowledged", "done"):
        assert said(answer(tablet, second, status)) == (403, "permission-denied")
    assert rows(shop) == before
    ok(answer(shop.staff, second, "acknowledged"))
    late = answer(tablet, second, "cancelled")
    assert (said(late), late.json()["allowed"]) == ((409, "transition-invalid"), [])
    assert read(shop, second)["status"] == "acknowledged"


def test_the_kitchen_and_screens_watch(shop: Shop) -> None:
    floor = CallFloor(shop)
    call = floor.calls(floor.tablet(7), water=1)
    assert listed(shop.kitchen) == [call["id"]]
    before = rows(shop)
    body = floor.body(water=2) | {"table_id": str(floor.table(7))}
    assert shop.kitchen.post(PATH, json=body).status_code == 403
    assert answer(shop.kitchen, call, "done").status_code == 403
    assert answer(shop.kitchen, call, "cancelled").status_code == 403
    assert rows(shop) == before


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


def test_calls_go_on_while_ordering_is_paused(shop: Shop) -> None:
    floor = CallFloor(shop)
    shop.set(ordering_paused=True)
    floor.calls(floor.tablet(7), staff=1)


def test_nobody_calls_from_a_table_that_is_gone(shop: Shop) -> None:
    floor = CallFloor(shop)
    table: UUID = floor.table(7)
    assert shop.manager.delete(f"/tables/{table}").status_code == 204
    assert said(floor.tablet(7).post(PATH, json=floor.body(water=1))) == (404, "not-found")
    assert rows(shop) == []


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


def test_answer_times_are_counted_for_operators(shop: Shop) -> None:
    def count(step: str) -> float:
        line = f'service_request_answer_seconds_count{{step="{step}"}} '
        found = [one for one in exposition().decode().splitlines() if one.startswith(line)]
        return float(found[0].removeprefix(line)) if found else 0.0

    floor = CallFloor(shop)
    before = count("acknowledged"), count("done")
    first, second = floor.calls(floor.tablet(1), water=1), floor.calls(floor.tablet(1), water=2)
    ok(answer(shop.staff, first, "acknowledged"))
    ok(answer(shop.staff, first, "acknowledged"))
    ok(answer(shop.staff, first, "done"))
    ok(answer(shop.staff, second, "cancelled"))
    assert (count("acknowledged"), count("done")) == (before[0] + 1, before[1] + 1)
