"""A house in which everything is done at once: for locks that wait for each other."""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import httpx

from app.core import clock
from app.core.security.permissions import Role
from tests.support.baskets import BASKET, line
from tests.support.calls import WATER, put_types
from tests.support.credentials import table_token
from tests.support.floor import created
from tests.support.menu_building import ok
from tests.support.menu_files import exported
from tests.support.sets import REASON, Diner
from tests.support.shops import Json, Shop
from tests.support.traffic import own_connection

ANY = {"If-Match": "*"}
DISHES = ("stew", "galbitang", "rice", "cola")
COUNTED = ("rice", "galbitang")
PLENTY = 9_000
Deed = Callable[["Hand"], httpx.Response]


@dataclass
class House:
    """A store with a set of dishes, some of them counted, options, and six tables with tablets."""

    shop: Shop
    tables: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.diner = Diner(self.shop)
        for name in COUNTED:
            self.diner.stock(name, PLENTY)
        self.category = ok(self.shop.manager.get("/menu/categories"))["data"][0]["id"]
        more = (created(self.shop.manager, "/tables", {"number": n}) for n in range(2, 7))
        self.tables = [str(table["id"]) for table in more]
        self.area = created(self.shop.manager, "/areas", {"name": "홀"})["id"]
        self.water = put_types(self.shop, [WATER])["data"][0]["id"]
        self.menu = exported(self.shop)
        self.invitations = {one: table_token(self.shop, UUID(one)) for one in self.tables}

    @property
    def dishes(self) -> dict[str, str]:
        return self.diner.dishes


