"""Sets in orders: one line that counts, its parts for the kitchen, and sums that are exact."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from tests.support.menu_building import ok
from tests.support.sets import REASON, Diner
from tests.support.shops import Json, Shop


@pytest.fixture
def diner(shop: Shop) -> Diner:
    return Diner(shop)


def parts(order: Json) -> list[Json]:
    return [line for line in order["lines"] if line["parent_line_id"] is not None]


def check_sums(order: Json) -> None:
    """The parts sum to their set, and the order to what has no parent."""
    whole, *others = order["lines"]
    assert all(line["parent_line_id"] == whole["id"] for line in others)
    assert sum(line["total"] for line in others) == whole["total"] == order["total"]
    left = whole["quantity"] - whole["cancelled_quantity"]
    options = sum(one["price"] * one["quantity"] for one in whole["options"])
    assert whole["total"] == (whole["unit_price"] + options) * left


@pytest.mark.parametrize("quantity", [1, 2, 7, 99])
def test_the_parts_sum_to_the_set_exactly(diner: Diner, quantity: int) -> None:
    body = diner.body(
        diner.choice(diner.main, "stew", 1, diner.hot),
        diner.choice(diner.side, "cola"),
        diner.choice(diner.side, "rice"),
        quantity=quantity,
    )
    quote = ok(diner.tablet.post("/orders/quote", json=body))
    order = ok(diner.place(body), 201)

    # 13,000, hot stew 500 and cola 500 more.
    assert order["total"] == quote["total"] == 14_000 * quantity
    check_sums(order)
    [line] = quote["lines"]
    assert sum(part["total"] for part in line["choices"]) == line["total"]
    assert [part["total"] for part in line["choices"]] == [one["total"] for one in parts(order)]
    assert ok(diner.shop.staff.get(f"/orders/{order['id']}"))["lines"] != []
    assert ok(diner.tablet.get(f"/orders/{order['id']}")) == order
    assert ok(diner.tablet.get("/session"))["total"] == 14_000 * quantity


def test_a_part_says_what_it_was_chosen_for(diner: Diner) -> None:
    order = diner.usual(quantity=3)
    stew, cola = parts(order)
    assert stew["slot"] == {"id": diner.main, "name": "main"}
    assert (cola["item_id"], cola["quantity"]) == (diner.dishes["cola"], 6)
    events = [data for kind, data in diner.shop.events() if kind == "order.created"]
    assert [line["parent_line_id"] for line in events[0]["lines"]] == [
        line["parent_line_id"] for line in order["lines"]
    ]


def test_each_line_says_what_it_contains_and_keeps_saying_so(diner: Diner) -> None:
    order = diner.order(diner.choice(diner.main, "galbitang"))
    whole, beef = order["lines"]
    assert (whole["allergens"], beef["allergens"]) == (["beef", "sesame"], ["beef"])
    path = f"/menu/items/{diner.dishes['galbitang']}"
    tag = {"If-Match": diner.shop.manager.get(path).headers["ETag"]}
    ok(diner.shop.manager.patch(path, json={"allergens": ["egg"]}, headers=tag))
    assert ok(diner.tablet.get(f"/orders/{order['id']}"))["lines"] == order["lines"]


def test_what_does_not_fit_the_set_is_pointed_at(diner: Diner) -> None:
    stew, cola = diner.choice(diner.main, "stew"), diner.choice(diner.side, "cola")
    plain = {"item_id": diner.dishes["rice"], "quantity": 1, "choices": [stew]}
    wrong: list[tuple[Json, str, str]] = [
        (diner.body(), "/lines/0/choices", "too-few"),
        (diner.body(cola), "/lines/0/choices", "too-few"),
        (diner.body(stew, stew), "/lines/0/choices", "too-many"),
        (diner.body(stew, {**cola, "quantity": 3}), "/lines/0/choices", "too-many"),
        (diner.body(stew, {**cola, "slot_id": stew["item_id"]}), "/lines/0/choices/1/slot_id", "unknown"),
        (diner.body(stew, {**cola, "item_id": stew["item_id"]}), "/lines/0/choices/1/item_id", "unknown"),
        ({"lines": [plain]}, "/lines/0/choices", "unknown"),
    ]  # fmt: skip
    before = diner.shop.counters()
    for body, pointer, code in wrong:
        for answer in (diner.place(body), diner.tablet.post("/orders/quote", json=body)):
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (422, "choice-invalid"), problem
            assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [(pointer, code)]
            assert bool(problem["slots"]) == code.startswith("too-")
    assert diner.shop.counters() == before
    assert diner.shop.rows("SELECT id FROM orders WHERE store_id = %(store)s") == []


def test_an_option_of_a_choice_is_checked_where_it_stands(diner: Diner) -> None:
    cola = diner.choice(diner.side, "cola", 1, diner.hot)
    answer = diner.place(diner.body(diner.choice(diner.main, "stew"), cola))
    assert (answer.status_code, answer.json()["code"]) == (422, "option-invalid")
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/lines/0/choices/1/options/0", "unknown")


def test_every_rule_of_a_group_holds_for_a_choice_too(diner: Diner) -> None:
    """The stew's spice becomes required: one of two, each at most once."""
    mild = diner.spice["options"][0]["id"]
    path = f"/menu/option-groups/{diner.spice['id']}"
    ok(diner.shop.manager.patch(path, json={"min_select": 1}, headers={"If-Match": '"1"'}))
    option = "/lines/0/choices/0/options"
    wrong: list[tuple[list[Json], str, str, int]] = [
        ([], option, "too-few", 0),
        ([{"option_id": mild}, {"option_id": diner.hot}], option, "too-many", 2),
        ([{"option_id": mild, "quantity": 2}], f"{option}/0", "too-many", 2),
        ([{"option_id": mild}, {"option_id": mild}], f"{option}/1", "repeated", 1),
        ([{"option_id": mild}, {"option_id": diner.main}], f"{option}/1", "unknown", 1),
    ]
    before = diner.shop.counters()
    for options, pointer, code, selected in wrong:
        stew = {**diner.choice(diner.main, "stew"), "options": options}
        for answer in (
            diner.place(diner.body(stew)),
            diner.tablet.post("/orders/quote", json=diner.body(stew)),
        ):
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (422, "option-invalid"), problem
            assert (pointer, code) in [(one["pointer"], one["code"]) for one in problem["errors"]]
            for group in problem["groups"]:
                assert (group["pointer"], group["group_id"]) == (option, diner.spice["id"])
                assert (group["min_select"], group["max_select"]) == (1, 1)
                assert group["selected"] == selected
            assert bool(problem["groups"]) == (selected != 1)
    assert diner.shop.counters() == before
    assert diner.shop.rows("SELECT id FROM orders WHERE store_id = %(store)s") == []


