"""One large party at several tables."""

from typing import Any
from uuid import uuid4

import pytest

from app.core.security.permissions import Role
from tests.support.credentials import enter
from tests.support.floor import Floor, order_body
from tests.support.invariants import broken
from tests.support.menu_building import ok
from tests.support.parties import act, audits, link, merge, move, order, orders_of, seat, told
from tests.support.shops import Json, Shop
from tests.support.streams import listening


def occupied(shop: Shop) -> dict[int, str]:
    """Which session each table has, by number: the same on the list, the board and by itself."""
    tables = ok(shop.staff.get("/tables"))["data"]
    board = {one["table"]["number"]: one for one in ok(shop.staff.get("/tables/board"))["tables"]}
    for table in tables:
        assert ok(shop.staff.get(f"/tables/{table['id']}")) == table
        assert board[table["number"]]["table"] == table
        sitting = shop.staff.get(f"/tables/{table['id']}/session")
        shown = sitting.json() if sitting.is_success else None
        assert board[table["number"]]["session"] == shown
        assert (shown and shown["id"]) == table["session_id"]
        assert table["state"] == ("occupied" if shown else "free")
    return {one["number"]: one["session_id"] for one in tables if one["session_id"]}


def place(floor: Floor, number: int, key: str = "") -> Json:
    """What the tablet of a table orders."""
    headers = {"Idempotency-Key": key or str(uuid4())}
    tablet = floor.tablet(number)
    return ok(tablet.post("/orders", json=order_body(floor.stew, 1), headers=headers), 201)


def test_a_linked_table_is_the_partys(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1, 1)
    two, three = str(floor.table(2)), str(floor.table(3))
    head = shop.counters()[0]

    linked = ok(link(floor, session["id"], 3, 2))

    assert linked["table"] == session["table"]
    assert linked["linked_tables"] == [{"id": two, "number": 2}, {"id": three, "number": 3}]
    assert linked["version"] == session["version"] + 1
    assert occupied(shop) == dict.fromkeys((1, 2, 3), session["id"])
    assert ok(floor.tablet(2).get("/session")) == linked
    assert told(shop, head) == [
        ("table.changed", two, None),
        ("table.changed", three, None),
        ("session.updated", session["table"]["id"], session["id"]),
    ]
    [(target, _, details)] = audits(shop, "session-tables-changed")
    assert target == session["id"]
    assert details == {"table": 1, "linked_before": [], "linked": [2, 3]}
    assert broken(shop) == {}


def test_the_same_tables_again_change_nothing(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)
    assert ok(link(floor, session["id"], 1)) == session
    linked = ok(link(floor, session["id"], 2))
    before = shop.counters()
    assert ok(link(floor, session["id"], 1, 2)) == linked
    assert (shop.counters(), len(audits(shop, "session-tables-changed"))) == (before, 1)


def test_what_a_linked_tables_tablet_orders_is_the_partys(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)["id"]
    ok(link(floor, session, 2))

    placed = place(floor, 2, "a-key")

    assert placed["session_id"] == session
    assert (placed["channel"], placed["table"]["number"]) == ("tablet", 1)
    tablet = floor.tablet(2)
    again = tablet.post(
        "/orders", json=order_body(floor.stew, 1), headers={"Idempotency-Key": "a-key"}
    )
    assert (again.status_code, again.json()) == (201, placed)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [one["id"] for one in ok(tablet.get("/orders"))["data"]] == [placed["id"]]
    assert ok(tablet.get(f"/orders/{placed['id']}"))["id"] == placed["id"]
    refused = tablet.post(
        "/orders", json=order_body(str(uuid4()), 1), headers={"Idempotency-Key": "b"}
    )
    assert refused.status_code == 409
    assert len(orders_of(shop, session)) == 1
    assert broken(shop) == {}


def test_who_scans_a_linked_tables_code_joins_the_party(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)["id"]
    ok(link(floor, session, 2))
    guest = enter(shop, floor.table(2))
    assert guest.tokens["session_id"] == session
    assert guest.me()["table_id"] == str(floor.table(1))


