"""Phones that fill and order one basket in the same instant, while the party comes and goes."""

from uuid import uuid4

import httpx
import pytest

from tests.support.baskets import BASKET, basket, changed, filled, kept, line
from tests.support.credentials import SignedIn, enter
from tests.support.floor import Floor
from tests.support.invariants import broken
from tests.support.meanwhile import meanwhile
from tests.support.menu_building import ok
from tests.support.parties import link, orders_of, seat
from tests.support.party_races import (
    TURNS,
    Send,
    acting,
    in_turns,
    linking,
    merging,
    moving,
    said,
    splitting,
)
from tests.support.racing import sender
from tests.support.shops import Json, Shop

turns = pytest.mark.parametrize("turn", range(TURNS))


def putting(client: httpx.Client, *lines: Json) -> Send:
    return sender(client, "PUT", BASKET, {"lines": list(lines)})


def submitting(client: httpx.Client, key: str = "", **body: object) -> Send:
    return sender(client, "POST", f"{BASKET}/submit", body, key or str(uuid4()))


def portions(shop: Shop) -> int:
    """All that was ordered, cancelled or not."""
    query = "SELECT coalesce(sum(quantity), 0)::int FROM order_lines WHERE store_id = %(store)s"
    [(found,)] = shop.rows(query)
    return int(found)


def two_guests(floor: Floor) -> tuple[SignedIn, SignedIn]:
    return enter(floor.shop, floor.table(1)), enter(floor.shop, floor.table(1))


