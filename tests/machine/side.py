"""One of the two stores: the service's and the model's, and the requests that both get."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import psycopg

from app.core import clock
from app.core.ids import uuid7
from app.core.security.permissions import Role
from app.core.security.principals import Principal, PrincipalKind
from app.local.processes import wait_until
from tests.machine.model_orders import Who, line
from tests.machine.model_shared import StoreModel
from tests.machine.state import Apply, Json, RefusedError, refuse_if
from tests.support.credentials import SignedIn, enter
from tests.support.floor import created
from tests.support.menu_building import if_match, ok
from tests.support.shops import Shop
from tests.support.switches import pos

TABLES = 5
TOKENS_LAST = timedelta(minutes=10)


class Actor(NamedTuple):
    """Who acts and with which client; `table` is where a tablet stands."""

    who: Who
    client: httpx.Client
    table: str | None = None


class Side:
    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.model = StoreModel(lambda path: ok(self.people["reader"].get(path)), clock.now())
        self.people: dict[str, httpx.Client] = {}
        self._principals: dict[str, Principal] = {}
        self._tokens_from = clock.now()
        self.phones: dict[str, SignedIn] = {}
        self.seen = self.turns = 0
        self.replayed: dict[tuple[str, str], Json] = {}
        self.last_order: tuple[Actor, Json, str, bytes] | None = None
        self._database = psycopg.connect(shop.owner_url, autocommit=True)
        for role in Role:
            # What is told of a change is in the store's language, whoever made it.
            self._add(str(role), PrincipalKind.STAFF, role=role)
            self.people[role].headers["Accept-Language"] = "en"
        self._add("reader", PrincipalKind.STAFF, role=Role.MANAGER)
        self.people["pos"] = self._connect()
        self.people["pos"].headers["Authorization"] = pos(shop).headers["Authorization"]
        self._furnish()

    def _add(self, name: str, kind: PrincipalKind, **more: Any) -> None:
        principal = Principal(kind, self.shop.id, uuid7(), name, uuid7(), "ko", **more)
        self._principals[name] = principal
        self.people[name] = self._connect()
        self._sign_in(name)

    def _connect(self) -> httpx.Client:
        # Without certificates, which take longer to load than a request takes.
        url = f"{self.shop.url}/api/v1"
        return httpx.Client(base_url=url, trust_env=False, timeout=30, verify=False)  # noqa: S501 - it is plain HTTP

    def close(self) -> None:
        for client in self.people.values():
            client.close()
        self._database.close()
        self.shop.close()

    def head(self) -> int:
        """The number of the store's newest event."""
        query = "SELECT event_seq FROM store_counters WHERE store_id = %s"
        row = self._database.execute(query, (self.shop.id,)).fetchone()
        assert row is not None
        return int(row[0])

    def _sign_in(self, name: str) -> None:
        token, _ = self.shop.runtime.tokens.issue(self._principals[name])
        self.people[name].headers["Authorization"] = f"Bearer {token}"

    def keep_signed_in(self) -> None:
        """Access tokens are short-lived; the clock of a machine runs."""
        if clock.now() - self._tokens_from < TOKENS_LAST:
            return
        self._tokens_from = clock.now()
        for name in self._principals:
            self._sign_in(name)
        self.model.guests = {k: v for k, v in self.model.guests.items() if not v["gone"]}
        for guest in self.model.guests.values():
            guest["stale"] = True

    def add_table(self, number: int) -> None:
        table = created(self.people["manager"], "/tables", {"number": number})
        self.model.tables[table["id"]] = {"number": number, "archived": False}
        self.model.tell("table.changed", table["id"])
        self._add(table["id"], PrincipalKind.TABLET, table_id=UUID(table["id"]))

    def _furnish(self) -> None:
        """Five tables, a menu with an option and a set, and things to call for."""
        for number in range(1, TABLES + 1):
            self.add_table(number)
        manager, model = self.people["manager"], self.model
        category = created(manager, "/menu/categories", {"name": {"ko": "식사"}})
        spice = created(
            manager,
            "/menu/option-groups",
            {"name": {"ko": "맵기"}, "options": [{"name": {"ko": "매운맛"}, "price": 500}]},
        )
        self.hot = spice["options"][0]["id"]
        model.options[self.hot] = {
            "price": 500,
            "status": "available",
            "until": None,
            "stock": None,
        }
        self.dishes: dict[str, str] = {}
        for name, price in (("stew", 9_000), ("rice", 1_000), ("beef", 19_000), ("set", 13_000)):
            groups = [{"id": spice["id"]}] if name == "stew" else []
            body = {
                "category_id": category["id"],
                "name": {"ko": name, "en": f"{name} in English"},
                "price": price,
                "option_groups": groups,
            }
            self.dishes[name] = created(manager, "/menu/items", body)["id"]
            row = {"price": price, "status": "available", "until": None, "stock": None}
            model.menu[self.dishes[name]] = row
        self._make_set()
        types = [
            {"code": "water", "name": {"ko": "물"}, "max_quantity": 5},
            {"code": "staff", "name": {"ko": "직원 호출"}, "cooldown_seconds": 60},
        ]
        self._put_types(types)
        self.people["owner"].patch(
            "/store", json={"max_open_service_requests": 3}, headers=self._store_version()
        ).raise_for_status()
        model.switches["most_calls"] = 3

    def begin(self) -> None:
        """Two parties that have ordered, one of them with a phone, and a call from a free table."""
        first, second, third = list(self.model.tables)[:3]
        orders = {
            first: [self.lunch_set("stew", 2, 2), line(self.dishes["stew"], 3)],
            second: [line(self.dishes["rice"], 2), line(self.dishes["stew"])],
        }
        for table, lines in orders.items():
            self.order(self.tablet(table), {"lines": lines}, table=table)
        self.let_in(first)
        water = {"items": [{"type_id": next(iter(self.model.call_types)), "quantity": 1}]}
        wanted = water | {"note": None}
        actor = self.tablet(third)
        self.ask(
            lambda: actor.client.post("/service-requests", json=wanted),
            lambda: self.model.call(actor.who, third, wanted),
        )

    def order(self, actor: Actor, body: Json, **where: Any) -> None:
        """An order, which a retry with the same key may follow."""
        key, model = str(uuid4()), self.model
        headers = {"Idempotency-Key": key}
        confirmed = bool(body.get("confirm_duplicate", False))
        expected = body.get("expected_total")

        def plan() -> Apply:
            self.check_there(actor)
            return model.place(
                actor.who, body["lines"], confirmed=confirmed, expected=expected, **where
            )

        answer = self.ask(lambda: actor.client.post("/orders", json=body, headers=headers), plan)
        if answer.is_success and actor.who.channel != "guest":
            self.last_order = (actor, body, key, answer.content)

    def check_there(self, actor: Actor) -> None:
        """Whoever has left is told so, whatever it asks for."""
        guest = self.model.guests.get(actor.who.id)
        refuse_if(guest is not None and guest["gone"], "session-closed")

    def _make_set(self) -> None:
        """A main dish, and up to two bowls of rice."""
        slots = [
            {
                "name": {"ko": "main"},
                "min": 1,
                "max": 1,
                "choices": [
                    {"item_id": self.dishes["stew"], "upcharge": 0},
                    {"item_id": self.dishes["beef"], "upcharge": 5_000},
                ],
            },
            {
                "name": {"ko": "side"},
                "min": 0,
                "max": 2,
                "choices": [{"item_id": self.dishes["rice"], "upcharge": 300}],
            },
        ]
        path = f"/menu/items/{self.dishes['set']}"
        version = ok(self.people["manager"].get(path))["version"]
        made = ok(
            self.people["manager"].put(
                f"{path}/set", json={"set_slots": slots}, headers=if_match(version)
            )
        )
        self.slots = [one["id"] for one in made["set_slots"]]
        dishes = self.dishes
        self.model.upcharges = {dishes["stew"]: 0, dishes["beef"]: 5_000, dishes["rice"]: 300}

    def _put_types(self, types: list[Json]) -> None:
        manager = self.people["manager"]
        headers = if_match(ok(manager.get("/service-request-types"))["version"])
        listed = ok(manager.put("/service-request-types", json={"types": types}, headers=headers))
        for one in listed["data"]:
            row = {
                "id": one["id"],
                "most": one["max_quantity"],
                "cooldown": one["cooldown_seconds"],
            }
            self.model.call_types[one["id"]] = row

    def _store_version(self) -> dict[str, str]:
        return if_match(ok(self.people["owner"].get("/store"))["version"])

    def lunch_set(self, main: str, rice: int, quantity: int = 1) -> Json:
        """A line for the set."""
        chosen = [(self.slots[0], main, 1)] + [(self.slots[1], "rice", rice)] * bool(rice)
        choices = [
            {"slot_id": slot, "item_id": self.dishes[dish], "quantity": units, "options": []}
            for slot, dish, units in chosen
        ]
        return line(self.dishes["set"], quantity, choices=choices)

    def turn(self, sent: Json, **switches: object) -> None:
        """Change settings of the store, as the model calls them too."""
        self.change_store(sent, self.model.turn(**switches))

    def change_store(self, sent: Json, plan: Apply) -> None:
        answer = self.people["owner"].patch("/store", json=sent, headers=self._store_version())
        plan(ok(answer))

    # Who acts

    def person(self, name: str) -> Actor:
        manager = name in ("manager", "owner", "pos")
        channel = "pos" if name == "pos" else "staff"
        return Actor(Who(channel, name, manager=manager), self.people[name])

    def tablet(self, table_id: str) -> Actor:
        return Actor(Who("tablet", table_id), self.people[table_id], table_id)

    def guest(self, id_: str) -> Actor:
        known = self.model.guests[id_]
        phone = self.phones[id_]
        if known["stale"] and not known["gone"]:
            phone.refresh()
            known["stale"] = False
        return Actor(Who("guest", id_, session=known["session"]), phone.http)

    def let_in(self, table_id: str) -> None:
        """A phone scans the code of a live table."""
        plan = self.model.enter(table_id)
        phone = enter(self.shop, UUID(table_id))
        plan(phone.tokens)
        self.phones[phone.tokens["refresh_token"]] = phone

    # What is asked of both

    def ask(
        self,
        send: Callable[[], httpx.Response],
        plan: Callable[[], Apply],
    ) -> httpx.Response:
        """Send a request whose outcome the model has said before."""
        try:
            apply, expected = plan(), None
        except RefusedError as refusal:
            apply, expected = None, refusal.code
        answer = send()
        code = None if answer.is_success else answer.json()["code"]
        assert code == expected, f"{answer.request.method} {answer.request.url}: {answer.text}"
        if apply is not None:
            apply(answer.json() if answer.content else {})
        return answer

    def at(self, now: datetime) -> bool:
        """It is later now; whether that was told."""
        self.model.pass_to(now)
        self.keep_signed_in()
        news = self.model.told.total()
        if news:
            assert wait_until(lambda: self.head() >= self.seen + news, 10)
        return bool(news)