def test_a_linked_tables_tablet_hears_the_party_until_it_is_unlinked(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)["id"]
    other = seat(floor, 3)["id"]
    tablet = floor.tablet(2)
    heard_types: list[tuple[str, Any]] = []
    with listening(tablet) as heard:
        order(floor, session)
        ok(link(floor, session, 2))
        placed = order(floor, session)
        order(floor, other)
        ok(link(floor, session))
        order(floor, session)
        mine = place(floor, 2)
        while not heard_types or heard_types[-1][0] != "order.created" or len(heard_types) < 6:
            event = heard.get(timeout=3)
            assert event is not None
            data = event[2]["data"]
            heard_types.append((event[1], data.get("state") or data["id"]))
    assert heard_types == [
        ("table.changed", "occupied"),
        ("session.updated", session),
        ("order.created", placed["id"]),
        ("table.changed", "free"),
        ("session.opened", mine["session_id"]),
        ("order.created", mine["id"]),
    ]


def test_a_stream_that_begins_at_a_linked_table_is_told_what_it_missed(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)["id"]
    ok(link(floor, session, 2))
    head = shop.counters()[0]
    first = order(floor, session)
    with listening(floor.tablet(2), str(head)) as heard:
        second = order(floor, session)
        events = [heard.get(timeout=3) for _ in range(2)]
    assert [one and one[2]["data"]["id"] for one in events] == [first["id"], second["id"]]


def test_a_close_frees_all_tables_and_their_tablets_hear_it(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)["id"]
    ok(link(floor, session, 2, 3))
    head = shop.counters()[0]
    with listening(floor.tablet(2)) as heard:
        closed = ok(act(shop, session, "close"))
        events = [heard.get(timeout=3) for _ in range(2)]
    assert [one and one[1] for one in events] == ["session.closed", "table.changed"]
    assert closed["linked_tables"] == []
    assert [kind for kind, *_ in told(shop, head)] == ["session.closed", *["table.changed"] * 2]
    assert occupied(shop) == {}
    assert place(floor, 2)["session_id"] != session
    reopened = ok(act(shop, session, "reopen"))
    assert (reopened["status"], reopened["linked_tables"]) == ("open", [])
    assert broken(shop) == {}


def test_a_party_that_moves_keeps_its_linked_tables(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1, 1)["id"]
    ok(link(floor, session, 2))
    moved = ok(move(floor, session, 3))
    assert [one["number"] for one in moved["linked_tables"]] == [2]
    assert occupied(shop) == dict.fromkeys((2, 3), session)

    swapped = ok(move(floor, session, 2))

    assert (swapped["table"]["number"], swapped["linked_tables"]) == (2, [])
    assert occupied(shop) == {2: session}
    assert {one["table"]["number"] for one in orders_of(shop, session)} == {2}
    assert broken(shop) == {}


def test_a_merge_frees_the_tables_of_who_comes_and_keeps_the_others(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 3, 1)["id"]
    ok(link(floor, one, 2))
    ok(link(floor, two, 4))
    head = shop.counters()[0]

    ok(merge(shop, one, two))

    assert occupied(shop) == dict.fromkeys((3, 4), two)
    assert ("table.changed", str(floor.table(2)), None) in told(shop, head)
    apart = ok(act(shop, one, "unmerge"))
    assert (apart["table"]["number"], apart["linked_tables"]) == (1, [])
    assert occupied(shop) == {1: one, 3: two, 4: two}
    assert broken(shop) == {}


