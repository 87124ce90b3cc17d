"""A store with a lunch set: a main dish of two and up to two sides, and clients that order it."""

from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from tests.support.floor import created
from tests.support.menu_building import add_category, add_group, add_item, if_match, ok
from tests.support.shops import Json, Shop

SET_PRICE = 13_000
REASON = {"reason_code": "guest_request"}


@dataclass
class Diner:
    """Stew (9,000) or galbitang (19,000, upcharge 5,000); rice and cola (1,000 and 2,500) as sides."""

    shop: Shop
    dishes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        category = add_category(self.shop)
        self.spice = add_group(self.shop)
        self.hot = self.spice["options"][1]["id"]
        groups = [{"id": self.spice["id"]}]
        self._add(category, "stew", 9_000, allergens=["soybean"], option_groups=groups)
        self._add(category, "galbitang", 19_000, allergens=["beef"])
        self._add(category, "rice", 1_000)
        self._add(category, "cola", 2_500)
        self._add(category, "set", SET_PRICE, allergens=["sesame"])
        self.item = self.put(
            self.slot("main", 1, 1, {"stew": 0, "galbitang": 5_000}),
            self.slot("side", 0, 2, {"rice": 0, "cola": 500}),
        )
        self.main, self.side = (slot["id"] for slot in self.item["set_slots"])
        table = created(self.shop.manager, "/tables", {"number": 1})
        self.tablet = self.shop.tablet(table["id"])

    def _add(self, category: Json, name: str, price: int, **fields: object) -> None:
        texts = {"ko": name, "en": name}
        item = add_item(self.shop, category, name=texts, price=price, **fields)
        self.dishes[name] = item["id"]

    def slot(self, name: str, least: int, most: int, choices: dict[str, int]) -> Json:
        offered = [{"item_id": self.dishes[one], "upcharge": more} for one, more in choices.items()]
        return {"name": {"ko": name}, "min": least, "max": most, "choices": offered}

    def put(self, *slots: Json, item: str = "set") -> Json:
        path = f"/menu/items/{self.dishes[item]}"
        version = ok(self.shop.manager.get(path))["version"]
        body = {"set_slots": list(slots)}
        return ok(self.shop.manager.put(f"{path}/set", json=body, headers=if_match(version)))

    def choice(self, slot: str, dish: str, quantity: int = 1, *options: str) -> Json:
        return {
            "slot_id": slot,
            "item_id": self.dishes[dish],
            "quantity": quantity,
            "options": [{"option_id": option} for option in options],
        }

    def body(self, *choices: Json, quantity: int = 1) -> Json:
        line = {"item_id": self.dishes["set"], "quantity": quantity, "choices": list(choices)}
        return {"lines": [line]}

    def place(self, body: Json) -> httpx.Response:
        return self.tablet.post("/orders", json=body, headers={"Idempotency-Key": str(uuid4())})

    def order(self, *choices: Json, quantity: int = 1) -> Json:
        return ok(self.place(self.body(*choices, quantity=quantity)), 201)

    def usual(self, quantity: int = 1) -> Json:
        """A set of stew with two colas: 13,000 + 2 × 500."""
        return self.order(
            self.choice(self.main, "stew"), self.choice(self.side, "cola", 2), quantity=quantity
        )

    def stock(self, dish: str, count: int) -> None:
        body = {"status": "available", "stock": count}
        ok(self.shop.staff.put(f"/menu/items/{self.dishes[dish]}/availability", json=body))

    def left(self, dish: str) -> int:
        query = "SELECT stock FROM items WHERE store_id = %(store)s AND id = %(item)s"
        [(count,)] = self.shop.rows(query, item=self.dishes[dish])
        return int(count)
