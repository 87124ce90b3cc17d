"""Counted things in parallel orders: items, options and what sets consist of are never oversold."""

from collections import Counter
from uuid import uuid4

import httpx
import pytest

from tests.support.floor import created
from tests.support.menu_building import add_category, add_group, add_item, menu_items, ok
from tests.support.racing import at_once, sender
from tests.support.sets import REASON, Diner
from tests.support.shops import Json, Shop

PORTIONS = 7
"""Of the stew; each order takes three of them, in two lines."""
EGGS = 5
"""Of the counted option; each order takes two of them."""


class Counted:
    """A stew with a required choice of one: a counted egg, or nothing else."""

    def __init__(self, shop: Shop, portions: int, eggs: int) -> None:
        self.shop = shop
        stock = {"status": "available", "stock": eggs}
        options = [{"name": {"ko": "계란"}, "price": 500, "availability": stock}]
        group = add_group(shop, min_select=1, options=options)
        self.egg = group["options"][0]["id"]
        self.stew = add_item(
            shop,
            add_category(shop),
            option_groups=[{"id": group["id"]}],
            availability={"status": "available", "stock": portions},
        )["id"]
        tables = [created(shop.manager, "/tables", {"number": number}) for number in range(1, 6)]
        self.tablets = [shop.tablet(table["id"]) for table in tables]

    def body(self, *portions: int) -> Json:
        option = {"option_id": self.egg}
        lines = [{"item_id": self.stew, "quantity": n, "options": [option]} for n in portions]
        return {"lines": lines}

    def left(self) -> tuple[int, int]:
        """Portions and eggs."""
        query = (
            "SELECT (SELECT stock FROM items WHERE store_id = %(store)s),"
            " (SELECT stock FROM options WHERE store_id = %(store)s)"
        )
        [(portions, eggs)] = self.shop.rows(query)
        return portions, eggs

    def order_at_once(self, body: Json) -> list[httpx.Response]:
        calls = [sender(one, "POST", "/orders", body, str(uuid4())) for one in self.tablets]
        answers = at_once(calls)
        refused = {answer.json()["code"] for answer in answers if answer.status_code != 201}
        assert refused <= {"stock-insufficient", "item-unavailable"}
        return answers


def accepted(answers: list[httpx.Response]) -> int:
    counts = Counter(answer.status_code for answer in answers)
    assert set(counts) <= {201, 409}
    return counts[201]


@pytest.mark.parametrize("turn", range(3))
def test_two_lines_of_one_item_take_their_portions_together(shop: Shop, turn: int) -> None:
    counted = Counted(shop, PORTIONS, 99)
    assert accepted(counted.order_at_once(counted.body(1, 2))) == 2
    assert counted.left() == (1, 93)


@pytest.mark.parametrize("turn", range(3))
def test_options_are_counted_over_all_lines(shop: Shop, turn: int) -> None:
    counted = Counted(shop, 99, EGGS)
    assert accepted(counted.order_at_once(counted.body(1, 1))) == 2
    assert counted.left() == (95, 1)


def test_the_last_option_of_a_required_group_takes_the_item_along(shop: Shop) -> None:
    """And brings it back when the order that took it is cancelled."""
    counted = Counted(shop, 99, 2)
    statuses = [item["availability"]["status"] for item in menu_items(shop)]
    assert statuses == ["available"]
    answers = counted.order_at_once(counted.body(1, 1))
    assert accepted(answers) == 1
    assert [item["availability"]["status"] for item in menu_items(shop)] == ["sold_out"]
    before = shop.counters()
    refused = counted.tablets[0].post("/orders/quote", json=counted.body(1))
    assert (refused.status_code, refused.json()["code"]) == (409, "item-unavailable")
    assert "/lines/0/item_id" in [one["pointer"] for one in refused.json()["errors"]]
    assert shop.counters() == before
    [order] = [answer.json() for answer in answers if answer.status_code == 201]
    ok(shop.manager.post(f"/orders/{order['id']}/cancel", json=REASON))
    assert [item["availability"]["status"] for item in menu_items(shop)] == ["available"]
    assert counted.left() == (99, 2)


@pytest.mark.parametrize("turn", range(3))
def test_cancelled_portions_of_a_set_leave_exact_sums_and_return_once(
    shop: Shop, turn: int
) -> None:
    """Five portions of a set are cancelled by ones and twos at once, more than there are."""
    diner = Diner(shop)
    diner.stock("cola", 20)
    order = diner.usual(quantity=5)
    whole, *parts = order["lines"]
    path = f"/orders/{order['id']}/lines/{whole['id']}/cancel"
    amounts = (1, 2, 1, 2, 1, 2)
    cancels = [sender(shop.staff, "POST", path, REASON | {"quantity": one}) for one in amounts]
    answers = at_once(cancels)
    assert {answer.status_code for answer in answers} <= {200, 422}
    gone = sum(
        amount for amount, answer in zip(amounts, answers, strict=True) if answer.status_code == 200
    )
    after = ok(shop.staff.get(f"/orders/{order['id']}"))
    assert after["lines"][0]["cancelled_quantity"] == gone <= 5
    left = 5 - gone
    assert diner.left("cola") == 20 - 2 * left
    shares = [part["total"] // 5 for part in parts]
    assert [part["total"] for part in after["lines"][1:]] == [share * left for share in shares]
    assert sum(shares) * left == after["lines"][0]["total"] == after["total"]
