"""The scenes of a visit, in order. Each does what one side would do and prints what it saw."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from uuid import uuid4

import httpx

from app.demo.actors import Actor, Json, StepFailedError
from app.demo.console import Console, money
from app.demo.live import LiveStream, Seen
from app.demo.party import ANYTHING, WISHES, Choice, choose, plain_line, sold_out_items

KOREAN_STATUS = {
    "pending": "접수 대기",
    "preparing": "조리 중",
    "ready": "준비 완료",
    "served": "제공 완료",
    "cancelled": "취소",
}


@dataclass(frozen=True)
class Credentials:
    """Which demo store is visited, and the password that its staff share."""

    store: str
    password: str


@dataclass
class Visit:
    """What the scenes hand on to each other."""

    console: Console
    floor: Actor
    kitchen: Actor
    tablet: Actor
    store: Json = field(default_factory=dict)
    table: Json = field(default_factory=dict)
    menu: Json = field(default_factory=dict)
    orders: list[Json] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def money(self, amount: int) -> str:
        return money(amount, self.store["currency"])

    @property
    def session_id(self) -> str:
        session_id: str = self.orders[0]["session_id"]
        return session_id


async def staff_sign_in(visit: Visit, credentials: Credentials) -> None:
    visit.console.scene("Staff sign in")
    for actor, username in ((visit.floor, "staff"), (visit.kitchen, "kitchen")):
        await actor.sign_in(credentials.store, username, credentials.password)
        me = await actor.get("/auth/me")
        visit.console.says(actor.name, f"signed in as {username!r}, role {me['role']}")
    visit.store = await visit.floor.get("/store")
    visit.console.says(
        visit.floor.name,
        f"works at {visit.store['name']} ({visit.store['timezone']}, {visit.store['currency']})",
    )


async def tablet_is_paired(visit: Visit) -> None:
    visit.console.scene("A tablet is paired with a free table")
    visit.table = _free_table((await visit.floor.get("/tables/board"))["tables"])
    number = visit.table["number"]
    pairing = await visit.floor.post(f"/tables/{visit.table['id']}/pairing-codes", {})
    visit.console.says(
        visit.floor.name,
        f"table {number} is free; reads out the pairing code {pairing['code']}"
        f" (good once, until {pairing['expires_at']})",
    )
    await visit.tablet.pair(pairing["code"], f"Demo tablet {number}")
    # The tablet shows the store's own language; the problem documents of this demo are English.
    visit.tablet.http.headers["Accept-Language"] = visit.store["default_language"]
    again = await visit.tablet.send(
        "POST", "/auth/pair", json={"code": pairing["code"], "device_name": "Another tablet"}
    )
    visit.console.says(visit.tablet.name, f"paired; from now on it belongs to table {number} only")
    visit.console.says("other tablet", f"tries the same code: {_refusal(again)}")


async def guests_read_the_menu(visit: Visit) -> None:
    visit.console.scene("The guests read the menu")
    began = perf_counter()
    answer = await visit.tablet.send("GET", "/menu")
    took = perf_counter() - began
    if answer.status_code != httpx.codes.OK:
        raise StepFailedError(f"the menu answered {answer.status_code}", "see the service's log")
    visit.menu = answer.json()
    etag = answer.headers["ETag"]
    categories = visit.menu["categories"]
    count = sum(len(category["items"]) for category in categories)
    visit.console.says(
        visit.tablet.name,
        f"{count} items in {len(categories)} categories, {len(answer.content) / 1024:.0f} KiB"
        f" in {took * 1000:.0f} ms, in {answer.headers.get('Content-Language', '?')}",
    )
    rows = [_menu_row(visit, category) for category in categories]
    visit.console.table(rows, right=frozenset({1, 3}))
    again = await visit.tablet.send("GET", "/menu", headers={"If-None-Match": etag})
    if again.status_code != httpx.codes.NOT_MODIFIED:
        raise StepFailedError(
            f"the unchanged menu answered {again.status_code} instead of 304",
            "did somebody edit the menu just now? Then try again",
        )
    visit.console.says(visit.tablet.name, f"asks again with ETag {etag}: 304, nothing is sent")
    await _look_at_a_picture(visit)


async def guests_order(visit: Visit, kitchen_live: LiveStream, store_code: str) -> None:
    """Quote, order, and the kitchen's live view of it; the number of the order is in the visit."""
    first = not visit.orders
    visit.console.scene("The guests order" if first else "The guests order once more")
    wishes = WISHES.get(store_code, ANYTHING)[0 if first else 1]
    basket = choose(visit.menu, wishes)
    body: Json = {"lines": [choice.line for choice in basket]}
    quote = await visit.tablet.post("/orders/quote", body)
    _print_basket(visit, basket, quote)
    body["expected_total"] = quote["total"]
    key = str(uuid4())
    sent = perf_counter()
    order = await visit.tablet.post("/orders", body, key=key)
    answered = perf_counter() - sent
    visit.orders.append(order)
    visit.console.says(
        visit.tablet.name,
        f"order no. {order['number']} is stored, the tablet knew after {answered * 1000:.0f} ms",
    )
    seen = await kitchen_live.wait_for(f"order no. {order['number']}", _created(order))
    visit.latencies.append(seen.at - sent)
    _print_ticket(visit, seen)
    if first:
        await _retry(visit, kitchen_live, body, key)


