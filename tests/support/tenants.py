"""Two furnished stores, and every operation of the document with the ids that it takes."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from pydantic import SecretStr

from app.core.config import Settings
from app.core.security.permissions import Role
from app.main import create_app
from tests.support.floor import created, order_body
from tests.support.menu_building import add_group
from tests.support.people import FIRST_PASSWORD
from tests.support.shops import Json, Shop

PREFIX = "/api/v1"
Path = tuple[str | int, ...]
"""Where in a body something stands: keys of objects and places in lists."""

THING_OF: dict[str, str] = {
    "lines.id": "line_id",
    "removed.id": "line_id",
    "option_groups.id": "group_id",
    "options.id": "option_id",
    "set_slots.id": "slot_id",
    "choices.item_id": "dish_id",
    "items": "item_id",
    "options": "option_id",
    "order_categories.ids": "category_id",
    "order_items.ids": "item_id",
    "order_option_groups.ids": "group_id",
    "order_options.ids": "option_id",
    "table_ids": "table_id",
    "target_id": "order_id",
    "actor_id": "staff_id",
    "into_session_id": "session_id",
    "types.id": "type_id",
}
"""What an id is of where its name does not say so: by its name, or by its list's and its own; or
by its operation's name and its own."""

ALSO: dict[str, str] = {"place_order": "table_id", "create_service_request": "table_id"}
"""What a body needs besides its example when staff send it."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the document describes it."""

    name: str
    method: str
    path: str
    permission: str
    body: Json | None
    schema: Json | None
    path_ids: tuple[str, ...]
    queries: tuple[str, ...]
    headers: frozenset[str]
    takes_image: bool

    def url(self, ids: Json) -> str:
        """The path with its parameters filled in; an id that nothing is known of is a KeyError."""
        return self.path.format(**{name: ids[name] for name in self.path_ids})

    def sent_headers(self) -> dict[str, str]:
        """What the operation insists on, besides the credential."""
        sent = {"if-match": '"1"', "idempotency-key": str(uuid4())}
        return {name: value for name, value in sent.items() if name in self.headers}


DOCUMENT = create_app(Settings(database_url=SecretStr("postgresql://nowhere/none"))).openapi()
SCHEMAS: Json = DOCUMENT["components"]["schemas"]


def _operations() -> Iterator[Operation]:
    for path, methods in DOCUMENT["paths"].items():
        for method, described in methods.items():
            given = described.get("parameters", [])
            bodies = described.get("requestBody", {}).get("content", {})
            content = bodies.get("application/json")
            yield Operation(
                described["operationId"],
                method.upper(),
                path.removeprefix(PREFIX),
                described["x-permission"],
                content and content["example"],
                content and content["schema"],
                tuple(one["name"] for one in given if one["in"] == "path"),
                tuple(one["name"] for one in given if one["in"] == "query"),
                frozenset(one["name"].lower() for one in given if one["in"] == "header"),
                "image/png" in bodies,
            )


OPERATIONS = tuple(_operations())


@dataclass(slots=True)
class Furnished:
    """A store with one of everything; all its texts carry the canary."""

    shop: Shop
    canary: str
    things: Json = field(default_factory=dict)

    def traces_in(self, text: str) -> list[str]:
        """What of this store stands in an answer."""
        wanted = [self.canary, str(self.shop.id), *map(str, self.things.values())]
        return [one for one in wanted if one in text]

    def deeds(self) -> dict[str, str]:
        """As `state`, without what the store's clock moves by itself."""
        return {table: digest for table, digest in self.state().items() if table != "menu_clocks"}

    def state(self) -> dict[str, str]:
        """A digest of every row that the store has, by table."""
        with psycopg.connect(self.shop.owner_url) as connection:
            tables = connection.execute(
                "SELECT table_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND column_name = 'store_id' ORDER BY 1"
            ).fetchall()
            query = (
                "SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t WHERE store_id = %s"
            )
            return {
                table: str(
                    connection.execute(
                        sql.SQL(query).format(sql.Identifier(table)), (self.shop.id,)
                    ).fetchone()
                )
                for (table,) in tables
            }


