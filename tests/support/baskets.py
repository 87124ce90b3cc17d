"""Phones that fill a basket together."""

from typing import Any
from uuid import uuid4

import httpx

from tests.support.floor import Floor
from tests.support.menu_building import ok
from tests.support.shops import Json, Shop

BASKET = "/session/basket"


def line(item_id: str, quantity: int = 1, **more: Any) -> Json:
    """A new line under an id of its own; `version` makes it a change."""
    return {"id": str(uuid4()), "item_id": item_id, "quantity": quantity} | more


def changed(there: Json, **changes: Any) -> Json:
    """The line that was read, as it is to be."""
    names = ("id", "version", "item_id", "quantity", "options", "choices", "note", "seat")
    return {name: there[name] for name in names} | changes


def ref(there: Json) -> Json:
    return {"id": there["id"], "version": there["version"]}


def put(client: httpx.Client, *lines: Json, removed: tuple[Json, ...] = ()) -> httpx.Response:
    body = {"lines": list(lines), "removed": [ref(one) for one in removed]}
    return client.put(BASKET, json=body)


def basket(client: httpx.Client) -> Json:
    return ok(client.get(BASKET))


def submit(client: httpx.Client, key: str = "", **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return client.post(f"{BASKET}/submit", json=body, headers=headers)


def filled(floor: Floor, client: httpx.Client, *quantities: int) -> list[Json]:
    """The lines of a basket into which a client has put stews."""
    put_in = ok(put(client, *[line(floor.stew, quantity) for quantity in quantities]))
    lines: list[Json] = put_in["lines"]
    return lines


def kept(shop: Shop) -> list[tuple[Any, ...]]:
    """What the store's baskets hold."""
    query = "SELECT session_id::text, id::text, quantity, version FROM basket_lines"
    return shop.rows(f"{query} WHERE store_id = %(store)s ORDER BY id")


def basket_events(shop: Shop) -> list[Json]:
    return [data for kind, data in shop.events() if kind == "session.basket_updated"]
