"""Shops whose guests can call the staff."""

from typing import Any
from uuid import UUID

import httpx

from tests.support.floor import Floor
from tests.support.menu_building import if_match, ok
from tests.support.shops import Json, Shop

WATER = {"code": "water", "name": {"ko": "물", "en": "Water"}, "max_quantity": 5}
SPOONS = {"code": "cutlery", "name": {"ko": "수저", "en": "Cutlery"}, "max_quantity": 10}
STAFF = {"code": "staff", "name": {"ko": "직원 호출"}, "cooldown_seconds": 60}


class CallFloor(Floor):
    """A floor with water, spoons and the staff to call; `types` are their ids by code."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        listed = put_types(shop, [WATER, SPOONS, STAFF])
        self.types = {one["code"]: one["id"] for one in listed["data"]}

    def body(self, *, note: str | None = None, **quantities: int) -> dict[str, Any]:
        """A call for so many of each type, by code."""
        items = [{"type_id": self.types[code], "quantity": n} for code, n in quantities.items()]
        return {"items": items} | ({"note": note} if note is not None else {})

    def calls(self, client: httpx.Client, *, note: str | None = None, **wanted: int) -> Json:
        """A new call from a table."""
        return ok(client.post("/service-requests", json=self.body(note=note, **wanted)), 201)

    def sit(self, number: int) -> Json:
        """A party that staff have seated."""
        path = f"/tables/{self.table(number)}/sessions"
        return ok(self.shop.staff.post(path, json={}), 201)


def put_types(shop: Shop, types: list[Json], version: int | None = None) -> Json:
    """The manager's new list, read first unless its version is given."""
    if version is None:
        version = int(ok(shop.manager.get("/service-request-types"))["version"])
    headers = if_match(version)
    return ok(shop.manager.put("/service-request-types", json={"types": types}, headers=headers))


def answer(client: httpx.Client, call: Json, status: str) -> httpx.Response:
    return client.patch(f"/service-requests/{call['id']}", json={"status": status})


def read(shop: Shop, call: Json) -> Json:
    """The request as staff see it."""
    return ok(shop.staff.get(f"/service-requests/{call['id']}"))


def listed(client: httpx.Client, **filters: str) -> list[str]:
    """The ids in the list, newest first."""
    found = ok(client.get("/service-requests", params=filters))["data"]
    return [one["id"] for one in found]


def on_board(shop: Shop, table_id: UUID) -> list[Json]:
    """What the staff screen shows as waiting at a table."""
    tables = ok(shop.staff.get("/tables/board"))["tables"]
    [entry] = [one for one in tables if one["table"]["id"] == str(table_id)]
    waiting: list[Json] = entry["open_service_requests"]
    return waiting


def rows(shop: Shop) -> list[tuple[Any, ...]]:
    """Every request of the store, to tell that nothing has changed."""
    return shop.rows("SELECT * FROM service_requests WHERE store_id = %(store)s ORDER BY id")
