"""Parties that change seats against all that can happen at their tables in the same instant."""

import pytest

from tests.support.credentials import SignedIn, enter, table_token
from tests.support.floor import Floor
from tests.support.invariants import broken
from tests.support.meanwhile import meanwhile
from tests.support.menu_building import ok
from tests.support.parties import orders_of, seat
from tests.support.party_races import (
    TURNS,
    acting,
    in_turns,
    merging,
    moving,
    ordering,
    said,
    splitting,
)
from tests.support.racing import sender
from tests.support.shops import Shop

REASON = {"reason_code": "guest_request"}


@pytest.mark.parametrize("turn", range(TURNS))
def test_two_parties_to_one_table(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 2, 1)["id"]

    answers = in_turns(turn, moving(floor, one, 3), moving(floor, two, 3))

    assert sorted(map(said, answers)) == [(200, None), (409, "table-occupied")]
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_one_party_to_two_tables(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 1, 1)["id"]

    answers = in_turns(turn, moving(floor, one, 2), moving(floor, one, 3))

    assert [answer.status_code for answer in answers] == [200, 200]
    last = max(answers, key=lambda answer: int(answer.json()["version"])).json()
    assert {order["table"]["id"] for order in orders_of(shop, one)} == {last["table"]["id"]}
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_move_against_the_first_order_at_its_table(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 1)["id"]

    moved, ordered = in_turns(turn, moving(floor, one, 2), ordering(floor, floor.tablet(2)))

    assert ordered.status_code == 201
    if moved.is_success:
        assert ordered.json()["session_id"] == one
    else:
        assert said(moved) == (409, "table-occupied")
        assert ordered.json()["session_id"] != one
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_move_against_orders_of_the_party(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1))
    one = guest.tokens["session_id"]
    guests = [ordering(floor, guest.http) for _ in range(2)]
    staff = [ordering(floor, shop.staff, session_id=one) for _ in range(2)]

    moved, *ordered = in_turns(turn, moving(floor, one, 2), *guests, *staff)

    assert moved.status_code == 200
    assert {answer.status_code for answer in ordered} == {201}
    assert len(orders_of(shop, one)) == 4
    assert broken(shop) == {}


