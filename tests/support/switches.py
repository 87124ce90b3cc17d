"""A store whose switches a test turns, and orders as each kind of client places them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from app.core import clock
from app.core.security.permissions import Role
from tests.support.floor import Floor, created
from tests.support.menu_building import if_match, ok
from tests.support.shops import Json, Shop


def store(shop: Shop) -> Json:
    return ok(shop.client(Role.OWNER).get("/store"))


def turn(shop: Shop, **switches: Any) -> Json:
    """Change settings of the store; it as PATCH answers."""
    owner = shop.client(Role.OWNER)
    while True:
        version = store(shop)["version"]
        answer = owner.patch("/store", json=switches, headers=if_match(version))
        # What time has changed may be told between the two.
        if answer.status_code != 412:
            return ok(answer)


def pos(shop: Shop) -> httpx.Client:
    """A point of sale with a key of its own."""
    key = {"name": "POS", "scopes": ["orders:read", "orders:write"]}
    made = created(shop.client(Role.OWNER), "/api-keys", key)
    return shop.connect(f"Bearer {made['key']}")


def order(
    client: httpx.Client, floor: Floor, *quantities: int, key: str | None = None, **more: Any
) -> httpx.Response:
    """An order of stews, one line for each quantity; a single portion unless told otherwise."""
    lines = [{"item_id": floor.stew, "quantity": one} for one in quantities or (1,)]
    headers = {"Idempotency-Key": key or str(uuid4())}
    return client.post("/orders", json={"lines": lines, **more}, headers=headers)


def placed(answer: httpx.Response) -> Json:
    assert answer.status_code == 201, answer.text
    body: Json = answer.json()
    return body


def refused(shop: Shop, answer: httpx.Response, status: int, code: str) -> Json:
    """The problem of a refusal."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    problem: Json = answer.json()
    return problem


def sold(shop: Shop) -> tuple[Any, ...]:
    """What a refused order must leave as it was."""
    counted = shop.rows(
        "SELECT (SELECT count(*) FROM orders WHERE store_id = %(store)s),"
        " (SELECT count(*) FROM table_sessions WHERE store_id = %(store)s),"
        " (SELECT count(*) FROM idempotency_records WHERE store_id = %(store)s)"
    )
    return (*counted[0], *shop.counters())


@contextmanager
def time_at(shop: Shop, instant: datetime) -> Iterator[None]:
    """Hold the clock; who acts in the shop signs in anew, with credentials that are good then."""
    with clock.held_at(instant):
        shop.forget_clients()
        yield
    shop.forget_clients()