def test_a_linked_table_is_no_free_table(shop: Shop) -> None:
    floor = Floor(shop)
    party, other = seat(floor, 1, 2)["id"], seat(floor, 2, 1)["id"]
    gone, absorbed = seat(floor, 3)["id"], seat(floor, 4)["id"]
    ok(act(shop, gone, "close"))
    ok(merge(shop, absorbed, other))
    ok(link(floor, party, 3, 4))
    table = str(floor.table(3))
    [line] = orders_of(shop, other)[0]["lines"]
    portions = [{"line_id": line["id"], "quantity": 1}]
    before, state = shop.counters(), occupied(shop)

    answers = [
        act(shop, other, "move", table_id=table),
        act(shop, other, "split", table_id=table, lines=portions),
        act(shop, gone, "reopen"),
        act(shop, absorbed, "unmerge"),
        link(floor, other, 3),
        shop.manager.delete(f"/tables/{table}"),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (409, "table-occupied")
        assert answer.json()["session_id"] == party
    assert ok(shop.staff.post(f"/tables/{table}/sessions", json={}))["id"] == party
    assert (shop.counters(), occupied(shop)) == (before, state)
    assert broken(shop) == {}


def test_a_link_that_can_not_be_is_refused(shop: Shop, other_shop: Shop) -> None:
    floor = Floor(shop)
    session, other = seat(floor, 1), seat(floor, 2)
    closed = seat(floor, 3)["id"]
    ok(act(shop, closed, "close"))
    archived, free = floor.table(4), str(floor.table(5))
    assert shop.manager.delete(f"/tables/{archived}").status_code == 204
    before, state = shop.counters(), occupied(shop)
    path = f"/sessions/{session['id']}/tables"

    taken = link(floor, session["id"], 5, 2)
    assert (taken.status_code, taken.json()["code"]) == (409, "table-occupied")
    assert (taken.json()["session_id"], taken.json()["table_id"]) == (
        other["id"],
        str(floor.table(2)),
    )
    for id_ in (archived, Floor(other_shop).table(1), uuid4()):
        answer = shop.staff.put(path, json={"table_ids": [free, str(id_)]})
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/table_ids/1"]
    twice = shop.staff.put(path, json={"table_ids": [free, free]})
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (422, "/table_ids/1")
    gone = link(floor, closed, 5)
    assert (gone.status_code, gone.json()["code"]) == (409, "session-not-open")
    assert other_shop.staff.put(path, json={"table_ids": []}).status_code == 404
    stale = shop.staff.put(path, json={"table_ids": [free]}, headers={"If-Match": '"9"'})
    assert stale.status_code == 412

    assert (shop.counters(), occupied(shop)) == (before, state)
    assert audits(shop, "session-tables-changed") == []


@pytest.mark.parametrize("role", [Role.KITCHEN, None])
def test_tables_are_linked_by_staff(shop: Shop, role: Role | None) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)["id"]
    client = shop.client(role) if role else floor.tablet(1)
    body = {"table_ids": [str(floor.table(2))]}
    assert client.put(f"/sessions/{session}/tables", json=body).status_code == 403
    assert occupied(shop) == {1: session}


def test_the_first_orders_event_shows_the_session_as_it_is_read(shop: Shop) -> None:
    floor = Floor(shop)
    session = place(floor, 1)["session_id"]
    [opened] = [data for kind, data in shop.events() if kind == "session.opened"]
    assert opened == ok(shop.staff.get(f"/sessions/{session}"))


def test_sessions_are_found_by_each_of_their_tables(shop: Shop) -> None:
    floor = Floor(shop)
    past = seat(floor, 2)
    ok(act(shop, past["id"], "close"))
    party, alone = seat(floor, 1), seat(floor, 4)
    ok(link(floor, party["id"], 2, 3))

    def found(number: int, **query: str) -> list[str]:
        wanted = {"table_id": str(floor.table(number)), **query}
        return [one["id"] for one in ok(shop.staff.get("/sessions", params=wanted))["data"]]

    assert found(1) == found(3) == [party["id"]]
    assert found(2) == [party["id"], past["id"]]
    assert found(2, status="open") == [party["id"]]
    assert found(2, status="closed") == [past["id"]]
    assert found(4) == [alone["id"]]
    first = ok(shop.staff.get("/sessions", params={"table_id": str(floor.table(2)), "limit": 1}))
    assert found(2, cursor=first["next_cursor"]) == [past["id"]]