def test_a_choice_of_another_time_of_day_is_refused_with_its_reason(diner: Diner) -> None:
    path = f"/menu/items/{diner.dishes['cola']}"
    later = clock.now().astimezone(ZoneInfo("Asia/Seoul")) + timedelta(days=2)
    window = {"weekday": later.isoweekday(), "start": "11:00", "end": "14:00"}
    tag = {"If-Match": diner.shop.manager.get(path).headers["ETag"]}
    ok(diner.shop.manager.patch(path, json={"dayparts": [window]}, headers=tag))
    before = diner.shop.counters()
    answer = diner.place(
        diner.body(diner.choice(diner.main, "stew"), diner.choice(diner.side, "cola"))
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "item-unavailable")
    found = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
    assert found == [("/lines/0/choices/1/item_id", "not-now")]
    assert diner.shop.counters() == before


def test_a_choice_that_is_sold_out_is_refused_where_it_stands(diner: Diner) -> None:
    diner.stock("cola", 0)
    answer = diner.place(
        diner.body(diner.choice(diner.main, "stew"), diner.choice(diner.side, "cola"))
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "item-unavailable")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/lines/0/choices/1/item_id"]


def test_chosen_dishes_are_taken_from_stock_and_given_back(diner: Diner) -> None:
    diner.stock("cola", 9)
    order = diner.usual(quantity=3)
    assert diner.left("cola") == 3
    more = diner.body(
        diner.choice(diner.main, "stew"), diner.choice(diner.side, "cola", 2), quantity=2
    )
    refused = diner.place(more)
    assert (refused.status_code, refused.json()["code"]) == (409, "stock-insufficient")
    assert diner.left("cola") == 3

    path = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/cancel"
    left = ok(diner.shop.staff.post(path, json={**REASON, "quantity": 2}))

    assert diner.left("cola") == 7
    assert [line["cancelled_quantity"] for line in left["lines"]] == [2, 2, 4]
    assert left["total"] == 14_000
    check_sums(left)
    gone = ok(diner.shop.staff.post(f"/orders/{order['id']}/cancel", json=REASON))
    assert {line["status"] for line in gone["lines"]} == {"cancelled"}
    assert (gone["status"], gone["total"], diner.left("cola")) == ("cancelled", 0, 9)
    check_sums(gone)