def test_an_order_that_waited_for_the_move_goes_along(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    answer = meanwhile(
        shop,
        ordering(floor, shop.staff, session_id=one),
        "UPDATE table_sessions SET table_id = %(table)s WHERE id = %(session)s",
        session=one,
        table=floor.table(2),
    )
    assert said(answer) == (201, None)
    assert answer.json()["table"]["number"] == 2


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_move_against_the_close(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]

    moved, closed, again = in_turns(
        turn, moving(floor, one, 2), acting(shop, one, "close"), acting(shop, one, "close")
    )

    assert (closed.status_code, again.status_code) == (200, 200)
    assert closed.json() == again.json()
    assert said(moved) in [(200, None), (409, "session-not-open")]
    assert [kind for kind, _ in shop.events()].count("session.closed") == 1
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_close_against_an_order_while_the_party_moves(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]

    closed, ordered, moved = in_turns(
        turn,
        acting(shop, one, "close"),
        ordering(floor, shop.staff, session_id=one),
        moving(floor, one, 2),
    )

    if ordered.status_code == 201:
        assert said(closed) == (409, "close-blocked")
        assert moved.status_code == 200
    else:
        assert said(ordered) == (410, "session-closed")
        assert closed.status_code == 200
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_merge_against_orders_of_both(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 2, 1)["id"]

    merged, mine, theirs = in_turns(
        turn,
        merging(shop, one, two),
        ordering(floor, shop.staff, session_id=one),
        ordering(floor, shop.staff, session_id=two),
    )

    assert (merged.status_code, theirs.status_code) == (200, 201)
    assert said(mine) in [(201, None), (410, "session-closed")]
    assert len(orders_of(shop, two)) == 3 + int(mine.is_success)
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_merge_against_a_tablets_order(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 2)["id"]

    merged, ordered = in_turns(turn, merging(shop, one, two), ordering(floor, floor.tablet(1)))

    assert (merged.status_code, ordered.status_code) == (200, 201)
    # It came before the merge, or it is the first one of the table's next party.
    assert ordered.json()["session_id"] != two
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_two_sessions_into_each_other(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 2, 1)["id"]

    answers = in_turns(turn, merging(shop, one, two), merging(shop, two, one))

    assert sorted(map(said, answers)) == [(200, None), (409, "session-not-open")]
    winner = next(answer for answer in answers if answer.is_success).json()
    assert (winner["status"], len(orders_of(shop, winner["id"]))) == ("open", 2)
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_ring_of_merges(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two, three = (seat(floor, number, 1)["id"] for number in (1, 2, 3))

    in_turns(turn, merging(shop, one, two), merging(shop, two, three), merging(shop, three, one))

    assert ok(shop.staff.get("/sessions", params={"status": "open"}))["data"]
    total = sum(len(orders_of(shop, id_)) for id_ in (one, two, three))
    assert total == 3
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_merge_against_the_kitchen(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 2)["id"]
    [placed] = orders_of(shop, one)
    cook = sender(shop.kitchen, "PATCH", f"/orders/{placed['id']}", {"status": "preparing"})

    merged, cooked, closed = in_turns(
        turn, merging(shop, one, two), cook, acting(shop, two, "close")
    )

    if merged.is_success:
        assert said(closed) == (409, "close-blocked")
    else:
        assert (said(merged), closed.status_code) == ((409, "session-not-open"), 200)
    assert cooked.status_code == 200
    assert ok(shop.staff.get(f"/orders/{placed['id']}"))["status"] == "preparing"
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_guest_who_comes_while_the_tables_merge(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    table = floor.table(1)
    first, two = enter(shop, table), seat(floor, 2)["id"]
    one = first.tokens["session_id"]
    come = sender(shop.staff, "POST", "/auth/guest", {"table_token": table_token(shop, table)})
    refresh = sender(
        shop.staff, "POST", "/auth/refresh", {"refresh_token": first.tokens["refresh_token"]}
    )

    merged, came, refreshed = in_turns(turn, merging(shop, one, two), come, refresh)

    assert {merged.status_code, came.status_code, refreshed.status_code} == {200}
    assert SignedIn(shop, refreshed.json()).refresh().me()["session_id"] == two
    joined = SignedIn(shop, came.json()).refresh().me()["session_id"]
    assert joined != one
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_split_against_a_cancel(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 5)["id"]
    [placed] = orders_of(shop, one)
    [line] = placed["lines"]
    floor.table(2)
    path = f"/orders/{placed['id']}/lines/{line['id']}/cancel"
    cancel = sender(shop.staff, "POST", path, REASON | {"quantity": 3})

    parted, cancelled = in_turns(turn, splitting(floor, one, line, 3, 2), cancel)

    answers = sorted(map(said, (parted, cancelled)))
    assert answers in (
        [(200, None), (422, "quantity-invalid")],
        [(201, None), (422, "quantity-invalid")],
    )
    quantities = "SELECT sum(quantity)::int FROM order_lines WHERE store_id = %(store)s"
    assert shop.rows(quantities) == [(5,)]
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_split_against_the_kitchen_and_the_close(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 2)["id"]
    [placed] = orders_of(shop, one)
    floor.table(2)
    serve = sender(shop.kitchen, "PATCH", f"/orders/{placed['id']}", {"status": "served"})

    parted, served, closed = in_turns(
        turn,
        splitting(floor, one, placed["lines"][0], 2, 2),
        serve,
        acting(shop, one, "close"),
    )

    assert served.status_code in (200, 409)
    assert said(parted) in [(201, None), (409, "session-not-open")]
    assert said(closed) in [(200, None), (409, "close-blocked")]
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_two_splits_and_new_orders_share_the_numbers(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, other = seat(floor, 1, 4)["id"], seat(floor, 4)["id"]
    [line] = orders_of(shop, one)[0]["lines"]
    for number in (2, 3):
        floor.table(number)

    answers = in_turns(
        turn,
        splitting(floor, one, line, 1, 2),
        splitting(floor, one, line, 1, 3),
        *[ordering(floor, shop.staff, session_id=other) for _ in range(3)],
    )

    assert {answer.status_code for answer in answers} == {201}
    numbers = "SELECT number FROM orders WHERE store_id = %(store)s ORDER BY number"
    assert [row[0] for row in shop.rows(numbers)] == list(range(1, 7))
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_move_against_the_archiving_of_its_table(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    archive = sender(shop.manager, "DELETE", f"/tables/{floor.table(2)}", None)

    moved, archived = in_turns(turn, moving(floor, one, 2), archive)

    assert sorted(map(said, (moved, archived))) in (
        [(200, None), (409, "table-occupied")],
        [(204, None), (404, "not-found")],
    )
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_an_undone_merge_against_itself_and_the_next_party(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 2)["id"]
    ok(merging(shop, one, two)())

    apart, ordered, again = in_turns(
        turn,
        acting(shop, one, "unmerge"),
        ordering(floor, floor.tablet(1)),
        acting(shop, one, "unmerge"),
    )

    assert ordered.status_code == 201
    assert sorted([apart.status_code, again.status_code]) in ([200, 409], [409, 409])
    assert broken(shop) == {}
