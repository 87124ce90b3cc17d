"""Calls from tables: asked once, for what there is, by whom may, and not without end."""

from uuid import UUID, uuid4

import httpx
import pytest
from psycopg.errors import UniqueViolation

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


def test_calls_go_on_while_ordering_is_paused(shop: Shop) -> None:
    floor = CallFloor(shop)
    shop.set(ordering_paused=True)
    floor.calls(floor.tablet(7), staff=1)


def test_a_table_stays_while_somebody_there_waits(shop: Shop) -> None:
    floor = CallFloor(shop)
    path = f"/tables/{floor.table(7)}"
    call = floor.calls(floor.tablet(7), water=1)
    before = (shop.counters(), ok(shop.manager.get(path)))
    assert said(shop.manager.delete(path)) == (409, "in-use")
    assert (shop.counters(), ok(shop.manager.get(path))) == before
    ok(answer(shop.staff, call, "done"))
    assert shop.manager.delete(path).status_code == 204


def test_nobody_calls_from_a_table_that_is_gone(shop: Shop) -> None:
    floor = CallFloor(shop)
    table: UUID = floor.table(7)
    assert shop.manager.delete(f"/tables/{table}").status_code == 204
    assert said(floor.tablet(7).post(PATH, json=floor.body(water=1))) == (404, "not-found")
    assert rows(shop) == []


def test_the_database_itself_keeps_two_equal_ones_from_waiting(shop: Shop) -> None:
    floor = CallFloor(shop)
    call = floor.calls(floor.tablet(7), water=1)
    columns = [
        row[0]
        for row in shop.rows(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'service_requests' AND column_name <> 'id'"
        )
    ]
    names = ", ".join(columns)
    twin = (
        f"INSERT INTO service_requests (id, {names}) SELECT gen_random_uuid(), {names}"
        " FROM service_requests WHERE store_id = %(store)s RETURNING id"
    )
    with pytest.raises(UniqueViolation, match="uq_service_requests_waiting"):
        shop.rows(twin)
    ok(answer(shop.staff, call, "done"))
    assert len(shop.rows(twin)) == 1