async def sold_out_is_refused(visit: Visit) -> None:
    visit.console.scene("Something is sold out")
    gone = sold_out_items(visit.menu)
    if not gone:
        visit.console.says(visit.tablet.name, "everything can be had today, so nothing to refuse")
        return
    body: Json = {"lines": [plain_line(gone[0])]}
    problem = await visit.tablet.refused("/orders", body, status=409, key=str(uuid4()))
    visit.console.says(visit.tablet.name, f"tries to order {gone[0]['name']} all the same")
    _print_problem(visit, problem)
    kept = len((await visit.tablet.get("/orders"))["data"])
    visit.console.says(visit.tablet.name, f"has {kept} order on its bill, as before")


async def kitchen_works(visit: Visit, tablet_live: LiveStream) -> None:
    visit.console.scene("The kitchen moves the first order along, the guests watch")
    order = visit.orders[0]
    line = order["lines"][0]
    await _move(visit, visit.kitchen, tablet_live, order, "preparing", line=line)
    for actor, status in (
        (visit.kitchen, "preparing"),
        (visit.kitchen, "ready"),
        (visit.floor, "served"),
    ):
        await _move(visit, actor, tablet_live, order, status)


async def floor_looks_at_the_board(visit: Visit) -> None:
    visit.console.scene("The floor staff look at the board")
    tables = (await visit.floor.get("/tables/board"))["tables"]
    busy = [entry for entry in tables if entry["session"]]
    visit.console.says(visit.floor.name, f"{len(tables)} tables, {len(busy)} of them occupied")
    rows = [
        (
            f"table {entry['table']['number']}",
            visit.money(entry["total"]),
            ", ".join(
                f"{count} {name}" for name, count in entry["orders_by_status"].items() if count
            ),
        )
        for entry in busy
    ]
    visit.console.table(rows, right=frozenset({1}))


async def table_is_closed(visit: Visit, tablet_live: LiveStream) -> None:
    visit.console.scene("The party leaves, the table is closed")
    path = f"/sessions/{visit.session_id}/close"
    problem = await visit.floor.refused(path, {}, status=409)
    visit.console.says(visit.floor.name, "tries to close the table too early")
    _print_problem(visit, problem)
    for blocker in problem.get("blockers", []):
        visit.console.under(f"blocked by  {_flat(blocker)}")
    for actor, status in ((visit.kitchen, "ready"), (visit.floor, "served")):
        await _move(visit, actor, tablet_live, visit.orders[1], status)
    session = await visit.floor.post(path, {})
    visit.console.says(
        visit.floor.name,
        f"closes it: {session['order_count']} orders, {visit.money(session['total'])},"
        f" session is {session['status']}",
    )
    await tablet_live.wait_for("the end of the session", lambda seen: seen.type == "session.closed")
    visit.console.says(visit.tablet.name, "is told at once, and shows its welcome page again")


