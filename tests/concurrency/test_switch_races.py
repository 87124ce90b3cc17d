"""Switches that are turned while orders come in: every order keeps to what it was placed under."""

from collections import Counter
from uuid import uuid4

import httpx
import pytest

from app.core.security.permissions import Role
from tests.support.floor import Floor, order_body
from tests.support.invariants import broken
from tests.support.meanwhile import all_under_way
from tests.support.menu_building import if_match, ok
from tests.support.racing import at_once, sender
from tests.support.shops import Shop
from tests.support.switches import order, placed, store, turn

ROUNDS = range(5)
COUNTER = "SELECT FROM store_counters WHERE store_id = %(store)s FOR UPDATE"


def test_no_order_is_accepted_after_a_pause_was_acknowledged(shop: Shop) -> None:
    floor = Floor(shop)
    tablets = [floor.tablet(number) for number in range(1, 7)]
    placed(order(tablets[0], floor))
    version = store(shop)["version"]
    for turn_ in ROUNDS:
        pause = [
            lambda version=version: shop.connect(shop.staff.headers["Authorization"]).patch(
                "/store", json={"ordering_paused": True}, headers=if_match(version)
            )
        ]
        orders = [
            sender(one, "POST", "/orders", order_body(floor.stew, 1), str(uuid4()))
            for one in tablets
        ]
        paused, *answers = at_once(pause + orders)
        after = [order(one, floor) for one in tablets]

        assert ok(paused)["ordering_paused"] is True
        assert {one.status_code for one in answers} <= {201, 409}, turn_
        assert {one.json()["code"] for one in after} == {"store-closed"}
        # In the store's own sequence: first the orders, then the pause, and nothing behind it.
        assert shop.events()[-1][0] == "menu.changed"
        version = ok(
            shop.staff.patch(
                "/store", json={"ordering_paused": False}, headers=if_match(version + 1)
            )
        )["version"]
    assert broken(shop) == {}


@pytest.mark.parametrize("action", ["flag", "confirm"])
def test_twins_of_one_device_are_told_apart(shop: Shop, action: str) -> None:
    floor = Floor(shop)
    turn(shop, duplicate_window_seconds=60, duplicate_action=action)
    tablet = floor.tablet(1)
    # A party sits there: twins that open the session would wait for each other anyway.
    ok(shop.staff.post(f"/tables/{floor.table(1)}/sessions", json={}), 201)
    twins = [sender(tablet, "POST", "/orders", order_body(floor.stew, 1), key) for key in "abcd"]

    answers = all_under_way(shop, twins, COUNTER, store=shop.id)

    if action == "confirm":
        assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
        refused = {one.json()["code"] for one in answers if one.status_code == 409}
        assert refused == {"duplicate-suspected"}
    else:
        found = Counter(placed(one)["duplicate_of"] is None for one in answers)
        assert found == {True: 1, False: 3}
    assert broken(shop) == {}


def test_two_tablets_of_one_table_are_no_twins(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, duplicate_window_seconds=60, duplicate_action="confirm")
    body = order_body(floor.stew, 1)
    tablets = [floor.tablet(1), shop.connect(_another_tablet(shop, floor))]

    answers = at_once([sender(one, "POST", "/orders", body, str(uuid4())) for one in tablets])

    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["session_id"] for one in answers}) == 1


def _another_tablet(shop: Shop, floor: Floor) -> str:
    shop.forget_clients()
    return str(floor.tablet(1).headers["Authorization"])


def test_small_first_orders_do_not_carry_each_other(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, minimum_items_per_guest=2)
    for number in ROUNDS:
        send = [
            sender(floor.tablet(number + 1), "POST", "/orders", order_body(floor.stew, 1), key)
            for key in ("a", "b", "c", "d")
        ]
        answers = at_once(send)
        assert {one.status_code for one in answers} == {409}
        assert {one.json()["code"] for one in answers} == {"minimum-not-met"}
    assert shop.rows("SELECT count(*) FROM orders WHERE store_id = %(store)s") == [(0,)]
    assert shop.rows("SELECT count(*) FROM table_sessions WHERE store_id = %(store)s") == [(0,)]


def test_the_minimum_is_that_of_the_guests_who_were_counted(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, minimum_items_per_guest=1)
    for number in ROUNDS:
        table = floor.table(number + 1)
        body = {"guest_count": 1}
        session = ok(shop.staff.post(f"/tables/{table}/sessions", json=body), 201)["id"]
        more = sender(shop.staff, "PATCH", f"/sessions/{session}", {"guest_count": 2})
        one = sender(floor.tablet(number + 1), "POST", "/orders", order_body(floor.stew, 1), "k")

        counted, answer = at_once([more, one])

        assert counted.status_code == 200
        events = [
            type_
            for type_, data in shop.events()
            if data.get("session_id") == session or data.get("id") == session
        ]
        if answer.status_code == 201:
            # It came first, in the store's own sequence.
            assert events == ["session.opened", "order.created", "session.updated"]
        else:
            assert answer.json()["code"] == "minimum-not-met"
            assert answer.json()["guest_count"] == 2
    assert broken(shop) == {}


def test_settings_and_orders_do_not_block_each_other(shop: Shop) -> None:
    """A change locks the store, then its counter; an order the counter, then it needs the store.

    A deadlock would be resolved, and its loser sent again: only the server's own count shows it.
    """
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    floor = Floor(shop)
    owner = shop.connect(shop.client(Role.OWNER).headers["Authorization"])
    tablet = floor.tablet(1)
    placed(order(tablet, floor))
    before = shop.rows(deadlocks)
    ordering = sender(tablet, "POST", "/orders", order_body(floor.stew, 1), "k")

    def changing() -> httpx.Response:
        return owner.patch("/store", json={"name": "새 이름"}, headers=if_match(1))

    answers = all_under_way(shop, [ordering, changing], COUNTER, store=shop.id)

    assert [answer.status_code for answer in answers] == [201, 200]
    assert shop.rows(deadlocks) == before
    assert broken(shop) == {}
