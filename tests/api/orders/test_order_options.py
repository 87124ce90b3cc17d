"""Options of an order: which may be chosen, and what they cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.core.ids import uuid7
from tests.support.floor import created
from tests.support.menu_building import add_category, add_group, add_item, ok
from tests.support.shops import Json, Shop


@dataclass
class Bistro:
    """A stew for 9,000: one spiciness must be chosen, of toppings the first one is free."""

    shop: Shop

    def __post_init__(self) -> None:
        spice = add_group(self.shop, min_select=1, max_select=1)
        toppings = {
            "name": {"ko": "토핑"},
            "max_select": 5,
            "free_quota": 1,
            "options": [
                {"name": {"ko": "두부"}, "price": 1_000, "max_quantity": 3},
                {"name": {"ko": "치즈"}, "price": 1_500, "max_quantity": 2},
            ],
        }
        tofu, cheese = add_group(self.shop, **toppings)["options"]
        groups = self.shop.manager.get("/menu/option-groups").json()["data"]
        uses = [{"id": group["id"]} for group in groups]
        self.stew = add_item(self.shop, add_category(self.shop), option_groups=uses)["id"]
        self.mild, self.hot = (option["id"] for option in spice["options"])
        self.tofu, self.cheese = tofu["id"], cheese["id"]
        table = created(self.shop.manager, "/tables", {"number": 1})
        self.tablet = self.shop.tablet(table["id"])

    def body(self, *chosen: tuple[str, int], quantity: int = 1) -> Json:
        options = [{"option_id": id_, "quantity": count} for id_, count in chosen]
        return {"lines": [{"item_id": self.stew, "quantity": quantity, "options": options}]}

    def place(self, body: Json, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self.tablet.post("/orders", json=body, headers=headers)

    def refused(self, body: Json) -> list[dict[str, Any]]:
        """The places that the refusal names, once quote and order agree and nothing has changed."""
        before = self.shop.counters()
        quoted = self.tablet.post("/orders/quote", json=body).json()
        answer = self.place(body)
        assert (answer.status_code, answer.json()["code"]) == (422, "option-invalid"), answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (quoted["code"], quoted["errors"]) == ("option-invalid", answer.json()["errors"])
        assert self.shop.counters() == before
        assert self.shop.rows("SELECT id FROM orders WHERE store_id = %(store)s") == []
        errors: list[dict[str, Any]] = answer.json()["errors"]
        return errors


@pytest.fixture
def bistro(shop: Shop) -> Bistro:
    return Bistro(shop)


def test_a_missing_choice_is_named_by_its_place(bistro: Bistro) -> None:
    plain, complete = bistro.body(), bistro.body((bistro.mild, 1))
    both = {"lines": [*complete["lines"], *plain["lines"]]}

    [error] = bistro.refused(both)

    assert (error["pointer"], error["code"]) == ("/lines/1/options", "too-few")
    assert "맵기" in error["detail"]


def test_every_wrong_option_is_named_by_its_place(bistro: Bistro, other_shop: Shop) -> None:
    foreign = add_group(other_shop)["options"][0]["id"]
    chosen = [(bistro.mild, 1), (str(uuid7()), 1), (bistro.tofu, 4), (bistro.cheese, 1)]
    chosen += [(foreign, 1), (bistro.cheese, 1)]

    errors = bistro.refused(bistro.body(*chosen))

    places = [f"/lines/0/options/{place}" for place in (1, 2, 4, 5)]
    assert [error["pointer"] for error in errors] == places
    # What another store has and what nobody has are told apart by nothing.
    assert errors[0]["detail"] == errors[2]["detail"]


@pytest.mark.parametrize("spices", [("mild", "hot"), ()])
def test_a_group_takes_as_many_choices_as_it_says(bistro: Bistro, spices: tuple[str, ...]) -> None:
    [error] = bistro.refused(bistro.body(*((getattr(bistro, name), 1) for name in spices)))

    assert error["pointer"] == "/lines/0/options"


@pytest.mark.parametrize("quantity", [0, 100, 1.0, "1", True])
def test_an_options_quantity_is_a_whole_number_in_range(bistro: Bistro, quantity: Any) -> None:
    answer = bistro.place(bistro.body((bistro.mild, quantity)))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/lines/0/options/0/quantity"


def test_an_option_counts_for_every_portion(bistro: Bistro) -> None:
    # One of three tofus is free; (9,000 + 500 + 2 × 1,000 + 1,500) × 4.
    body = bistro.body((bistro.hot, 1), (bistro.tofu, 3), (bistro.cheese, 1), quantity=4)
    plain = bistro.body((bistro.mild, 1), quantity=2)
    both = {"lines": [*body["lines"], *plain["lines"]], "expected_total": 70_000}

    quote = ok(bistro.tablet.post("/orders/quote", json=both))
    order = ok(bistro.place(both), 201)

    assert [line["total"] for line in order["lines"]] == [52_000, 18_000]
    assert (quote["total"], order["total"]) == (70_000, 70_000)
    for line in order["lines"]:
        options = sum(option["price"] * option["quantity"] for option in line["options"])
        assert (line["unit_price"] + options) * line["quantity"] == line["total"]
    stored = "SELECT total FROM orders WHERE store_id = %(store)s"
    assert bistro.shop.rows(stored) == [(70_000,)]
    assert bistro.tablet.get("/session").json()["total"] == 70_000


def test_what_is_free_does_not_depend_on_the_order_of_the_choices(bistro: Bistro) -> None:
    choices = [(bistro.cheese, 1), (bistro.tofu, 1), (bistro.mild, 1)]

    one = ok(bistro.place(bistro.body(*choices)), 201)
    other = ok(bistro.place(bistro.body(*choices[::-1])), 201)

    # The menu names tofu first, so tofu is the free one.
    assert (one["total"], other["total"]) == (10_500, 10_500)
    charged = {option["option_id"]: option["price"] for option in one["lines"][0]["options"]}
    assert charged == {bistro.mild: 0, bistro.tofu: 0, bistro.cheese: 1_500}


def test_cancelled_portions_take_their_options_along(bistro: Bistro) -> None:
    body = bistro.body((bistro.hot, 1), (bistro.cheese, 2), quantity=3)
    order = ok(bistro.place(body), 201)
    assert order["total"] == 33_000
    path = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/cancel"

    left = ok(bistro.shop.staff.post(path, json={"quantity": 2, "reason_code": "other"}))

    assert (left["total"], left["lines"][0]["total"]) == (11_000, 11_000)


def test_a_refused_order_leaves_its_key_free(bistro: Bistro) -> None:
    key = str(uuid4())
    good = bistro.body((bistro.mild, 1))
    wrong: list[tuple[Json, int, str]] = [
        (bistro.body(), 422, "option-invalid"),
        (good | {"expected_total": 1}, 409, "price-changed"),
        (good | {"unknown": 1}, 422, "invalid-request"),
    ]
    for body, status, code in wrong:
        refused = bistro.place(body, key)
        assert (refused.status_code, refused.json()["code"]) == (status, code)

    placed = bistro.place(good, key)
    again = bistro.place(good, key)

    assert (placed.status_code, again.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in placed.headers
    assert again.content == placed.content
    assert bistro.shop.rows("SELECT count(*) FROM orders WHERE store_id = %(store)s") == [(1,)]


def test_an_order_refused_for_lack_of_stock_leaves_its_key_free(bistro: Bistro) -> None:
    shop, key = bistro.shop, str(uuid4())
    stock = {"status": "available", "stock": 1}
    ok(shop.staff.put(f"/menu/items/{bistro.stew}/availability", json=stock))

    refused = bistro.place(bistro.body((bistro.mild, 1), quantity=2), key)
    placed = bistro.place(bistro.body((bistro.mild, 1)), key)

    assert (refused.status_code, refused.json()["code"]) == (409, "stock-insufficient")
    assert placed.status_code == 201
    assert shop.rows("SELECT stock FROM items WHERE store_id = %(store)s") == [(0,)]


def _keep(shop: Shop, item: str) -> None:
    """The order itself changes enough: it takes the last one."""


def _sell_out(shop: Shop, item: str) -> None:
    path = f"/menu/items/{item}/availability"
    ok(shop.staff.put(path, json={"status": "sold_out"}))


def _archive(shop: Shop, item: str) -> None:
    assert shop.manager.delete(f"/menu/items/{item}").status_code == 204


def _make_dearer(shop: Shop, item: str) -> None:
    path = f"/menu/items/{item}"
    tag = {"If-Match": shop.manager.get(path).headers["ETag"]}
    ok(shop.manager.patch(path, json={"price": 9_500}, headers=tag))


@pytest.mark.parametrize(
    ("stock", "change", "code"),
    [
        (1, _keep, "item-unavailable"),
        (9, _sell_out, "item-unavailable"),
        (9, _archive, "item-unavailable"),
        (9, _make_dearer, "price-changed"),
    ],
)
def test_a_retry_gets_its_answer_though_the_menu_would_refuse_it_by_now(
    bistro: Bistro, stock: int, change: Callable[[Shop, str], None], code: str
) -> None:
    shop, key = bistro.shop, str(uuid4())
    left = {"status": "available", "stock": stock}
    ok(shop.staff.put(f"/menu/items/{bistro.stew}/availability", json=left))
    body = bistro.body((bistro.mild, 1)) | {"expected_total": 9_000}

    placed = ok(bistro.place(body, key), 201)
    change(shop, bistro.stew)
    # From here on the worker that is asked knows the new menu.
    ok(bistro.tablet.get("/menu"))
    before = shop.counters()
    again = bistro.place(body, key)
    other = bistro.place(body | {"note": "덜 맵게"}, key)

    assert again.status_code == 201, again.text
    assert again.json() == placed
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert bistro.place(body).json()["code"] == code
    assert shop.counters() == before
