"""A quote is refused as the order would be, and says of everything that is short how much is left."""

from typing import Any

import httpx
import pytest

from tests.support.floor import Floor
from tests.support.menu_building import add_category, add_item, ok
from tests.support.sets import Diner
from tests.support.shops import Json, Shop
from tests.support.switches import order, placed, sold, turn

STORE_REFUSES: list[tuple[Json, int, str]] = [
    ({"ordering_paused": True}, 409, "store-closed"),
    ({"max_quantity_per_order": 3}, 422, "order-too-large"),
    ({"max_lines_per_order": 1}, 422, "order-too-large"),
]


@pytest.fixture
def diner(shop: Shop) -> Diner:
    return Diner(shop)


def same_refusal(shop: Shop, tablet: httpx.Client, body: Json) -> Json:
    """The problem document that the quote gets, and the order too; nothing has changed."""
    before = sold(shop)
    problems = []
    for path, headers in (("/orders/quote", {}), ("/orders", {"Idempotency-Key": "one-key"})):
        answer = tablet.post(path, json=body, headers=headers)
        assert answer.is_client_error, answer.text
        problem = answer.json()
        del problem["request_id"]
        problems.append(problem)
    assert problems[0] == problems[1]
    assert sold(shop) == before
    return dict(problems[0])


def short(problem: Json) -> list[tuple[Any, ...]]:
    assert (problem["status"], problem["code"]) == (409, "stock-insufficient")
    return [(one["pointer"], one["code"], one["left"]) for one in problem["errors"]]


@pytest.mark.parametrize(("switches", "status", "code"), STORE_REFUSES)
def test_the_stores_switches_hold_for_quotes(
    shop: Shop, switches: Json, status: int, code: str
) -> None:
    floor = Floor(shop)
    turn(shop, **switches)
    lines = [{"item_id": floor.stew, "quantity": 2}] * 2

    problem = same_refusal(shop, floor.tablet(1), {"lines": lines})

    assert (problem["status"], problem["code"]) == (status, code)


def test_two_lines_of_what_is_short_are_both_named(shop: Shop) -> None:
    floor = Floor(shop)
    few = {"status": "available", "stock": 5}
    ok(shop.staff.put(f"/menu/items/{floor.stew}/availability", json=few))
    other = add_item(shop, add_category(shop), name={"ko": "밥"}, availability=few)["id"]
    wanted = [(floor.stew, 3), (other, 5), (floor.stew, 3)]
    lines = [{"item_id": item, "quantity": quantity} for item, quantity in wanted]

    problem = same_refusal(shop, floor.tablet(1), {"lines": lines})

    expected = [("/lines/0/item_id", 5), ("/lines/2/item_id", 5)]
    assert short(problem) == [(place, "stock-insufficient", left) for place, left in expected]
    placed(order(floor.tablet(1), floor, 3))
    again = same_refusal(shop, floor.tablet(1), {"lines": lines[1:]})
    assert short(again) == [("/lines/1/item_id", "stock-insufficient", 2)]


def test_options_and_choices_that_are_short_are_named_where_they_stand(diner: Diner) -> None:
    shop, count = diner.shop, {"status": "available", "stock": 1}
    diner.stock("stew", 3)
    diner.stock("cola", 3)
    ok(shop.staff.put(f"/menu/options/{diner.hot}/availability", json=count))
    body = diner.body(
        diner.choice(diner.side, "cola", 2),
        diner.choice(diner.main, "stew", 1, diner.hot),
        quantity=2,
    )
    body["lines"].append({"item_id": diner.dishes["stew"], "quantity": 1})

    problem = same_refusal(shop, diner.tablet, body)

    assert sorted(short(problem)) == [
        ("/lines/0/choices/0/item_id", "stock-insufficient", 3),
        ("/lines/0/choices/1/options/0", "stock-insufficient", 1),
    ]


def test_a_basket_without_counted_things_is_quoted(shop: Shop) -> None:
    floor = Floor(shop)
    body = {"lines": [{"item_id": floor.stew, "quantity": 99}]}
    assert ok(floor.tablet(1).post("/orders/quote", json=body))["total"] == 99 * 9_000
