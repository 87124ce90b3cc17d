"""Calls from tables against everything that can happen to them in the same instant."""

from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from app.core.security.permissions import Role
from tests.support.calls import CallFloor, answer, on_board, read, rows
from tests.support.invariants import broken
from tests.support.meanwhile import all_under_way
from tests.support.menu_building import if_match, ok
from tests.support.racing import at_once, sender
from tests.support.shops import Json, Shop

TURNS = 6
PATH = "/service-requests"
Send = Callable[[], httpx.Response]


def calling(client: httpx.Client, body: Json, key: str | None = None) -> Send:
    return sender(client, "POST", PATH, body, key)


def answering(client: httpx.Client, call: Json, status: str) -> Send:
    return sender(client, "PATCH", f"{PATH}/{call['id']}", {"status": status})


def acting(shop: Shop, session_id: str, action: str, **body: object) -> Send:
    return sender(shop.staff, "POST", f"/sessions/{session_id}/{action}", body)


def in_turns(turn: int, *calls: Send) -> list[httpx.Response]:
    """All at once, each one first in some turn; the answers in the order of the calls."""
    shift = turn % len(calls)
    answers = at_once([*calls[shift:], *calls[:shift]])
    return [*answers[len(calls) - shift :], *answers[: len(calls) - shift]]


def said(response: httpx.Response) -> tuple[int, str | None]:
    return response.status_code, None if response.is_success else response.json()["code"]


@pytest.mark.parametrize("seated", [True, False])
@pytest.mark.parametrize("turn", range(3))
def test_the_same_call_at_once_is_one(shop: Shop, turn: int, seated: bool) -> None:
    floor = CallFloor(shop)
    if seated:
        floor.sit(1)
    tablet, before = floor.tablet(1), shop.counters()[0]
    # The same things, whichever comes first.
    bodies = [floor.body(water=1, cutlery=2), floor.body(cutlery=2, water=1)] * 3

    answers = at_once([calling(tablet, body) for body in bodies])

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == len(rows(shop)) == 1
    assert [kind for kind, _ in shop.events(before)] == ["service_request.created"]
    assert broken(shop) == {}


def test_one_key_at_once_is_one_call(shop: Shop) -> None:
    floor = CallFloor(shop)
    key = str(uuid4())
    twins = [calling(floor.tablet(1), floor.body(water=1), key)] * 4
    table = "SELECT FROM tables WHERE id = %(id)s FOR UPDATE"
    answers = all_under_way(shop, twins, table, id=floor.table(1))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == len(rows(shop)) == 1


@pytest.mark.parametrize("seated", [True, False])
def test_no_more_wait_than_the_store_allows(shop: Shop, seated: bool) -> None:
    floor = CallFloor(shop)
    owner = shop.client(Role.OWNER)
    version = ok(owner.get("/store"))["version"]
    ok(owner.patch("/store", json={"max_open_service_requests": 3}, headers=if_match(version)))
    if seated:
        floor.sit(1)
    tablet = floor.tablet(1)
    bodies = [floor.body(water=n) for n in (1, 2, 3)] + [floor.body(cutlery=n) for n in (1, 2, 3)]

    answers = at_once([calling(tablet, body) for body in bodies])

    refused = (409, "too-many-service-requests")
    assert sorted(map(said, answers), key=str) == [(201, None)] * 3 + [refused] * 3
    assert len(rows(shop)) == 3


@pytest.mark.parametrize("seated", [True, False])
def test_who_asks_in_other_words_waits_all_the_same(shop: Shop, seated: bool) -> None:
    floor = CallFloor(shop)
    if seated:
        floor.sit(1)
    tablet = floor.tablet(1)
    answers = at_once([calling(tablet, floor.body(staff=1, note=f"{n}")) for n in range(4)])
    assert sorted(map(said, answers), key=str) == [(201, None)] + [(429, "cooling-down")] * 3
    assert len(rows(shop)) == 1


@pytest.mark.parametrize("turn", range(TURNS))
def test_the_first_to_acknowledge_stays_the_one(shop: Shop, turn: int) -> None:
    floor = CallFloor(shop)
    call = floor.calls(floor.tablet(1), water=1)
    before = shop.counters()[0]

    answers = in_turns(
        turn,
        answering(shop.staff, call, "acknowledged"),
        answering(shop.manager, call, "acknowledged"),
        answering(shop.client(Role.OWNER), call, "acknowledged"),
    )

    shown = [ok(answer) for answer in answers]
    assert shown[0] == shown[1] == shown[2] == read(shop, call)
    [(_, event)] = shop.events(before)
    assert event == shown[0]
    assert shown[0]["version"] == 2