async def next_party_sees_nothing(visit: Visit) -> None:
    visit.console.scene("The next party sits down")
    answer = await visit.tablet.send("GET", "/session")
    if answer.status_code not in {httpx.codes.NOT_FOUND, httpx.codes.NO_CONTENT}:
        raise StepFailedError(
            f"the next party's tablet was shown a session: {answer.text[:200]}",
            "this is a defect: guests must never see the party before them",
        )
    orders = (await visit.tablet.get("/orders"))["data"]
    if orders:
        raise StepFailedError(
            f"the next party's tablet was shown {len(orders)} orders",
            "this is a defect: guests must never see the party before them",
        )
    visit.console.says(visit.tablet.name, "sees no session and no orders of the party before")
    history = await visit.floor.get("/orders", session_id=visit.session_id)
    numbers = ", ".join(f"no. {order['number']}" for order in history["data"])
    visit.console.says(visit.floor.name, f"still finds them in the history: {numbers}")
    await visit.tablet.sign_out()
    visit.console.says(visit.tablet.name, "is signed out, so that the demo leaves nothing behind")


async def _look_at_a_picture(visit: Visit) -> None:
    """A tablet reads each picture once, and its small copy for the overview."""
    items = [item for category in visit.menu["categories"] for item in category["items"]]
    shown = [item for item in items if item["image"]]
    if not shown:
        return
    image = shown[0]["image"]
    sizes = []
    for size in (image["thumbnail"], image):
        answer = await visit.tablet.http.get(size["url"])
        if answer.status_code != httpx.codes.OK:
            raise StepFailedError(
                f"{size['url']} answered {answer.status_code}", "is DATA_DIR the service's own?"
            )
        sizes.append(f"{size['width']}x{size['height']} in {len(answer.content) / 1024:.1f} KiB")
    visit.console.says(
        visit.tablet.name, f"sees {shown[0]['name']} ({', '.join(sizes)}), and keeps it for good"
    )


def _free_table(board: list[Json]) -> Json:
    """Table 7 when it is free, as in the story; else the first free one."""
    free = [entry["table"] for entry in board if not entry["session"]]
    if not free:
        raise StepFailedError(
            "every table is occupied", "close one (staff: POST /api/v1/sessions/{id}/close)"
        )
    chosen: Json = next((table for table in free if table["number"] == 7), free[0])
    return chosen


def _menu_row(visit: Visit, category: Json) -> tuple[str, str, str, str]:
    """Name, number of items, an example and its price."""
    items = category["items"]
    example = items[0]
    gone = sum(item["availability"]["status"] == "sold_out" for item in items)
    size = f"{len(items)} items"
    note = f"e.g. {example['name']}" + (f"  ({gone} sold out)" if gone else "")
    return category["name"], size, note, visit.money(example["price"])


def _print_basket(visit: Visit, basket: list[Choice], quote: Json) -> None:
    visit.console.says(visit.tablet.name, "basket, priced by the server:")
    rows = [
        (choice.label, choice.options, visit.money(line["total"]))
        for choice, line in zip(basket, quote["lines"], strict=True)
    ]
    rows.append(("total", "", visit.money(quote["total"])))
    visit.console.table(rows, right=frozenset({2}))


