"""Sets against everything that happens to their parts in the same instant."""

from collections.abc import Callable

import httpx
import pytest

from tests.support.menu_building import if_match, ok
from tests.support.racing import at_once, sender
from tests.support.sets import REASON, Diner
from tests.support.shops import Json, Shop


@pytest.mark.parametrize("turn", range(3))
def test_the_last_portions_go_to_as_many_sets_as_there_are(shop: Shop, turn: int) -> None:
    diner = Diner(shop)
    diner.stock("cola", 5)
    body = diner.body(diner.choice(diner.main, "stew"), diner.choice(diner.side, "cola", 2))
    calls = [sender(diner.tablet, "POST", "/orders", body, f"set-{n}") for n in range(6)]

    answers: list[httpx.Response] = at_once(calls)

    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 4
    assert diner.left("cola") == 1
    query = "SELECT count(*) FROM order_lines WHERE store_id = %(store)s"
    assert shop.rows(query) == [(6,)]


@pytest.mark.parametrize("turn", range(6))
def test_a_set_is_cancelled_with_its_parts_or_served(shop: Shop, turn: int) -> None:
    diner = Diner(shop)
    diner.stock("cola", 9)
    order = diner.usual(quantity=2)
    path = f"/orders/{order['id']}"
    whole, _, cola = (line["id"] for line in order["lines"])
    cancel = sender(shop.staff, "POST", f"{path}/lines/{whole}/cancel", REASON | {"quantity": 2})
    serve = sender(shop.kitchen, "PATCH", f"{path}/lines/{cola}", {"status": "served"})

    cancelled, served = at_once([cancel, serve])

    after = ok(shop.staff.get(path))
    if cancelled.status_code == 200:
        assert served.status_code == 409
        assert {line["status"] for line in after["lines"]} == {"cancelled"}
        assert (after["total"], diner.left("cola")) == (0, 9)
    else:
        assert (cancelled.status_code, served.status_code) == (403, 200)
        assert [line["status"] for line in after["lines"]] == ["pending", "pending", "served"]
        assert (after["total"], diner.left("cola")) == (order["total"], 5)


@pytest.mark.parametrize("turn", range(4))
def test_two_items_never_become_sets_of_each_other(shop: Shop, turn: int) -> None:
    diner = Diner(shop)

    def put(item: str, choice: str) -> Callable[[], int]:
        slot: Json = {"name": {"ko": "밥"}, "choices": [{"item_id": diner.dishes[choice]}]}
        path = f"/menu/items/{diner.dishes[item]}/set"

        def send() -> int:
            headers = {
                "Authorization": shop.manager.headers["Authorization"],
                **if_match(version[item]),
            }
            with httpx.Client(trust_env=False, timeout=30) as fresh:
                url = str(shop.manager.base_url).rstrip("/") + path
                return fresh.put(url, json={"set_slots": [slot]}, headers=headers).status_code

        return send

    diner.put()
    version = {
        dish: ok(shop.manager.get(f"/menu/items/{diner.dishes[dish]}"))["version"]
        for dish in ("rice", "cola")
    }

    statuses = at_once([put("rice", "cola"), put("cola", "rice")])

    assert sorted(statuses) == [200, 422]
