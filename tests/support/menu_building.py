"""Building menus over HTTP, with an ordinary Korean stew as the default."""

from typing import Any

import httpx

from app.core.ids import uuid7
from tests.support.shops import Json, Shop


def ok(answer: httpx.Response, status: int = 200) -> Json:
    """The answer's body, if it has the status that the test relies on."""
    assert answer.status_code == status, answer.text
    body: Json = answer.json()
    return body


def add_category(shop: Shop, **fields: Any) -> Json:
    return ok(shop.manager.post("/menu/categories", json={"name": {"ko": "찌개"}, **fields}), 201)


def add_item(shop: Shop, category: Json, **fields: Any) -> Json:
    body = {
        "category_id": category["id"],
        "name": {"ko": "김치찌개", "en": "Kimchi stew"},
        "price": 9000,
        **fields,
    }
    return ok(shop.manager.post("/menu/items", json=body), 201)


def add_group(shop: Shop, **fields: Any) -> Json:
    """Two options: a mild one at no charge and a hot one at 500."""
    body = {
        "name": {"ko": "맵기", "en": "Spiciness"},
        "options": [
            {"name": {"ko": "순한맛", "en": "Mild"}},
            {"name": {"ko": "매운맛"}, "price": 500},
        ],
        **fields,
    }
    return ok(shop.manager.post("/menu/option-groups", json=body), 201)


def availability(shop: Shop, item: Json, wanted: Json) -> Json:
    return ok(shop.staff.put(f"/menu/items/{item['id']}/availability", json=wanted))


def state(thing: Json) -> Json:
    """The availability of an item or option as staff read it, without who set it and when."""
    own: Json = thing["availability"]
    return {name: own[name] for name in ("status", "until", "stock")}


def menu_items(shop: Shop) -> list[Json]:
    """All items that a tablet of the store sees."""
    body = ok(shop.tablet(uuid7()).get("/menu"))
    return [item for category in body["categories"] for item in category["items"]]


def if_match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}