class Hand:
    """One who acts with a connection of its own, and what it draws by lot."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.lot = house, random.Random(seed)  # noqa: S311 - a test's dice
        shop = house.shop
        self.boss = own_connection(shop.client(Role.OWNER))
        self.table = house.tables[seed % len(house.tables)]
        self.tablet = own_connection(shop.tablet(UUID(self.table)))
        self.refresh_token = ""

    def close(self) -> None:
        self.boss.close()
        self.tablet.close()

    def any_table(self) -> str:
        return self.lot.choice(self.house.tables)

    def some(self, path: str, **query: str) -> Json | None:
        """One of the rows of a list."""
        found = ok(self.boss.get(path, params=query))["data"]
        return self.lot.choice(found) if found else None

    def session(self) -> str:
        """A party that sits somewhere, now or a moment ago."""
        found = self.some("/sessions", status="open", limit="20")
        return str(found["id"]) if found else str(uuid4())

    def act(self, action: str, **body: object) -> httpx.Response:
        return self.boss.post(f"/sessions/{self.session()}/{action}", json=body)

    def shuffled(self, path: str, ids: list[str]) -> httpx.Response:
        return self.boss.put(path, json={"ids": self.lot.sample(ids, len(ids))})


def run(hands: Mapping[Hand, list[Deed]], rounds: int) -> list[httpx.Response]:
    """Each hand does as many of its deeds, drawn by lot, at the same time as the others."""

    def work(hand: Hand, deeds: list[Deed]) -> list[httpx.Response]:
        try:
            return [hand.lot.choice(deeds)(hand) for _ in range(rounds)]
        finally:
            hand.close()

    with ThreadPoolExecutor(len(hands)) as pool:
        jobs = [pool.submit(work, hand, deeds) for hand, deeds in hands.items()]
        return [answer for job in jobs for answer in job.result()]


# Orders.


def order(hand: Hand) -> httpx.Response:
    dishes = hand.lot.sample(DISHES, 3)
    lines = [{"item_id": hand.house.dishes[name], "quantity": 1} for name in dishes]
    for one in lines:
        if one["item_id"] == hand.house.dishes["stew"]:
            one["options"] = [{"option_id": hand.house.diner.hot, "quantity": 1}]
    headers = {"Idempotency-Key": str(uuid4())}
    return hand.tablet.post("/orders", json={"lines": lines}, headers=headers)


def fill_basket(hand: Hand) -> httpx.Response:
    body = {"lines": [line(hand.house.dishes[hand.lot.choice(DISHES)])]}
    return hand.tablet.put(BASKET, json=body)


def submit_basket(hand: Hand) -> httpx.Response:
    return hand.tablet.post(f"{BASKET}/submit", json={}, headers={"Idempotency-Key": str(uuid4())})


def cancel_line(hand: Hand) -> httpx.Response:
    found = hand.some("/orders", status="pending", limit="20")
    if found is None:
        return order(hand)
    path = f"/orders/{found['id']}/lines/{hand.lot.choice(found['lines'])['id']}/cancel"
    return hand.boss.post(path, json=REASON | {"quantity": 1})


def cancel_order(hand: Hand) -> httpx.Response:
    found = hand.some("/orders", status="pending", limit="20")
    return hand.boss.post(f"/orders/{found['id']}/cancel", json=REASON) if found else order(hand)


def cook(hand: Hand) -> httpx.Response:
    found = hand.some("/orders", status="pending", limit="20")
    status = hand.lot.choice(["preparing", "served"])
    return (
        hand.boss.patch(f"/orders/{found['id']}", json={"status": status}) if found else order(hand)
    )


# The menu.


def _dish(hand: Hand) -> str:
    return hand.house.dishes[hand.lot.choice(DISHES)]


def change_item(hand: Hand) -> httpx.Response:
    body = {"price": hand.lot.randrange(1_000, 9_000, 100)}
    return hand.boss.patch(f"/menu/items/{_dish(hand)}", json=body, headers=ANY)


def change_category(hand: Hand) -> httpx.Response:
    body = {"position": hand.lot.randrange(9)}
    return hand.boss.patch(f"/menu/categories/{hand.house.category}", json=body, headers=ANY)


def change_group(hand: Hand) -> httpx.Response:
    path = f"/menu/option-groups/{hand.house.diner.spice['id']}"
    return hand.boss.patch(path, json={"free_quota": hand.lot.randrange(2)}, headers=ANY)


def put_groups(hand: Hand) -> httpx.Response:
    path = f"/menu/items/{hand.house.dishes['stew']}/option-groups"
    groups = [{"id": hand.house.diner.spice["id"]}]
    return hand.boss.put(path, json={"option_groups": groups}, headers=ANY)


def put_set(hand: Hand) -> httpx.Response:
    diner = hand.house.diner
    slot = diner.slot("main", 1, 1, {"stew": 0, "galbitang": 5_000, "rice": 0})
    return hand.boss.put(
        f"/menu/items/{diner.dishes['set']}/set", json={"set_slots": [slot]}, headers=ANY
    )


def copy_item(hand: Hand) -> httpx.Response:
    copied = hand.boss.post(
        f"/menu/items/{hand.house.dishes['set']}/copy", headers={"Idempotency-Key": str(uuid4())}
    )
    if copied.status_code != httpx.codes.CREATED:
        return copied
    return hand.boss.delete(f"/menu/items/{copied.json()['id']}")


def arrange_items(hand: Hand) -> httpx.Response:
    path = f"/menu/categories/{hand.house.category}/items/order"
    return hand.shuffled(path, list(hand.house.dishes.values()))


def arrange_groups(hand: Hand) -> httpx.Response:
    return hand.shuffled("/menu/option-groups/order", [hand.house.diner.spice["id"]])


def arrange_options(hand: Hand) -> httpx.Response:
    spice = hand.house.diner.spice
    path = f"/menu/option-groups/{spice['id']}/options/order"
    return hand.shuffled(path, [option["id"] for option in spice["options"]])


def _soon(hand: Hand) -> Json:
    """Available, or not until a moment later: what returns then is told by the clock's job."""
    if hand.lot.random() < 0.5:
        return {"status": "available"}
    return {"status": "sold_out", "until": (clock.now() + timedelta(seconds=1)).isoformat()}


def mark_item(hand: Hand) -> httpx.Response:
    return hand.boss.put(f"/menu/items/{_dish(hand)}/availability", json=_soon(hand))


def mark_option(hand: Hand) -> httpx.Response:
    path = f"/menu/options/{hand.house.diner.hot}/availability"
    return hand.boss.put(path, json=_soon(hand))


def mark_many(hand: Hand) -> httpx.Response:
    items = [hand.house.dishes[name] for name in hand.lot.sample(DISHES, 3)]
    body = {"items": items, "options": [hand.house.diner.hot]} | _soon(hand)
    return hand.boss.put("/menu/availability", json=body)


