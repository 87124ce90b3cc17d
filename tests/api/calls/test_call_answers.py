"""Answering calls: every step, by whom and when."""

import httpx
import pytest

from app.core.metrics import exposition
from tests.support.calls import (
    CallFloor,
    answer,
    listed,
    on_board,
    read,
    rows,
)
from tests.support.invariants import broken
from tests.support.menu_building import if_match, ok
from tests.support.shops import Shop

PATH = "/service-requests"


def said(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


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