def test_a_part_can_not_be_cancelled_alone(diner: Diner) -> None:
    order = diner.usual()
    before = diner.shop.counters()
    for part in parts(order):
        path = f"/orders/{order['id']}/lines/{part['id']}/cancel"
        answer = diner.shop.manager.post(path, json={**REASON, "quantity": 1})
        assert (answer.status_code, answer.json()["code"]) == (409, "part-of-set")
        assert answer.json()["parent_line_id"] == order["lines"][0]["id"]
    assert diner.shop.counters() == before
    assert ok(diner.tablet.get(f"/orders/{order['id']}")) == order


def test_the_set_follows_its_least_advanced_part(diner: Diner) -> None:
    order = diner.usual()
    whole, stew, cola = (f"/orders/{order['id']}/lines/{one['id']}" for one in order["lines"])

    def states(path: str, status: str) -> list[str]:
        moved = ok(diner.shop.kitchen.patch(path, json={"status": status}))
        return [moved["status"], *(line["status"] for line in moved["lines"])]

    assert states(cola, "served") == ["pending", "pending", "pending", "served"]
    assert states(stew, "preparing") == ["preparing", "preparing", "preparing", "served"]
    assert states(whole, "ready") == ["ready", "ready", "ready", "served"]
    assert states(whole, "preparing") == ["preparing", "preparing", "preparing", "served"]
    assert states(f"/orders/{order['id']}", "served") == ["served"] * 4
    refused = diner.shop.kitchen.patch(whole, json={"status": "pending"})
    assert (refused.status_code, refused.json()["code"]) == (409, "transition-invalid")


def test_a_set_with_a_served_part_takes_a_manager_to_cancel(diner: Diner) -> None:
    order = diner.usual()
    whole, _, cola = (f"/orders/{order['id']}/lines/{one['id']}" for one in order["lines"])
    ok(diner.shop.kitchen.patch(cola, json={"status": "served"}))
    before = diner.shop.counters()
    cancel = {**REASON, "quantity": 1}
    assert diner.shop.staff.post(f"{whole}/cancel", json=cancel).status_code == 403
    assert diner.shop.counters() == before
    assert ok(diner.shop.manager.post(f"{whole}/cancel", json=cancel))["status"] == "cancelled"


def test_a_session_does_not_close_over_an_unfinished_part(diner: Diner) -> None:
    order = diner.usual()
    cola = f"/orders/{order['id']}/lines/{order['lines'][2]['id']}"
    ok(diner.shop.kitchen.patch(cola, json={"status": "served"}))
    path = f"/sessions/{order['session_id']}/close"
    refused = diner.shop.manager.post(path, json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "close-blocked")

    closed = ok(diner.shop.manager.post(path, json={"force": True, "reason": "left early"}))

    # A set can't be charged in part: with something unfinished, all of it goes.
    assert closed["total"] == 0
    after = ok(diner.shop.staff.get(f"/orders/{order['id']}"))
    assert {line["status"] for line in after["lines"]} == {"cancelled"}


def test_the_board_counts_a_set_once(diner: Diner) -> None:
    diner.usual(quantity=2)
    [row] = ok(diner.shop.staff.get("/tables/board"))["tables"]
    assert row["total"] == 28_000