def furnish(shop: Shop) -> Furnished:
    """One of everything that an operation may name."""
    canary = f"canary-{shop.code}"
    owner, manager = shop.client(Role.OWNER), shop.manager
    store = Furnished(shop, canary)
    things = store.things
    things["area_id"] = created(manager, "/areas", {"name": canary})["id"]
    table = {"number": 7, "label": canary[:40], "area_id": things["area_id"]}
    things["table_id"] = created(manager, "/tables", table)["id"]
    _furnish_menu(shop, things, canary)
    order = order_body(things["item_id"], 2) | {"note": canary, "table_id": things["table_id"]}
    placed = shop.staff.post("/orders", json=order, headers={"Idempotency-Key": "shared-key"})
    assert placed.status_code == 201, placed.text
    things["order_id"], things["session_id"] = placed.json()["id"], placed.json()["session_id"]
    things["line_id"] = placed.json()["lines"][0]["id"]
    _furnish_calls(shop, things, canary)
    person = {"username": "kim", "display_name": canary, "role": "staff"}
    things["staff_id"] = created(owner, "/staff", person | {"password": FIRST_PASSWORD})["id"]
    key = {"name": canary, "scopes": ["orders:read"]}
    things["key_id"] = created(owner, "/api-keys", key)["id"]
    code = created(shop.staff, f"/tables/{things['table_id']}/pairing-codes", {})["code"]
    pair = {"code": code, "device_name": canary}
    assert shop.connect().post("/auth/pair", json=pair).status_code == 200
    things["device_id"] = manager.get("/devices").json()["data"][0]["id"]
    signed_in = shop.rows("SELECT id FROM sign_ins WHERE store_id = %(store)s")
    things["sign_in_id"] = str(signed_in[0][0])
    return store


def _furnish_calls(shop: Shop, things: Json, canary: str) -> None:
    types = {"types": [{"name": {"ko": canary}, "max_quantity": 5}]}
    made = shop.manager.put("/service-request-types", json=types, headers={"If-Match": '"1"'})
    assert made.status_code == 200, made.text
    things["type_id"] = made.json()["data"][0]["id"]
    call = {"table_id": things["table_id"], "items": [{"type_id": things["type_id"]}]}
    things["request_id"] = created(shop.staff, "/service-requests", call | {"note": canary})["id"]


def _furnish_menu(shop: Shop, things: Json, canary: str) -> None:
    manager = shop.manager
    name = {"ko": canary}
    things["category_id"] = created(manager, "/menu/categories", {"name": name})["id"]
    group = add_group(shop, name=name, options=[{"name": name, "price": 500}])
    things["group_id"], things["option_id"] = group["id"], group["options"][0]["id"]
    item = {
        "category_id": things["category_id"],
        "name": name,
        "price": 9_000,
        "option_groups": [{"id": things["group_id"]}],
    }
    things["item_id"] = created(manager, "/menu/items", item)["id"]
    plain = {"category_id": things["category_id"], "name": name, "price": 5_000}
    things["dish_id"] = created(manager, "/menu/items", plain)["id"]
    things["set_id"] = created(manager, "/menu/items", plain)["id"]
    slots = [{"name": name, "choices": [{"item_id": things["dish_id"]}]}]
    made = manager.put(
        f"/menu/items/{things['set_id']}/set",
        json={"set_slots": slots},
        headers={"If-Match": '"1"'},
    )
    assert made.status_code == 200, made.text
    things["slot_id"] = made.json()["set_slots"][0]["id"]


def thing_of(path: Path, operation: str = "") -> str:
    """Which thing the id at this place of a body, or of this query parameter, is of."""
    names = [part for part in path if isinstance(part, str)]
    own = THING_OF.get(f"{operation}.{names[-1]}")
    return own or THING_OF.get(".".join(names[-2:])) or THING_OF.get(names[-1]) or names[-1]


def id_places(schema: Json | None, path: Path = ()) -> Iterator[Path]:
    """Every place of a body where an id may stand, optional ones too."""
    schema = _resolved(schema or {})
    for name, described in schema.get("properties", {}).items():
        inner = _resolved(described)
        if inner.get("format") == "uuid":
            yield (*path, name)
        elif inner.get("type") == "object":
            yield from id_places(inner, (*path, name))
        elif inner.get("type") == "array":
            items = _resolved(inner.get("items", {}))
            if items.get("format") == "uuid":
                yield (*path, name, 0)
            else:
                yield from id_places(items, (*path, name, 0))


def _resolved(schema: Json) -> Json:
    while True:
        if "$ref" in schema:
            schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = schema["anyOf"][0]
        else:
            return schema


def with_id(operation: Operation, things: Json, place: Path | None, value: str) -> Any:
    """The example body with the store's own ids in it, and `value` at `place`."""
    body: Any = copy.deepcopy(operation.body)
    for where in id_places(operation.schema):
        if where != place:
            _put(body, where, things[thing_of(where, operation.name)], only_if_there=True)
    also = ALSO.get(operation.name)
    if also is not None and place not in ((also,), ("session_id",)):
        body[also] = things[also]
    if place is not None:
        _put(body, place, value, only_if_there=False)
    for use in body.get("option_groups") or () if isinstance(body, dict) else ():
        # Ids as keys are no place of their own.
        if use.get("prices"):
            use["prices"] = dict.fromkeys([things["option_id"]], 500)
    return body


def _put(body: Any, place: Path, value: Any, *, only_if_there: bool) -> None:
    for part, following in pairwise(place):
        empty: Any = [{}] if isinstance(following, int) else {}
        if isinstance(body, dict) and part not in body:
            if only_if_there:
                return
            body[part] = empty
        body = body[part]
    last = place[-1]
    if only_if_there and isinstance(body, dict) and last not in body:
        return
    body[last] = value