def _print_ticket(visit: Visit, seen: Seen) -> None:
    order = seen.data
    visit.console.says(
        visit.kitchen.name,
        f"order no. {order['number']} for table {order['table']['number']} on its live screen"
        f" {visit.latencies[-1] * 1000:.0f} ms after the guests pressed “order”",
    )
    for line in order["lines"]:
        options = ", ".join(
            option["name"] + (f" ×{option['quantity']}" if option["quantity"] > 1 else "")
            for option in line["options"]
        )
        note = f"  “{line['note']}”" if line["note"] else ""
        part = "+ " if line["parent_line_id"] else ""
        visit.console.under(f"{part}{line['quantity']} × {line['name']}  {options}{note}".rstrip())


async def _retry(visit: Visit, kitchen_live: LiveStream, body: Json, key: str) -> None:
    """The answer got lost on the way, so the tablet sends the same order again."""
    order = visit.orders[-1]
    answer = await visit.tablet.send("POST", "/orders", json=body, headers={"Idempotency-Key": key})
    replayed = answer.headers.get("Idempotent-Replayed") == "true"
    if not replayed or answer.json() != order:
        raise StepFailedError(
            f"the repeated order answered {answer.status_code} {answer.text[:200]}",
            "this is a defect: a repeated Idempotency-Key has to give the first answer again",
        )
    visit.console.says(
        visit.tablet.name,
        "sends it again with the same key, as after a lost answer:"
        f" {answer.status_code}, Idempotent-Replayed, still order no. {order['number']}",
    )
    tickets = kitchen_live.count(_created(order))
    stored = len((await visit.tablet.get("/orders"))["data"])
    if (tickets, stored) != (1, 1):
        raise StepFailedError(
            f"the repeated order stands there twice ({tickets} tickets, {stored} orders)",
            "this is a defect: a repeated Idempotency-Key has to have one effect",
        )
    visit.console.says(visit.kitchen.name, "has one ticket of it, not two")


async def _move(
    visit: Visit,
    actor: Actor,
    tablet_live: LiveStream,
    order: Json,
    status: str,
    *,
    line: Json | None = None,
) -> None:
    """One status change, and what the guests' tablet hears of it."""
    path = f"/orders/{order['id']}" + (f"/lines/{line['id']}" if line else "")
    what = f"no. {order['number']}" + (f", {line['name']}" if line else "")
    sent = perf_counter()
    changed = await actor.patch(path, {"status": status})
    version = changed["version"]
    visit.console.says(actor.name, f"{what}: {status}")
    seen = await tablet_live.wait_for(
        f"{what}: {status}",
        lambda seen: (
            seen.type == "order.updated"
            and seen.data["id"] == order["id"]
            and seen.data["version"] >= version
        ),
    )
    visit.console.says(
        visit.tablet.name, f"{(seen.at - sent) * 1000:.0f} ms later shows {_as_shown(seen.data)}"
    )


def _as_shown(order: Json) -> str:
    """The state of an order as its guests read it, line by line while the lines differ."""
    lines = order["lines"]
    shown = f"{KOREAN_STATUS[order['status']]} ({order['status']})"
    if len({line["status"] for line in lines}) > 1:
        shown += ": " + ", ".join(
            f"{line['name']} {KOREAN_STATUS[line['status']]}" for line in lines
        )
    return shown


def _created(order: Json) -> Callable[[Seen], bool]:
    return lambda seen: seen.type == "order.created" and seen.data["id"] == order["id"]


def _refusal(answer: httpx.Response) -> str:
    """A refusal in a few words; an acceptance here would be a defect."""
    if answer.is_success:
        raise StepFailedError(
            "a pairing code worked twice", "this is a defect: a code has to be good once"
        )
    return f"{answer.status_code} {answer.json()['code']}"


def _print_problem(visit: Visit, problem: Json) -> None:
    visit.console.under(f"{problem['status']} {problem['code']}  {problem['title']}")
    visit.console.under(problem["detail"])
    for error in problem.get("errors") or []:
        visit.console.under(f"at {error['pointer']}: {error['detail']}")


def _flat(blocker: Json) -> str:
    return ", ".join(f"{name} {value}" for name, value in blocker.items())
