"""Calls go where their party goes: moves, merges, splits and what undoes them."""

from tests.support.calls import CallFloor, answer, listed, on_board, read
from tests.support.credentials import enter
from tests.support.invariants import broken
from tests.support.menu_building import ok
from tests.support.parties import act, link, merge, move, order, orders_of, split, told
from tests.support.shops import Shop


def test_a_move_takes_waiting_calls_along(shop: Shop) -> None:
    floor = CallFloor(shop)
    # Asked for before anybody opened the session; it is the party's too.
    early = floor.calls(floor.tablet(1), staff=1)
    session = floor.sit(1)
    waiting = floor.calls(floor.tablet(1), water=1)
    done = ok(answer(shop.staff, floor.calls(floor.tablet(1), water=2), "done"))
    before = shop.counters()[0]

    ok(move(floor, session["id"], 2))

    for call in (early, waiting):
        moved = read(shop, call)
        assert (moved["table"]["number"], moved["session_id"]) == (2, session["id"])
        assert (moved["status"], moved["created_at"]) == ("open", call["created_at"])
    assert read(shop, done) == done
    there = str(floor.table(2)), session["id"]
    assert told(shop, before)[-2:] == [("service_request.updated", *there)] * 2
    assert on_board(shop, floor.table(1)) == []
    assert [one["id"] for one in on_board(shop, floor.table(2))] == [early["id"], waiting["id"]]
    assert listed(floor.tablet(1)) == []
    assert floor.calls(floor.tablet(1), staff=1)["session_id"] is None
    again = floor.tablet(2).post("/service-requests", json=floor.body(water=1))
    assert (again.status_code, again.json()["id"]) == (200, waiting["id"])
    assert broken(shop) == {}


def test_a_call_comes_from_the_linked_table_and_is_the_partys(shop: Shop) -> None:
    floor = CallFloor(shop)
    early = floor.calls(floor.tablet(2), staff=1)
    session = floor.sit(1)

    ok(link(floor, session["id"], 2, 3))

    # A waiter goes to the table that called, whoever of the party sits there.
    there = floor.calls(floor.tablet(3), water=1)
    assert (there["table"]["number"], there["session_id"]) == (3, session["id"])
    assert (read(shop, early)["table"]["number"], read(shop, early)["session_id"]) == (
        2,
        session["id"],
    )
    assert [one["id"] for one in on_board(shop, floor.table(3))] == [there["id"]]
    again = floor.tablet(1).post("/service-requests", json=floor.body(water=1))
    assert (again.status_code, again.json()["id"]) == (200, there["id"])
    assert sorted(listed(floor.tablet(1))) == sorted([early["id"], there["id"]])
    assert broken(shop) == {}

    ok(link(floor, session["id"], 2))

    assert read(shop, there)["table"]["number"] == 1
    assert read(shop, early)["table"]["number"] == 2
    assert listed(floor.tablet(3)) == []
    assert broken(shop) == {}

    ok(act(shop, session["id"], "close"))

    assert {read(shop, call)["status"] for call in (early, there)} == {"cancelled"}
    assert broken(shop) == {}


def test_a_merge_brings_them_together_and_undoing_it_apart(shop: Shop) -> None:
    floor = CallFloor(shop)
    one, two = floor.sit(1), floor.sit(2)
    guest = enter(shop, floor.table(1))
    mine, theirs = floor.calls(floor.tablet(1), water=1), floor.calls(floor.tablet(2), water=1)
    other = floor.calls(floor.tablet(1), cutlery=2)

    ok(merge(shop, one["id"], two["id"]))

    # Two tables asked for water: neither call is lost.
    waiting = {call["id"] for call in on_board(shop, floor.table(2))}
    assert waiting == {mine["id"], theirs["id"], other["id"]}
    assert read(shop, mine)["session_id"] == two["id"]
    assert sorted(listed(guest.refresh().http)) == sorted(waiting)
    again = floor.tablet(2).post("/service-requests", json=floor.body(cutlery=2))
    assert (again.status_code, again.json()["id"]) == (200, other["id"])
    late = floor.calls(floor.tablet(2), staff=1)
    assert broken(shop) == {}
    ok(answer(shop.staff, other, "done"))

    ok(act(shop, one["id"], "unmerge"))

    assert [call["id"] for call in on_board(shop, floor.table(1))] == [mine["id"]]
    assert [call["id"] for call in on_board(shop, floor.table(2))] == [theirs["id"], late["id"]]
    assert (read(shop, mine)["session_id"], read(shop, mine)["table"]["number"]) == (one["id"], 1)
    assert read(shop, other)["session_id"] == two["id"]
    assert broken(shop) == {}


def test_a_merge_upon_a_merge_remembers_the_first_origin(shop: Shop) -> None:
    floor = CallFloor(shop)
    one, two, three = floor.sit(1), floor.sit(2), floor.sit(3)
    call = floor.calls(floor.tablet(1), water=1)
    ok(merge(shop, one["id"], two["id"]))
    ok(merge(shop, two["id"], three["id"]))
    ok(act(shop, two["id"], "unmerge"))
    assert read(shop, call)["session_id"] == two["id"]
    ok(act(shop, one["id"], "unmerge"))
    assert read(shop, call)["session_id"] == one["id"]
    assert broken(shop) == {}


def test_after_a_split_the_calls_stay_where_they_were_made(shop: Shop) -> None:
    floor = CallFloor(shop)
    session = floor.sit(1)
    order(floor, session["id"], 2)
    call = floor.calls(floor.tablet(1), water=1)
    [placed] = orders_of(shop, session["id"])
    ok(split(floor, session["id"], [(placed["lines"][0], 1)], 2), 201)
    assert (read(shop, call)["session_id"], read(shop, call)["version"]) == (session["id"], 1)
    assert listed(floor.tablet(2)) == []


def test_a_refused_move_leaves_the_calls(shop: Shop) -> None:
    floor = CallFloor(shop)
    session = floor.sit(1)
    floor.sit(2)
    call = read(shop, floor.calls(floor.tablet(1), water=1))
    assert move(floor, session["id"], 2).status_code == 409
    assert read(shop, call) == call


def test_reopening_a_visit_brings_no_call_back(shop: Shop) -> None:
    floor = CallFloor(shop)
    session = floor.sit(1)
    call = floor.calls(floor.tablet(1), water=1)
    ok(act(shop, session["id"], "close"))
    ok(act(shop, session["id"], "reopen"))
    assert read(shop, call)["status"] == "cancelled"
    floor.calls(floor.tablet(1), water=1)
    assert broken(shop) == {}
