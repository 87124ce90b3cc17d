"""Pauses and last orders: who may still order, what guests read, and what ends by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.core import clock
from app.core.security.permissions import Role
from app.local.processes import wait_until
from tests.support.credentials import enter
from tests.support.floor import Floor
from tests.support.menu_building import if_match, ok
from tests.support.shops import Json, Shop
from tests.support.switches import order, placed, pos, refused, sold, store, time_at, turn

MESSAGE = {"ko": "재료 준비 중입니다", "en": "We are preparing"}
EVERY_DAY = [{"weekday": day, "at": "21:30"} for day in range(1, 8)]
FRIDAY_EVENING = datetime(2027, 11, 26, 12, 0, tzinfo=UTC)  # 21:00 in Seoul


def later(**span: int) -> datetime:
    return clock.now() + timedelta(**span)


def menu_store(client: Any, language: str = "ko") -> Json:
    answer: Json = ok(client.get("/menu", headers={"Accept-Language": language}))["store"]
    return answer


def test_a_pause_says_why_in_the_guests_language(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    turn(shop, ordering_paused=True, pause_message=MESSAGE)
    before = sold(shop)

    problem = refused(shop, order(tablet, floor), 409, "store-closed")

    assert (problem["reason"], problem["until"]) == ("paused", None)
    assert problem["message"] == problem["detail"] == MESSAGE["ko"]
    tablet.headers["Accept-Language"] = "en"
    assert refused(shop, order(tablet, floor), 409, "store-closed")["detail"] == MESSAGE["en"]
    assert sold(shop) == before
    assert menu_store(tablet)["pause_message"] == MESSAGE["ko"]
    assert menu_store(tablet, "en")["pause_message"] == MESSAGE["en"]


def test_a_pause_without_words_has_the_advice(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, ordering_paused=True)

    problem = refused(shop, order(floor.tablet(1), floor), 409, "store-closed")

    assert (problem["message"], problem["detail"]) == (None, problem["detail"])
    assert "직원" in problem["detail"]


def test_a_pause_holds_for_the_channels_that_it_names(shop: Shop) -> None:
    floor = Floor(shop)
    table = str(floor.table(1))
    guest, till = enter(shop, floor.table(1)).http, pos(shop)
    turn(shop, ordering_paused=True, paused_channels=["guest", "pos"])

    placed(order(floor.tablet(1), floor))
    placed(order(shop.staff, floor, table_id=table))
    refused(shop, order(guest, floor), 409, "store-closed")
    refused(shop, order(till, floor, table_id=table), 409, "store-closed")
    assert menu_store(guest)["paused_channels"] == ["guest", "pos"]

    turn(shop, paused_channels=["tablet", "guest", "staff", "pos"])
    refused(shop, order(shop.staff, floor, table_id=table), 409, "store-closed")


def test_the_end_of_a_pause_forgets_what_was_said_of_it(shop: Shop) -> None:
    until = later(minutes=30)
    turn(
        shop,
        ordering_paused=True,
        pause_message=MESSAGE,
        paused_channels=["guest"],
        paused_until=until.isoformat(),
    )

    resumed = turn(shop, ordering_paused=False)

    assert (resumed["pause_message"], resumed["paused_until"]) == (None, None)
    again = turn(shop, ordering_paused=True)
    assert (again["pause_message"], len(again["paused_channels"])) == (None, 4)


def test_a_pause_ends_at_its_time_and_is_told_once(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    until = later(minutes=5)
    turn(shop, ordering_paused=True, pause_message=MESSAGE, paused_until=until.isoformat())
    menu = ok(tablet.get("/menu"))
    assert menu["valid_until"] == menu["store"]["paused_until"] == store(shop)["paused_until"]
    problem = refused(shop, order(tablet, floor), 409, "store-closed")
    assert problem["until"] == menu["valid_until"]
    seq, version = shop.counters()[0], store(shop)["version"]

    with clock.held_at(until):
        assert not menu_store(tablet)["ordering_paused"]
        placed(order(tablet, floor))
        assert wait_until(lambda: "menu.changed" in dict(shop.events(seq)), 4)
        shown = store(shop)
    told = [data for kind, data in shop.events(seq) if kind == "menu.changed"]
    assert [(one["kind"], one["store"]["ordering_paused"]) for one in told] == [("store", False)]
    assert (shown["ordering_paused"], shown["pause_message"]) == (False, None)
    assert shown["version"] == version + 1


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"paused_until": "2199-01-01T00:00:00Z"}, "/paused_until", "not-paused"),
        (
            {"ordering_paused": True, "paused_until": "2020-01-01T00:00:00Z"},
            "/paused_until",
            "past",
        ),
        ({"ordering_paused": True, "paused_channels": []}, "/paused_channels", None),
        ({"ordering_paused": True, "paused_channels": ["fax"]}, "/paused_channels/0", None),
        ({"pause_message": {"ko": ""}}, "/pause_message/ko", None),
        ({"pause_message": {}}, "/pause_message", None),
        ({"last_order_times": [{"weekday": 8, "at": "21:00"}]}, "/last_order_times/0", None),
        ({"last_order_times": [{"weekday": 1, "at": "24:00"}]}, "/last_order_times/0", None),
        ({"last_order_times": EVERY_DAY[:1] * 2}, "/last_order_times", None),
        ({"max_lines_per_order": 0}, "/max_lines_per_order", None),
        ({"max_lines_per_order": 101}, "/max_lines_per_order", None),
        ({"max_quantity_per_order": 2.0}, "/max_quantity_per_order", None),
        ({"minimum_amount_per_guest": 0}, "/minimum_amount_per_guest", None),
        ({"duplicate_window_seconds": -1}, "/duplicate_window_seconds", None),
        ({"duplicate_action": "ignore"}, "/duplicate_action", None),
        ({"order_acceptance": {"pos": "first_order"}}, "/order_acceptance/pos", None),
        ({"order_acceptance": {"staff": "auto"}}, "/order_acceptance/staff", None),
        ({"order_number_prefixes": {"tablet": "T-"}}, "/order_number_prefixes/tablet", None),
        ({"order_number_prefixes": {"tablet": "a b"}}, "/order_number_prefixes/tablet", None),
    ],
)
def test_switches_that_can_not_be_are_refused(
    shop: Shop, body: Json, pointer: str, code: str | None
) -> None:
    before = store(shop), shop.counters()

    answer = shop.client(Role.OWNER).patch("/store", json=body, headers=if_match(1))

    assert answer.status_code == 422, answer.text
    [error, *_] = answer.json()["errors"]
    assert error["pointer"].startswith(pointer)
    assert code is None or error["code"] == code
    assert (store(shop), shop.counters()) == before


def test_staff_switch_pauses_and_nothing_else(shop: Shop) -> None:
    pause = {"ordering_paused": True, "pause_message": MESSAGE, "paused_channels": ["guest"]}
    for role in (Role.STAFF, Role.MANAGER):
        version = store(shop)["version"]
        ok(shop.client(role).patch("/store", json=pause, headers=if_match(version)))
        more = pause | {"max_lines_per_order": 3}
        version = store(shop)["version"]
        refused = shop.client(role).patch("/store", json=more, headers=if_match(version))
        assert (refused.status_code, store(shop)["version"]) == (403, version)


def test_guests_read_when_they_order_last(shop: Shop) -> None:
    with time_at(shop, FRIDAY_EVENING):
        floor = Floor(shop)
        turn(shop, last_order_times=EVERY_DAY)
        shown = ok(floor.tablet(1).get("/menu"))
    assert shown["valid_until"] == shown["store"]["last_order_at"] == "2027-11-26T12:30:00.000000Z"
    assert not shown["store"]["last_order_passed"]
    with time_at(shop, FRIDAY_EVENING + timedelta(minutes=30)):
        shown = ok(floor.tablet(1).get("/menu"))
    assert shown["valid_until"] == "2027-11-26T20:00:00.000000Z"
    assert shown["store"]["last_order_passed"]
    assert not shown["store"]["ordering_paused"]


def test_after_the_last_order_only_the_house_orders(shop: Shop) -> None:
    last = FRIDAY_EVENING + timedelta(minutes=30)
    with time_at(shop, last - timedelta(seconds=1)):
        floor = Floor(shop)
        table = str(floor.table(1))
        turn(shop, last_order_times=EVERY_DAY)
        placed(order(floor.tablet(1), floor))
    with time_at(shop, last):
        clients = floor.tablet(1), enter(shop, floor.table(1)).http
        before = sold(shop)
        for client in clients:
            problem = refused(shop, order(client, floor), 409, "store-closed")
            assert problem["reason"] == "last-order-passed"
            assert problem["until"] == "2027-11-26T20:00:00.000000Z"
        assert sold(shop) == before
        placed(order(shop.staff, floor, table_id=table))
        placed(order(pos(shop), floor, table_id=table))
    with time_at(shop, datetime(2027, 11, 26, 20, 0, tzinfo=UTC)):
        assert placed(order(floor.tablet(1), floor))["business_date"] == "2027-11-27"


def test_a_last_order_after_midnight_is_of_the_evening_before(shop: Shop) -> None:
    with time_at(shop, FRIDAY_EVENING):
        floor = Floor(shop)
        turn(shop, last_order_times=[{"weekday": 5, "at": "01:30"}])
        assert menu_store(floor.tablet(1))["last_order_at"] == "2027-11-26T16:30:00.000000Z"
    with time_at(shop, datetime(2027, 11, 26, 16, 29, tzinfo=UTC)):
        placed(order(floor.tablet(1), floor))
    with time_at(shop, datetime(2027, 11, 26, 16, 31, tzinfo=UTC)):
        refused(shop, order(floor.tablet(1), floor), 409, "store-closed")
    # Saturday has none.
    with time_at(shop, datetime(2027, 11, 27, 16, 31, tzinfo=UTC)):
        placed(order(floor.tablet(1), floor))
        assert menu_store(floor.tablet(1))["last_order_at"] is None


def test_a_retry_after_the_last_order_gets_its_first_answer(shop: Shop) -> None:
    with time_at(shop, FRIDAY_EVENING + timedelta(minutes=29)):
        floor = Floor(shop)
        turn(shop, last_order_times=EVERY_DAY)
        tablet, key = floor.tablet(1), str(uuid4())
        first = order(tablet, floor, key=key)
        with clock.held_at(FRIDAY_EVENING + timedelta(minutes=31)):
            again = order(tablet, floor, key=key)
            refused(shop, order(tablet, floor), 409, "store-closed")
    assert (again.status_code, again.content) == (201, first.content)
