"""Tables that are linked to a party while others sit down there, and other races for a table."""

import pytest

from tests.support.credentials import enter, table_token
from tests.support.floor import Floor
from tests.support.invariants import broken
from tests.support.meanwhile import meanwhile
from tests.support.menu_building import ok
from tests.support.parties import link, orders_of, seat
from tests.support.party_races import (
    TURNS,
    acting,
    in_turns,
    linking,
    merging,
    moving,
    ordering,
    said,
    splitting,
)
from tests.support.racing import sender
from tests.support.shops import Shop

turns = pytest.mark.parametrize("turn", range(TURNS))


def sits_at(shop: Shop, table: object) -> str | None:
    found: str | None = ok(shop.staff.get(f"/tables/{table}"))["session_id"]
    return found


@turns
def test_two_parties_link_one_table(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1)["id"], seat(floor, 2)["id"]

    answers = in_turns(turn, linking(floor, one, 3), linking(floor, two, 3))

    assert sorted(map(said, answers)) == [(200, None), (409, "table-occupied")]
    assert sits_at(shop, floor.table(3)) == (one if answers[0].is_success else two)
    assert broken(shop) == {}


@turns
def test_two_parties_link_each_others_wishes_crosswise(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1)["id"], seat(floor, 2)["id"]

    answers = in_turns(turn, linking(floor, one, 3, 4), linking(floor, two, 4, 3))

    assert sorted(map(said, answers)) == [(200, None), (409, "table-occupied")]
    assert sits_at(shop, floor.table(3)) == sits_at(shop, floor.table(4))
    assert broken(shop) == {}


@turns
def test_one_party_links_two_tables_at_once(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]

    answers = in_turns(turn, linking(floor, one, 2), linking(floor, one, 3))

    assert [answer.status_code for answer in answers] == [200, 200]
    last = max(answers, key=lambda answer: int(answer.json()["version"])).json()
    assert ok(shop.staff.get(f"/sessions/{one}")) == last
    assert len(last["linked_tables"]) == 1
    assert broken(shop) == {}