@turns
def test_phones_put_in_lines_of_their_own(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = two_guests(floor)
    tablet = floor.tablet(1)
    lines = [line(floor.stew, quantity) for quantity in range(1, 7)]

    answers = in_turns(
        turn,
        putting(one.http, *lines[:2]),
        putting(two.http, *lines[2:4]),
        putting(tablet, *lines[4:]),
    )

    assert {answer.status_code for answer in answers} == {200}
    assert {at["id"] for at in basket(one.http)["lines"]} == {at["id"] for at in lines}
    assert [kind for kind, _ in shop.events()].count("session.basket_updated") == 3
    assert broken(shop) == {}


@turns
def test_phones_change_one_line(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = two_guests(floor)
    [there] = filled(floor, one.http, 1)

    answers = in_turns(
        turn,
        putting(one.http, changed(there, quantity=2)),
        putting(two.http, changed(there, quantity=3)),
    )

    assert sorted(map(said, answers)) == [(200, None), (409, "basket-changed")]
    winner = next(answer for answer in answers if answer.is_success).json()
    loser = next(answer for answer in answers if not answer.is_success).json()
    assert loser["basket"] == winner == basket(one.http)
    assert broken(shop) == {}


@turns
def test_one_line_is_put_in_twice(shop: Shop, turn: int) -> None:
    """By a phone that sends again without waiting."""
    floor = Floor(shop)
    one, _ = two_guests(floor)
    new = line(floor.stew, 2)

    answers = in_turns(turn, putting(one.http, new), putting(one.http, new))

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(kept(shop)) == 1
    assert broken(shop) == {}


@turns
def test_the_last_places_of_a_basket(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = two_guests(floor)
    filled(floor, one.http, *[1] * 99)

    answers = in_turns(
        turn, putting(one.http, line(floor.stew)), putting(two.http, line(floor.stew))
    )

    assert sorted(map(said, answers)) == [(200, None), (422, "invalid-request")]
    assert len(kept(shop)) == 100


@turns
def test_phones_submit_at_once(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = two_guests(floor)
    filled(floor, one.http, 2, 1)

    answers = in_turns(
        turn, submitting(one.http), submitting(two.http), submitting(floor.tablet(1))
    )

    assert sorted(map(said, answers)) == [
        (201, None),
        (409, "basket-empty"),
        (409, "basket-empty"),
    ]
    assert portions(shop) == 3
    assert len(orders_of(shop, one.tokens["session_id"])) == 1
    assert kept(shop) == []
    assert broken(shop) == {}


@turns
def test_one_phone_submits_again_without_waiting(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, _ = two_guests(floor)
    filled(floor, one.http, 2)

    answers = in_turns(turn, *[submitting(one.http, "one-key") for _ in range(3)])

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers].count("true") == 2
    assert portions(shop) == 2
    assert broken(shop) == {}


@turns
def test_a_submission_against_who_still_puts_in(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = two_guests(floor)
    [there] = filled(floor, one.http, 2)

    submitted, put_in, changing = in_turns(
        turn,
        submitting(one.http),
        putting(two.http, line(floor.stew, 1)),
        putting(two.http, changed(there, quantity=5)),
    )

    assert submitted.status_code == 201
    assert put_in.status_code == 200
    assert said(changing) in [(200, None), (409, "basket-changed")]
    left = sum(row[2] for row in kept(shop))
    assert portions(shop) + left == 1 + (5 if changing.is_success else 2)
    assert broken(shop) == {}


@turns
def test_a_submission_of_the_total_that_was_shown(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = two_guests(floor)
    filled(floor, one.http, 2)

    submitted, put_in = in_turns(
        turn,
        submitting(one.http, expected_total=18_000),
        putting(two.http, line(floor.stew, 1)),
    )

    assert put_in.status_code == 200
    assert said(submitted) in [(201, None), (409, "price-changed")]
    assert portions(shop) == (2 if submitted.is_success else 0)
    assert sum(row[2] for row in kept(shop)) == 3 - portions(shop)
    assert broken(shop) == {}


@turns
def test_a_submission_against_the_close(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = two_guests(floor)
    filled(floor, one.http, 2)
    session = one.tokens["session_id"]

    submitted, closed, put_in = in_turns(
        turn,
        submitting(one.http),
        acting(shop, session, "close"),
        putting(two.http, line(floor.stew, 1)),
    )

    if submitted.is_success:
        assert said(closed) == (409, "close-blocked")
        assert put_in.status_code == 200
        # The third portion came in time, or is in the basket.
        assert portions(shop) in (2, 3)
        assert portions(shop) + sum(row[2] for row in kept(shop)) == 3
    else:
        assert (said(submitted), closed.status_code) == ((410, "session-closed"), 200)
        assert said(put_in) in [(200, None), (410, "session-closed")]
        assert (portions(shop), kept(shop)) == (0, [])
    assert broken(shop) == {}


@turns
def test_a_basket_against_merge_move_and_split(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = two_guests(floor)
    session, other = one.tokens["session_id"], seat(floor, 2)["id"]
    filled(floor, one.http, 2)
    ok(submitting(one.http)(), 201)
    [stew] = orders_of(shop, session)[0]["lines"]
    filled(floor, one.http, 3)

    submitted, put_in, merged, moved, parted = in_turns(
        turn,
        submitting(one.http),
        putting(two.http, line(floor.stew, 1)),
        merging(shop, session, other),
        moving(floor, session, 3),
        splitting(floor, session, stew, 1, 4),
    )

    assert merged.status_code == 200
    ended = [(410, "session-closed"), (401, "token-expired")]
    assert said(submitted) in [(201, None), *ended]
    assert said(put_in) in [(200, None), *ended]
    assert said(moved) in [(200, None), (409, "session-not-open")]
    assert said(parted) in [(201, None), (409, "session-not-open")]
    wanted = 2 + 3 + int(put_in.is_success)
    assert portions(shop) + sum(row[2] for row in kept(shop)) == wanted
    assert broken(shop) == {}


def test_a_submission_that_waited_for_the_move_goes_along(shop: Shop) -> None:
    floor = Floor(shop)
    one, _ = two_guests(floor)
    filled(floor, one.http, 2)
    answer = meanwhile(
        shop,
        submitting(one.http),
        "UPDATE table_sessions SET table_id = %(table)s WHERE id = %(session)s",
        session=one.tokens["session_id"],
        table=floor.table(2),
    )
    assert said(answer) == (201, None)
    assert answer.json()["table"]["number"] == 2
    assert kept(shop) == []


def test_a_submission_that_waited_for_the_unlink_is_too_late(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)["id"]
    ok(link(floor, session, 2))
    filled(floor, floor.tablet(2), 2)
    answer = meanwhile(
        shop,
        submitting(floor.tablet(2)),
        "SELECT FROM table_sessions WHERE id = %(session)s FOR UPDATE",
        then="DELETE FROM session_tables WHERE table_id = %(table)s",
        session=session,
        table=floor.table(2),
    )
    assert said(answer) == (404, "not-found")
    assert orders_of(shop, session) == []
    assert basket(floor.tablet(1))["total"] == 18_000


@turns
def test_a_linked_tablet_submits_while_its_table_is_unlinked(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)["id"]
    ok(link(floor, session, 2))
    tablet = floor.tablet(2)
    filled(floor, tablet, 2)

    unlinked, submitted = in_turns(turn, linking(floor, session), submitting(tablet))

    assert unlinked.status_code == 200
    assert said(submitted) in [(201, None), (404, "not-found")]
    assert portions(shop) + sum(row[2] for row in kept(shop)) == 2
    assert len(orders_of(shop, session)) == int(submitted.is_success)
    assert broken(shop) == {}


@turns
def test_two_baskets_merge_crosswise(shop: Shop, turn: int) -> None:
    floor = Floor(shop)
    one, two = enter(shop, floor.table(1)), enter(shop, floor.table(2))
    filled(floor, one.http, 1)
    filled(floor, two.http, 2)
    ids = one.tokens["session_id"], two.tokens["session_id"]

    answers = in_turns(turn, merging(shop, *ids), merging(shop, ids[1], ids[0]))

    assert sorted(map(said, answers)) == [(200, None), (409, "session-not-open")]
    assert len({row[0] for row in kept(shop)}) == 1
    assert sum(row[2] for row in kept(shop)) == 3
    assert broken(shop) == {}
