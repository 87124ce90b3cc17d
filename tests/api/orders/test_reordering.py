"""The same basket again: at today's prices, and what of it can't be had."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.credentials import enter
from tests.support.floor import Floor, order_body
from tests.support.menu_building import if_match, ok
from tests.support.sets import Diner
from tests.support.shops import Json, Shop

REASON = {"reason_code": "guest_request"}


def place(client: httpx.Client, body: Json, status: int = 201) -> Json:
    return ok(client.post("/orders", json=body, headers={"Idempotency-Key": str(uuid4())}), status)


def again(client: httpx.Client, order: Json) -> Json:
    return ok(client.post(f"/orders/{order['id']}/reorder-quote"))


def problems(line: Json) -> list[tuple[str, str]]:
    return [(one["pointer"], one["code"]) for one in line["problems"]]


def available(shop: Shop, path: str, **wanted: Any) -> None:
    ok(shop.staff.put(f"/menu/{path}/availability", json=wanted))


def set_price(shop: Shop, item: str, price: int) -> None:
    path = f"/menu/items/{item}"
    version = ok(shop.manager.get(path))["version"]
    ok(shop.manager.patch(path, json={"price": price}, headers=if_match(version)))


def test_the_same_basket_can_be_sent_as_it_is(shop: Shop) -> None:
    floor = Floor(shop)
    line = {"item_id": floor.stew, "quantity": 2, "note": "덜 맵게", "seat": 3}
    order = place(floor.tablet(1), {"lines": [line], "note": "빨리요"})
    counters = shop.counters()

    quote = again(floor.tablet(1), order)

    assert shop.counters() == counters
    [shown] = quote["lines"]
    assert (shown["was"], shown["now"]["total"], shown["price_change"]) == (18_000, 18_000, 0)
    assert (shown["line_id"], shown["problems"]) == (order["lines"][0]["id"], [])
    assert shown["wanted"] == line | {"options": [], "choices": []}
    assert (quote["total"], quote["currency"]) == (18_000, "KRW")
    second = place(floor.tablet(1), quote["order"])
    assert (second["total"], second["note"]) == (18_000, "빨리요")
    assert [one["seat"] for one in second["lines"]] == [3]


def test_what_costs_something_else_today_says_so(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), order_body(floor.stew, 2))
    set_price(shop, floor.stew, 9_500)

    quote = again(floor.tablet(1), order)

    [line] = quote["lines"]
    assert (line["was"], line["now"]["unit_price"], line["price_change"]) == (18_000, 9_500, 1_000)
    assert quote["order"]["expected_total"] == quote["total"] == 19_000
    assert place(floor.tablet(1), quote["order"])["total"] == 19_000


def test_cancelled_portions_are_not_ordered_again(shop: Shop) -> None:
    floor = Floor(shop)
    lines = [order_body(floor.stew, quantity)["lines"][0] for quantity in (3, 1)]
    order = place(floor.tablet(1), {"lines": lines})
    first, second = (f"/orders/{order['id']}/lines/{one['id']}" for one in order["lines"])
    ok(shop.staff.post(f"{first}/cancel", json=REASON | {"quantity": 1}))
    ok(shop.staff.post(f"{second}/cancel", json=REASON | {"quantity": 1}))

    [line] = again(floor.tablet(1), order)["lines"]

    assert (line["line_id"], line["wanted"]["quantity"]) == (order["lines"][0]["id"], 2)
    assert (line["was"], line["price_change"]) == (18_000, 0)
    ok(shop.staff.post(f"/orders/{order['id']}/cancel", json=REASON))
    nothing = again(floor.tablet(1), order)
    assert (nothing["lines"], nothing["total"], nothing["order"]) == ([], 0, None)


def test_a_set_comes_again_with_its_choices_and_their_options(shop: Shop) -> None:
    diner = Diner(shop)
    order = diner.order(
        diner.choice(diner.main, "stew", 1, diner.hot),
        diner.choice(diner.side, "cola", 2),
        quantity=2,
    )

    quote = again(diner.tablet, order)

    [line] = quote["lines"]
    assert line["price_change"] == 0
    chosen = [(one["item_id"], one["quantity"]) for one in line["wanted"]["choices"]]
    assert chosen == [(diner.dishes["stew"], 1), (diner.dishes["cola"], 2)]
    second = place(diner.tablet, quote["order"])
    assert second["total"] == order["total"]
    shown = ("item_id", "quantity", "unit_price", "total", "options")
    assert [[one[name] for name in shown] for one in second["lines"]] == [
        [one[name] for name in shown] for one in order["lines"]
    ]


def test_what_can_not_be_had_is_named_and_the_rest_can(shop: Shop) -> None:
    diner = Diner(shop)
    dishes = diner.dishes
    lines = [
        {"item_id": dishes["galbitang"], "quantity": 1},
        {"item_id": dishes["stew"], "quantity": 1, "options": [{"option_id": diner.hot}]},
        diner.body(diner.choice(diner.main, "stew"), diner.choice(diner.side, "cola"))["lines"][0],
        {"item_id": dishes["rice"], "quantity": 2},
    ]
    order = place(diner.tablet, {"lines": lines})
    available(shop, f"items/{dishes['galbitang']}", status="sold_out")
    available(shop, f"options/{diner.hot}", status="sold_out")
    available(shop, f"items/{dishes['cola']}", status="hidden")

    quote = again(diner.tablet, order)

    found = [problems(one) for one in quote["lines"]]
    assert found == [
        [("/item_id", "item-unavailable")],
        [("/options/0", "item-unavailable")],
        [("/choices/1/item_id", "item-unavailable")],
        [],
    ]
    assert [one["now"] is None for one in quote["lines"]] == [True, True, True, False]
    assert place(diner.tablet, quote["order"])["total"] == quote["total"] == 2_000


def test_an_archived_dish_and_a_changed_set_are_named(shop: Shop) -> None:
    diner = Diner(shop)
    first = place(diner.tablet, {"lines": [{"item_id": diner.dishes["cola"], "quantity": 1}]})
    second = diner.usual()
    assert shop.manager.delete(f"/menu/items/{diner.dishes['cola']}").status_code == 204
    main = diner.slot("main", 2, 2, {"stew": 0}) | {"id": diner.main}
    diner.put(main)

    assert problems(again(diner.tablet, first)["lines"][0]) == [("/item_id", "item-unavailable")]
    [line] = again(diner.tablet, second)["lines"]
    assert set(problems(line)) == {("/choices", "too-few"), ("/choices/1/slot_id", "unknown")}


def test_counted_stock_is_shared_by_the_lines(shop: Shop) -> None:
    floor = Floor(shop)
    lines = [order_body(floor.stew, quantity)["lines"][0] for quantity in (2, 3, 1)]
    order = place(floor.tablet(1), {"lines": lines})
    available(shop, f"items/{floor.stew}", status="available", stock=3)

    quote = again(floor.tablet(1), order)

    assert [problems(one) for one in quote["lines"]] == [
        [],
        [("/quantity", "stock-insufficient")],
        [],
    ]
    assert [one["quantity"] for one in quote["order"]["lines"]] == [2, 1]
    place(floor.tablet(1), quote["order"])


@pytest.mark.parametrize("closed", [False, True])
def test_staff_order_it_for_the_session_or_its_table(shop: Shop, *, closed: bool) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), order_body(floor.stew, 1))
    if closed:
        ok(shop.kitchen.patch(f"/orders/{order['id']}", json={"status": "served"}))
        ok(shop.staff.post(f"/sessions/{order['session_id']}/close", json={}))

    second = place(shop.staff, again(shop.staff, order)["order"])

    assert second["table"] == order["table"]
    assert (second["session_id"] == order["session_id"]) is not closed


def test_a_party_sees_no_other_partys_basket(shop: Shop) -> None:
    floor = Floor(shop)
    mine = place(floor.tablet(1), order_body(floor.stew, 1))
    guest = enter(shop, floor.table(1)).http
    other = place(floor.tablet(2), order_body(floor.stew, 1))

    for client in (guest, floor.tablet(1)):
        assert again(client, mine)["total"] == 9_000
        refused = client.post(f"/orders/{other['id']}/reorder-quote")
        assert (refused.status_code, refused.json()["code"]) == (404, "not-found")


def test_whoever_does_not_order_asks_for_no_price(shop: Shop) -> None:
    floor = Floor(shop)
    order = place(floor.tablet(1), order_body(floor.stew, 1))
    refused = shop.kitchen.post(f"/orders/{order['id']}/reorder-quote")
    assert refused.status_code == 403
