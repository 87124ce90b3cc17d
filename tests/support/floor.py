"""A shop with one dish and as many tables as a test asks for."""

from typing import Any
from uuid import UUID

import httpx

from tests.support.shops import Json, Shop


class Floor:
    """`stew` costs 9,000 won; tables and their tablets are made when first asked for."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        category = created(shop.manager, "/menu/categories", {"name": {"ko": "찌개"}})
        stew = {
            "category_id": category["id"],
            "name": {"ko": "김치찌개", "en": "Kimchi stew"},
            "price": 9_000,
        }
        self.stew = created(shop.manager, "/menu/items", stew)["id"]
        self._tables: dict[int, UUID] = {}

    def table(self, number: int) -> UUID:
        if number not in self._tables:
            table = created(self.shop.manager, "/tables", {"number": number})
            self._tables[number] = UUID(table["id"])
        return self._tables[number]

    def tablet(self, number: int) -> httpx.Client:
        return self.shop.tablet(self.table(number))


def created(client: httpx.Client, path: str, body: Json) -> Json:
    """What a POST has made; anything but 201 fails the test."""
    response = client.post(path, json=body)
    assert response.status_code == 201, response.text
    answer: Json = response.json()
    return answer


def order_body(item_id: str, quantity: int) -> dict[str, Any]:
    return {"lines": [{"item_id": item_id, "quantity": quantity}]}