def count_again(hand: Hand) -> httpx.Response:
    stock = hand.lot.choice([None, PLENTY])
    path = f"/menu/items/{hand.house.dishes[hand.lot.choice(COUNTED)]}/availability"
    return hand.boss.put(path, json={"status": "available", "stock": stock})


def import_menu(hand: Hand) -> httpx.Response:
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    return hand.boss.post("/menu/import", content=hand.house.menu, headers=headers)


# The floor.


def change_table(hand: Hand) -> httpx.Response:
    body = {"label": f"창가 {hand.lot.randrange(99)}", "area_id": hand.house.area}
    return hand.boss.patch(f"/tables/{hand.any_table()}", json=body, headers=ANY)


def change_area(hand: Hand) -> httpx.Response:
    body = {"position": hand.lot.randrange(9)}
    return hand.boss.patch(f"/areas/{hand.house.area}", json=body, headers=ANY)


def open_session(hand: Hand) -> httpx.Response:
    return hand.boss.post(f"/tables/{hand.any_table()}/sessions", json={})


def change_session(hand: Hand) -> httpx.Response:
    body = {"guest_count": hand.lot.randrange(1, 9)}
    return hand.boss.patch(f"/sessions/{hand.session()}", json=body)


def close(hand: Hand) -> httpx.Response:
    return hand.act("close", force=True, reason="정리")


def reopen(hand: Hand) -> httpx.Response:
    found = hand.some("/sessions", status="closed", limit="20")
    session = found["id"] if found else hand.session()
    return hand.boss.post(f"/sessions/{session}/reopen", json={})


def move(hand: Hand) -> httpx.Response:
    return hand.act("move", table_id=hand.any_table())


def link(hand: Hand) -> httpx.Response:
    path = f"/sessions/{hand.session()}/tables"
    return hand.boss.put(path, json={"table_ids": [hand.any_table()]})


def merge(hand: Hand) -> httpx.Response:
    return hand.act("merge", into_session_id=hand.session())


def unmerge(hand: Hand) -> httpx.Response:
    found = hand.some("/sessions", status="closed", limit="20")
    session = found["id"] if found else hand.session()
    return hand.boss.post(f"/sessions/{session}/unmerge", json={"table_id": hand.any_table()})


def split(hand: Hand) -> httpx.Response:
    found = hand.some("/orders", status="pending", limit="20")
    if found is None:
        return order(hand)
    lines = [{"line_id": found["lines"][0]["id"], "quantity": 1}]
    path = f"/sessions/{found['session_id']}/split"
    return hand.boss.post(path, json={"lines": lines, "table_id": hand.any_table()})


def call(hand: Hand) -> httpx.Response:
    body = {"items": [{"type_id": hand.house.water, "quantity": hand.lot.randint(1, 5)}]}
    return hand.tablet.post("/service-requests", json=body)


def answer_call(hand: Hand) -> httpx.Response:
    found = hand.some("/service-requests", status="open", limit="20")
    if found is None:
        return call(hand)
    return hand.boss.patch(f"/service-requests/{found['id']}", json={"status": "done"})


def come_or_stay(hand: Hand) -> httpx.Response:
    """A guest comes, or takes new tokens."""
    body = {"refresh_token": hand.refresh_token}
    answer = hand.tablet.post("/auth/refresh", json=body) if hand.refresh_token else None
    if answer is None or not answer.is_success:
        invitation = {"table_token": hand.house.invitations[hand.table]}
        answer = hand.tablet.post("/auth/guest", json=invitation)
    hand.refresh_token = answer.json().get("refresh_token", "")
    return answer


def change_store(hand: Hand) -> httpx.Response:
    body = {"guest_cancel_allowed": hand.lot.random() < 0.5}
    return hand.boss.patch("/store", json=body, headers=ANY)


CANCELS: list[Deed] = [cancel_line, cancel_order, cook]
BASKETS: list[Deed] = [fill_basket, submit_basket, call, answer_call, come_or_stay]
MENU: list[Deed] = [
    *(change_item, change_category, change_group, put_groups, put_set, copy_item),
    *(arrange_items, arrange_groups, arrange_options, mark_item, mark_option, mark_many),
    *(count_again, import_menu),
]
FLOOR: list[Deed] = [
    *(change_table, change_area, open_session, change_session, close, reopen),
    *(move, link, merge, unmerge, split, change_store),
]