@pytest.mark.parametrize("turn", range(TURNS))
def test_acknowledged_or_taken_back_but_never_both(shop: Shop, turn: int) -> None:
    floor = CallFloor(shop)
    tablet = floor.tablet(1)
    call = floor.calls(tablet, water=1)

    taken, back = in_turns(
        turn, answering(shop.staff, call, "acknowledged"), answering(tablet, call, "cancelled")
    )

    assert sorted([said(taken), said(back)], key=str) == [
        (200, None),
        (409, "transition-invalid"),
    ]
    after = read(shop, call)
    assert after["status"] == ("acknowledged" if taken.is_success else "cancelled")
    assert (after["acknowledged_at"] is None) == (not taken.is_success)
    assert after["version"] == 2
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_no_call_waits_in_a_visit_that_has_ended(shop: Shop, turn: int) -> None:
    floor = CallFloor(shop)
    session = floor.sit(1)
    tablet = floor.tablet(1)

    called, closed = in_turns(
        turn,
        calling(tablet, floor.body(water=1)),
        acting(shop, session["id"], "close"),
    )

    assert (called.status_code, closed.status_code) == (201, 200)
    call = read(shop, called.json())
    # Before the close: it ended with the visit. After it: the free table's, whoever sits there.
    waiting = [one["id"] for one in on_board(shop, floor.table(1))]
    if call["session_id"] is None:
        assert (call["status"], waiting) == ("open", [call["id"]])
    else:
        assert (call["session_id"], call["status"]) == (session["id"], "cancelled")
        assert waiting == []
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_an_answer_and_the_end_of_the_visit(shop: Shop, turn: int) -> None:
    floor = CallFloor(shop)
    session = floor.sit(1)
    call = floor.calls(floor.tablet(1), water=1)

    done, closed = in_turns(
        turn, answering(shop.staff, call, "done"), acting(shop, session["id"], "close")
    )

    assert ok(closed)["status"] == "closed"
    assert said(done) in ((200, None), (409, "transition-invalid"))
    assert read(shop, call)["status"] == ("done" if done.is_success else "cancelled")
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_calls_answers_and_a_party_that_moves(shop: Shop, turn: int) -> None:
    floor = CallFloor(shop)
    session = floor.sit(1)
    tablet = floor.tablet(1)
    call = floor.calls(tablet, water=1)

    called, taken, moved = in_turns(
        turn,
        calling(tablet, floor.body(cutlery=1)),
        answering(shop.staff, call, "acknowledged"),
        acting(shop, session["id"], "move", table_id=str(floor.table(2))),
    )

    assert (called.status_code, taken.status_code, moved.status_code) == (201, 200, 200)
    assert read(shop, call)["table"]["number"] == 2
    assert read(shop, call)["status"] == "acknowledged"
    new = read(shop, called.json())
    assert (new["session_id"], new["table"]["number"]) in ((session["id"], 2), (None, 1))
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_calls_answers_and_parties_that_merge(shop: Shop, turn: int) -> None:
    floor = CallFloor(shop)
    one, two = floor.sit(1), floor.sit(2)
    mine, theirs = floor.calls(floor.tablet(1), water=1), floor.calls(floor.tablet(2), water=1)

    answers = in_turns(
        turn,
        acting(shop, one["id"], "merge", into_session_id=two["id"]),
        answering(shop.staff, mine, "done"),
        answering(shop.staff, theirs, "done"),
        calling(floor.tablet(2), floor.body(cutlery=1)),
    )

    assert [answer.status_code for answer in answers] == [200, 200, 200, 201]
    assert {read(shop, call)["status"] for call in (mine, theirs)} == {"done"}
    assert broken(shop) == {}


@pytest.mark.parametrize("turn", range(4))
def test_two_managers_change_the_list_and_one_is_told(shop: Shop, turn: int) -> None:
    CallFloor(shop)
    before = ok(shop.manager.get("/service-request-types"))["version"]

    def putting(name: str) -> Send:
        url = str(shop.manager.base_url).rstrip("/") + "/service-request-types"
        headers = {"Authorization": shop.manager.headers["Authorization"], **if_match(before)}

        def send() -> httpx.Response:
            with httpx.Client(trust_env=False, timeout=30) as fresh:
                return fresh.put(url, json={"types": [{"name": {"ko": name}}]}, headers=headers)

        return send

    answers = in_turns(turn, putting("물"), putting("국"))

    assert sorted(map(said, answers)) == [(200, None), (412, "version-mismatch")]
    [won] = [answer.json() for answer in answers if answer.is_success]
    assert ok(shop.manager.get("/service-request-types")) == won
    assert won["version"] == before + 1


@pytest.mark.parametrize("turn", range(4))
def test_a_call_and_the_first_order(shop: Shop, turn: int) -> None:
    floor = CallFloor(shop)
    tablet = floor.tablet(1)
    order = {"lines": [{"item_id": floor.stew, "quantity": 1}]}

    called, placed = in_turns(
        turn,
        calling(tablet, floor.body(water=1)),
        sender(tablet, "POST", "/orders", order, str(uuid4())),
    )

    assert (called.status_code, placed.status_code) == (201, 201)
    session_id = placed.json()["session_id"]
    assert called.json()["session_id"] in (None, session_id)
    again = tablet.post(PATH, json=floor.body(water=1))
    assert (again.status_code, again.json()["id"]) == (200, called.json()["id"])
    ok(answer(tablet, called.json(), "cancelled"))
    assert broken(shop) == {}
