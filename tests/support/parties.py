"""Parties that order and change tables."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx

from tests.support.floor import Floor, order_body
from tests.support.menu_building import ok
from tests.support.shops import Json, Shop


def seat(floor: Floor, number: int, *quantities: int) -> Json:
    """A party at a table that has ordered stews, so many with each order."""
    shop = floor.shop
    path = f"/tables/{floor.table(number)}/sessions"
    session = ok(shop.staff.post(path, json={}), 201)
    for quantity in quantities:
        order(floor, session["id"], quantity)
    return ok(shop.staff.get(f"/sessions/{session['id']}"))


def order(floor: Floor, session_id: str, quantity: int = 1) -> Json:
    """An order that staff take for a session."""
    body = order_body(floor.stew, quantity) | {"session_id": session_id}
    headers = {"Idempotency-Key": str(uuid4())}
    return ok(floor.shop.staff.post("/orders", json=body, headers=headers), 201)


def orders_of(shop: Shop, session_id: str) -> list[Json]:
    """The session's orders by number."""
    found = ok(shop.staff.get("/orders", params={"session_id": session_id}))["data"]
    return sorted(found, key=lambda one: int(one["number"]))


def act(shop: Shop, session_id: str, action: str, **body: Any) -> httpx.Response:
    """`POST /sessions/{id}/<action>` as a member of the staff."""
    return shop.staff.post(f"/sessions/{session_id}/{action}", json=body)


def move(floor: Floor, session_id: str, number: int) -> httpx.Response:
    return act(floor.shop, session_id, "move", table_id=str(floor.table(number)))


def merge(shop: Shop, session_id: str, into: str) -> httpx.Response:
    return act(shop, session_id, "merge", into_session_id=into)


def link(floor: Floor, session_id: str, *numbers: int) -> httpx.Response:
    """Give a party these further tables."""
    body = {"table_ids": [str(floor.table(number)) for number in numbers]}
    return floor.shop.staff.put(f"/sessions/{session_id}/tables", json=body)


def split(
    floor: Floor, session_id: str, portions: Sequence[tuple[Json, int]], number: int
) -> httpx.Response:
    """Lines with how many portions of each go to a table."""
    lines = [{"line_id": line["id"], "quantity": quantity} for line, quantity in portions]
    table_id = str(floor.table(number))
    return act(floor.shop, session_id, "split", lines=lines, table_id=table_id)


def serve_all(shop: Shop, session_id: str) -> None:
    for one in orders_of(shop, session_id):
        ok(shop.kitchen.patch(f"/orders/{one['id']}", json={"status": "served"}))


def told(shop: Shop, after: int) -> list[tuple[str, str | None, str | None]]:
    """Type, table and session of the events with a number above `after`."""
    query = (
        "SELECT type, table_id::text, session_id::text FROM events"
        " WHERE store_id = %(store)s AND seq > %(after)s ORDER BY seq"
    )
    return [(row[0], row[1], row[2]) for row in shop.rows(query, after=after)]


def audits(shop: Shop, action: str) -> list[tuple[str, str | None, Json]]:
    """Target, reason and details of the audit entries of one kind."""
    query = (
        "SELECT target_id::text, reason, details FROM audit_entries"
        " WHERE store_id = %(store)s AND action = %(action)s ORDER BY id"
    )
    return [(row[0], row[1], row[2]) for row in shop.rows(query, action=action)]