@turns
def test_a_link_against_the_first_orders_at_the_table(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    tablet = floor.tablet(2)

    linked, *ordered = in_turns(
        turn, linking(floor, one, 2), ordering(floor, tablet), ordering(floor, tablet)
    )

    assert {answer.status_code for answer in ordered} == {201}
    sessions = {answer.json()["session_id"] for answer in ordered}
    assert sessions == {sits_at(shop, floor.table(2))}
    if linked.is_success:
        assert sessions == {one}
    else:
        assert said(linked) == (409, "table-occupied")
        assert one not in sessions
    assert broken(shop) == {}


@turns
def test_an_unlink_against_an_order_at_the_table(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    ok(link(floor, one, 2))

    unlinked, ordered = in_turns(turn, linking(floor, one), ordering(floor, floor.tablet(2)))

    assert (unlinked.status_code, ordered.status_code) == (200, 201)
    sitting = sits_at(shop, floor.table(2))
    assert ordered.json()["session_id"] == (sitting or one)
    assert sitting != one
    assert broken(shop) == {}


def test_an_order_that_waited_for_the_unlink_is_the_next_partys(shop: Shop) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    ok(link(floor, one, 2))
    answer = meanwhile(
        shop,
        ordering(floor, floor.tablet(2)),
        "SELECT FROM table_sessions WHERE id = %(session)s FOR UPDATE",
        then="DELETE FROM session_tables WHERE table_id = %(table)s",
        session=one,
        table=floor.table(2),
    )
    assert said(answer) == (201, None)
    assert answer.json()["session_id"] != one
    assert answer.json()["table"]["number"] == 2


@turns
def test_a_close_against_an_order_at_a_linked_table(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    ok(link(floor, one, 2))

    closed, ordered = in_turns(turn, acting(shop, one, "close"), ordering(floor, floor.tablet(2)))

    assert ordered.status_code == 201
    if closed.is_success:
        assert ordered.json()["session_id"] != one
    else:
        assert said(closed) == (409, "close-blocked")
        assert ordered.json()["session_id"] == one
    assert broken(shop) == {}


@turns
def test_a_link_against_who_opens_moves_there_or_archives_it(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1)["id"], seat(floor, 2)["id"]
    three = floor.table(3)
    opened = sender(shop.staff, "POST", f"/tables/{three}/sessions", {})
    archived = sender(shop.manager, "DELETE", f"/tables/{three}", None)
    entered = sender(shop.staff, "POST", "/auth/guest", {"table_token": table_token(shop, three)})

    linked, moved, opening, gone, came = in_turns(
        turn, linking(floor, one, 3), moving(floor, two, 3), opened, archived, entered
    )

    assert [linked.is_success, moved.is_success].count(True) <= 1
    assert said(linked) in [(200, None), (404, "not-found"), (409, "table-occupied")]
    assert said(moved) in [(200, None), (404, "not-found"), (409, "table-occupied")]
    assert said(gone) in [(204, None), (409, "table-occupied")]
    assert opening.status_code in (200, 201, 404)
    assert came.status_code in (200, 401)
    assert broken(shop) == {}


@turns
def test_a_link_against_merge_move_and_close_of_the_party(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1)["id"], seat(floor, 2)["id"]

    linked, merged, moved, closed = in_turns(
        turn,
        linking(floor, one, 3),
        merging(shop, one, two),
        moving(floor, one, 4),
        acting(shop, one, "close"),
    )

    assert said(linked) in [(200, None), (409, "session-not-open")]
    assert said(merged) in [(200, None), (409, "session-not-open")]
    assert said(moved) in [(200, None), (409, "session-not-open")]
    assert closed.status_code == 200
    assert {sits_at(shop, floor.table(number)) for number in (1, 3, 4)} == {None}
    assert broken(shop) == {}


@turns
def test_a_guest_who_comes_while_the_table_is_linked(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    body = {"table_token": table_token(shop, floor.table(2))}

    linked, came = in_turns(
        turn, linking(floor, one, 2), sender(shop.staff, "POST", "/auth/guest", body)
    )

    assert came.status_code == 200
    assert (came.json()["session_id"] == one) == linked.is_success
    assert broken(shop) == {}


# -- other races for a table ----------------------------------------------------------------------


@turns
def test_first_orders_at_one_table_share_a_session(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)

    answers = in_turns(turn, *[ordering(floor, tablet) for _ in range(4)])

    assert {answer.status_code for answer in answers} == {201}
    [session] = {answer.json()["session_id"] for answer in answers}
    assert len(orders_of(shop, session)) == 4
    assert broken(shop) == {}


@turns
def test_a_reopening_against_the_first_order_at_its_table(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1)["id"]
    ok(acting(shop, one, "close")())

    reopened, ordered = in_turns(
        turn, acting(shop, one, "reopen"), ordering(floor, floor.tablet(1))
    )

    assert ordered.status_code == 201
    assert said(reopened) in [(200, None), (409, "table-occupied")]
    assert (ordered.json()["session_id"] == one) == reopened.is_success
    assert broken(shop) == {}


@turns
def test_an_undone_merge_against_a_move_to_its_table(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two, three = (seat(floor, number, 1)["id"] for number in (1, 2, 3))
    ok(merging(shop, one, two)())

    apart, moved = in_turns(turn, acting(shop, one, "unmerge"), moving(floor, three, 1))

    assert sorted(map(said, (apart, moved))) == [(200, None), (409, "table-occupied")]
    assert sits_at(shop, floor.table(1)) == (one if apart.is_success else three)
    assert broken(shop) == {}


@turns
def test_two_splits_of_the_same_portions(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one = seat(floor, 1, 3)["id"]
    [line] = orders_of(shop, one)[0]["lines"]

    answers = in_turns(turn, splitting(floor, one, line, 2, 2), splitting(floor, one, line, 2, 3))

    assert sorted(map(said, answers)) == [(201, None), (422, "quantity-invalid")]
    portions = "SELECT sum(quantity)::int FROM order_lines WHERE store_id = %(store)s"
    assert shop.rows(portions) == [(3,)]
    assert broken(shop) == {}


@turns
def test_a_pairing_against_the_close(shop: Shop, turn: int) -> None:
    """The tablet is the table's, not the party's: it comes in whatever becomes of the session."""
    floor = Floor(shop)
    one = enter(shop, floor.table(1)).tokens["session_id"]
    made = shop.staff.post(f"/tables/{floor.table(1)}/pairing-codes").json()
    body = {"code": made["code"], "device_name": "tablet"}
    pairing = [sender(shop.staff, "POST", "/auth/pair", body) for _ in range(2)]

    closed, *paired = in_turns(turn, acting(shop, one, "close"), *pairing)

    assert closed.status_code == 200
    assert sorted(answer.status_code for answer in paired) == [200, 401]
    [tokens] = [answer.json() for answer in paired if answer.is_success]
    tablet = shop.connect(f"Bearer {tokens['access_token']}")
    assert tablet.get("/session").status_code == 404
    assert ok(tablet.get("/orders"))["data"] == []
    assert broken(shop) == {}


@turns
def test_a_split_against_an_order_and_a_merge_of_the_party(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 2)["id"], seat(floor, 2)["id"]
    [line] = orders_of(shop, one)[0]["lines"]

    parted, merged, ordered = in_turns(
        turn,
        splitting(floor, one, line, 1, 3),
        merging(shop, one, two),
        ordering(floor, shop.staff, session_id=one),
    )

    assert said(parted) in [(201, None), (409, "session-not-open")]
    assert merged.status_code == 200
    assert said(ordered) in [(201, None), (410, "session-closed")]
    portions = "SELECT sum(quantity)::int FROM order_lines WHERE store_id = %(store)s"
    assert shop.rows(portions) == [(2 + int(ordered.is_success),)]
    assert broken(shop) == {}
