"""How much guests order at once, and at least; what is ordered twice."""

from datetime import timedelta

import pytest

from app.core import clock
from tests.support.credentials import enter, pair
from tests.support.floor import Floor
from tests.support.menu_building import ok
from tests.support.shops import Json, Shop
from tests.support.switches import order, placed, pos, refused, sold, turn


@pytest.mark.parametrize(
    ("limits", "quantities", "codes"),
    [
        ({"max_lines_per_order": 2}, (1, 1, 1), ["too-many-lines"]),
        ({"max_quantity_per_order": 5}, (3, 3), ["too-many-portions"]),
        (
            {"max_lines_per_order": 2, "max_quantity_per_order": 2},
            (1, 1, 1),
            ["too-many-lines", "too-many-portions"],
        ),
        ({"max_lines_per_order": 2, "max_quantity_per_order": 6}, (3, 3), []),
    ],
)
def test_an_order_has_its_limits(
    shop: Shop, limits: Json, quantities: tuple[int, ...], codes: list[str]
) -> None:
    floor = Floor(shop)
    table = str(floor.table(1))
    shown = turn(shop, **limits)
    clients = floor.tablet(1), enter(shop, floor.table(1)).http
    before = sold(shop)

    for client in clients:
        answer = order(client, floor, *quantities)
        if codes:
            problem = refused(shop, answer, 422, "order-too-large")
            assert [error["code"] for error in problem["errors"]] == codes
            assert {error["pointer"] for error in problem["errors"]} == {"/lines"}
            assert problem["max_lines"] == shown["max_lines_per_order"]
            assert problem["max_quantity"] == shown["max_quantity_per_order"]
            assert sold(shop) == before
        else:
            placed(answer)
        menu = ok(client.get("/menu"))["store"]
        assert {name: menu[name] for name in limits} == limits
    # The house knows what it does.
    placed(order(shop.staff, floor, *quantities, table_id=table))
    placed(order(pos(shop), floor, *quantities, table_id=table))


def test_null_takes_a_limit_away(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, max_lines_per_order=1)

    assert turn(shop, max_lines_per_order=None)["max_lines_per_order"] is None

    placed(order(floor.tablet(1), floor, 1, 1))


def seated(shop: Shop, floor: Floor, guests: int | None) -> str:
    """A party at table 1; its session."""
    body = {"guest_count": guests} if guests else {}
    made = ok(shop.staff.post(f"/tables/{floor.table(1)}/sessions", json=body), 201)
    return str(made["id"])


def test_the_first_order_has_a_dish_for_each_guest(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, minimum_items_per_guest=1)
    seated(shop, floor, 3)
    tablet = floor.tablet(1)
    before = sold(shop)

    problem = refused(shop, order(tablet, floor, 2), 409, "minimum-not-met")

    assert (problem["guest_count"], problem["minimum_items"]) == (3, 3)
    assert sold(shop) == before
    placed(order(tablet, floor, 2, 1))
    # One of three has a second coffee.
    placed(order(tablet, floor, 1))


def test_a_minimum_amount_is_for_each_guest(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, minimum_amount_per_guest=9_001)
    session = seated(shop, floor, 2)
    tablet = floor.tablet(1)

    problem = refused(shop, order(tablet, floor, 2), 409, "minimum-not-met")
    assert (problem["minimum_items"], problem["minimum_amount"]) == (0, 18_002)

    ok(shop.staff.patch(f"/sessions/{session}", json={"guest_count": 1}))
    placed(order(tablet, floor, 2))


def test_who_is_not_counted_is_one_guest(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, minimum_items_per_guest=2)
    tablet = floor.tablet(1)
    before = sold(shop)

    # Nobody has opened the table: the order itself does.
    problem = refused(shop, order(tablet, floor), 409, "minimum-not-met")
    assert (problem["guest_count"], problem["minimum_items"]) == (None, 2)
    assert sold(shop) == before

    seated(shop, floor, None)
    refused(shop, order(floor.tablet(1), floor), 409, "minimum-not-met")
    placed(order(floor.tablet(1), floor, 2))


def test_after_a_cancelled_order_the_next_is_the_first(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, minimum_items_per_guest=2)
    tablet = floor.tablet(1)
    first = placed(order(tablet, floor, 2))
    ok(shop.staff.post(f"/orders/{first['id']}/cancel", json={"reason_code": "sold_out"}))

    refused(shop, order(tablet, floor), 409, "minimum-not-met")


def test_the_house_needs_no_minimum(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, minimum_items_per_guest=9)
    table = str(floor.table(1))

    placed(order(pos(shop), floor, table_id=table))
    # That was the party's first order.
    placed(order(floor.tablet(1), floor))


def test_the_same_basket_again_is_flagged(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, duplicate_window_seconds=20)
    tablet = floor.tablet(1)
    first = placed(order(tablet, floor, 1, 2))
    assert first["duplicate_of"] is None

    # The lines in another sequence are the same basket.
    again = placed(order(tablet, floor, 2, 1))

    assert again["duplicate_of"] == first["id"]
    read = ok(shop.staff.get(f"/orders/{again['id']}"))
    assert read["duplicate_of"] == first["id"]
    assert shop.events()[-1] == ("order.created", read)
    [entry] = ok(shop.staff.get("/tables/board"))["tables"]
    assert [one["duplicate_of"] for one in entry["newest_orders"]] == [first["id"], None]


def test_another_basket_device_or_moment_is_no_duplicate(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, duplicate_window_seconds=20)
    one, other = (pair(shop, floor.table(1)).http for _ in range(2))
    guest = enter(shop, floor.table(1)).http
    now = clock.now()
    with clock.held_at(now):
        answers = [order(one, floor, 1), order(one, floor, 2), order(other, floor, 1)]
        answers += [order(guest, floor, 1), order(one, floor, 1, confirm_duplicate=True)]
        answers += [order(shop.staff, floor, 1, table_id=str(floor.table(1))) for _ in range(2)]
    with clock.held_at(now + timedelta(seconds=20)):
        answers.append(order(one, floor, 1))
    assert [placed(answer)["duplicate_of"] for answer in answers] == [None] * len(answers)


def test_a_duplicate_is_asked_about(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, duplicate_window_seconds=20, duplicate_action="confirm")
    turn(shop, order_number_prefixes={"tablet": "T"})
    tablet = floor.tablet(1)
    first = placed(order(tablet, floor))
    before = sold(shop)

    problem = refused(shop, order(tablet, floor, key="twice"), 409, "duplicate-suspected")

    assert (problem["order_id"], problem["number"]) == (first["id"], first["number"])
    assert problem["display_number"] == first["display_number"] == "T-1"
    assert sold(shop) == before
    meant = placed(order(tablet, floor, key="twice", confirm_duplicate=True))
    assert (meant["number"], meant["duplicate_of"]) == (2, None)


def test_after_a_cancel_the_same_basket_is_no_duplicate(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, duplicate_window_seconds=20, duplicate_action="confirm")
    tablet = floor.tablet(1)
    first = placed(order(tablet, floor))
    ok(shop.staff.post(f"/orders/{first['id']}/cancel", json={"reason_code": "staff_error"}))

    placed(order(tablet, floor))


def test_a_retry_is_the_first_answer_and_no_duplicate(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, duplicate_window_seconds=20, duplicate_action="confirm")
    tablet = floor.tablet(1)
    first = order(tablet, floor, key="retry")

    again = order(tablet, floor, key="retry")

    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
