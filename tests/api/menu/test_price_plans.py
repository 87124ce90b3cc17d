"""Prices that follow the clock: in the menu, the quote and the order, and in the audit log."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.core import clock
from tests.support.floor import Floor, order_body
from tests.support.menu_building import add_group, if_match, ok
from tests.support.shops import Json, Shop

FRIDAY = "2027-11-26T"
AFTERNOON = {"weekday": 5, "start": "11:40", "end": "11:50"}
HOLIDAY: Json = {"date": "2027-11-26", "windows": [{"start": "11:50", "end": "11:55"}]}
HAPPY: Json = {"price": 6_000, "windows": [AFTERNOON]}


def seoul(text: str) -> datetime:
    """A time on Friday, 26 November 2027."""
    return datetime.fromisoformat(f"{FRIDAY}{text}:00+09:00")


def step(text: str, price: int) -> Json:
    return {"starts_at": f"{FRIDAY}{text}:00+09:00", "price": price}


@pytest.fixture
def floor(shop: Shop) -> Iterator[Floor]:
    """A stew at 9,000 won, at half past eleven; credentials are good for some minutes."""
    with clock.held_at(seoul("11:30")):
        yield Floor(shop)


def plan(shop: Shop, floor: Floor, what: str, wanted: list[Json]) -> httpx.Response:
    version = ok(shop.manager.get(f"/menu/items/{floor.stew}"))["version"]
    path = f"/menu/items/{floor.stew}/{what}"
    return shop.manager.put(path, json=wanted, headers=if_match(version))


def prices(floor: Floor) -> tuple[int, int]:
    """The price in force and the regular one, as the tablet's menu has them."""
    menu = ok(floor.tablet(1).get("/menu"))
    [item] = menu["categories"][0]["items"]
    return item["price"], item["regular_price"]


def place(floor: Floor, **more: Any) -> httpx.Response:
    key = {"Idempotency-Key": str(uuid4())}
    return floor.tablet(1).post("/orders", json=order_body(floor.stew, 1) | more, headers=key)


def audited(shop: Shop, floor: Floor) -> list[tuple[str, Any, Any]]:
    """Action, before and after of what is known of the stew, oldest first."""
    page = ok(shop.manager.get("/audit-log", params={"target_id": floor.stew}))
    found = [(one["action"], one["details"]) for one in page["data"]]
    return [(action, one["before"], one["after"]) for action, one in reversed(found)]


def test_a_planned_price_takes_effect_by_itself_everywhere_at_once(
    shop: Shop, floor: Floor
) -> None:
    planned = ok(plan(shop, floor, "price-schedule", [step("11:40", 9_500), step("11:35", 9_800)]))
    assert planned["price"] == 9_000
    utc = ["2027-11-26T02:35:00.000000Z", "2027-11-26T02:40:00.000000Z"]
    assert [one["starts_at"] for one in planned["price_schedule"]] == utc
    before = shop.counters()
    for at, price, coming in (("11:35", 9_800, utc[1]), ("11:40", 9_500, None)):
        begins = seoul(at)
        with clock.held_at(begins - timedelta(microseconds=1)):
            old, _ = prices(floor)
            assert old != price
            assert ok(floor.tablet(1).get("/menu"))["valid_until"] == begins.strftime(
                "2027-11-26T02:%M:00.000000Z"
            )
        with clock.held_at(begins):
            assert prices(floor) == (price, price)
            assert ok(floor.tablet(1).get("/menu"))["valid_until"] == coming
            quote = ok(floor.tablet(1).post("/orders/quote", json=order_body(floor.stew, 2)))
            assert quote["total"] == 2 * price
            item = ok(shop.manager.get(f"/menu/items/{floor.stew}"))
            assert item["price"] == price
    # Nobody had to do anything for it: only the table was made meanwhile.
    assert shop.counters()[1] == before[1]


def test_an_order_is_held_to_the_price_in_force(shop: Shop, floor: Floor) -> None:
    ok(plan(shop, floor, "price-schedule", [step("11:40", 9_500)]))
    floor.tablet(1)
    last = seoul("11:40") - timedelta(microseconds=1)
    with clock.held_at(last):
        placed = place(floor, expected_total=9_000)
        assert placed.status_code == 201
        assert datetime.fromisoformat(placed.json()["created_at"]) == last
    before = shop.deeds()
    with clock.held_at(seoul("11:40")):
        refused = place(floor, expected_total=9_000)
        assert (refused.status_code, refused.json()["code"]) == (409, "price-changed")
        assert refused.json()["quote"]["total"] == 9_500
        assert shop.deeds() == before
        accepted = place(floor, expected_total=9_500)
        assert accepted.status_code == 201
        assert accepted.json()["lines"][0]["unit_price"] == 9_500
    # What was sold before keeps its price.
    with clock.held_at(seoul("11:41")):
        assert ok(floor.tablet(1).get(f"/orders/{placed.json()['id']}"))["total"] == 9_000


def test_a_happy_hour_is_cheaper_while_it_lasts(shop: Shop, floor: Floor) -> None:
    changed = ok(plan(shop, floor, "happy-hours", [HAPPY]))
    assert (changed["price"], changed["happy_hours"]) == (9_000, [HAPPY | {"exceptions": []}])
    seen = {}
    for at in ("11:39", "11:40"):
        with clock.held_at(seoul(at)):
            seen[at] = prices(floor)
    assert seen == {"11:39": (9_000, 9_000), "11:40": (6_000, 9_000)}
    with clock.held_at(seoul("11:43")):
        assert place(floor, expected_total=6_000).status_code == 201
    ahead = {"at": seoul("11:50").isoformat()}
    [category] = ok(shop.staff.get("/menu", params=ahead))["categories"]
    assert category["items"][0]["price"] == 9_000


def test_a_happy_hour_may_differ_on_a_date(shop: Shop, floor: Floor) -> None:
    holiday = [HAPPY | {"exceptions": [HOLIDAY]}]
    planned = ok(plan(shop, floor, "happy-hours", holiday))
    assert planned["happy_hours"] == holiday
    for at, price in (("11:45", 9_000), ("11:50", 6_000), ("11:54", 6_000), ("11:55", 9_000)):
        with clock.held_at(seoul(at)):
            assert prices(floor) == (price, 9_000)
            quoted = floor.tablet(1).post("/orders/quote", json=order_body(floor.stew, 1))
            assert ok(quoted)["total"] == price


def test_a_discount_can_not_take_a_happy_hours_line_below_zero(shop: Shop, floor: Floor) -> None:
    group = add_group(shop, options=[{"name": {"ko": "밥 없이"}, "price": -7_000}])
    path = f"/menu/items/{floor.stew}/option-groups"
    ok(shop.manager.put(path, json={"option_groups": [{"id": group["id"]}]}, headers=if_match(1)))
    ok(plan(shop, floor, "happy-hours", [HAPPY]))
    body = order_body(floor.stew, 1)
    body["lines"][0]["options"] = [{"option_id": group["options"][0]["id"], "quantity": 1}]
    tablet = floor.tablet(1)
    assert ok(tablet.post("/orders/quote", json=body))["total"] == 2_000
    with clock.held_at(seoul("11:40")):
        refused = tablet.post("/orders/quote", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "option-invalid")


def test_a_price_set_by_hand_goes_before_what_was_planned_earlier(shop: Shop, floor: Floor) -> None:
    path = f"/menu/items/{floor.stew}"
    ok(plan(shop, floor, "price-schedule", [step("11:35", 9_500), step("11:40", 9_900)]))
    with clock.held_at(seoul("11:36")):
        changed = ok(shop.manager.patch(path, json={"price": 9_200}, headers=if_match(2)))
        assert (changed["price"], len(changed["price_schedule"])) == (9_200, 1)
        assert prices(floor) == (9_200, 9_200)
        assert audited(shop, floor)[-1] == ("price-changed", 9_500, 9_200)
    with clock.held_at(seoul("11:40")):
        assert prices(floor) == (9_900, 9_900)


def test_every_change_of_a_plan_is_audited_and_published(shop: Shop, floor: Floor) -> None:
    seq, catalog = shop.counters()
    first, second = [step("11:40", 9_500)], [step("11:50", 9_600)]
    for wanted in (first, first, second, []):
        ok(plan(shop, floor, "price-schedule", wanted))
    ok(plan(shop, floor, "happy-hours", [HAPPY]))
    stored = [
        [{"starts_at": f"2027-11-26T02:{minute}:00.000000Z", "price": price}]
        for minute, price in ((40, 9_500), (50, 9_600))
    ]
    assert audited(shop, floor) == [
        ("price-schedule-changed", [], stored[0]),
        ("price-schedule-changed", stored[0], stored[1]),
        ("price-schedule-changed", stored[1], []),
        ("happy-hours-changed", [], [HAPPY]),
    ]
    assert shop.counters() == (seq + 4, catalog + 4)
    assert {kind for kind, _ in shop.events(seq)} == {"menu.changed"}


WRONG: list[tuple[str, Any, str]] = [
    ("price-schedule", [step("11:30", 1)], "/0/starts_at"),
    ("price-schedule", [step("11:40", 1), step("11:29", 1)], "/1/starts_at"),
    ("price-schedule", [step("11:40", -1)], "/0/price"),
    ("price-schedule", [step("11:40", 10**12 + 1)], "/0/price"),
    ("price-schedule", [{"starts_at": "9999-12-31T23:59:59Z", "price": 1}], "/0/starts_at"),
    ("price-schedule", [{"starts_at": "tomorrow", "price": 1}], "/0/starts_at"),
    ("price-schedule", [{"starts_at": f"{FRIDAY}11:40:00", "price": 1}], "/0/starts_at"),
    ("price-schedule", [step("11:40", 1), step("11:40", 2)], ""),
    ("price-schedule", {"starts_at": f"{FRIDAY}11:40:00Z", "price": 1}, ""),
    ("price-schedule", [{"price": 1}], "/0/starts_at"),
    ("price-schedule", None, ""),
    ("happy-hours", [HAPPY | {"windows": []}], "/0/windows"),
    ("happy-hours", [HAPPY | {"price": 6000.0}], "/0/price"),
    ("happy-hours", [HAPPY | {"name": "happy"}], "/0/name"),
    ("happy-hours", [HAPPY | {"windows": [AFTERNOON | {"end": "25:00"}]}], "/0/windows/0/end"),
    ("happy-hours", [HAPPY] * 21, ""),
    ("happy-hours", [HAPPY | {"exceptions": [HOLIDAY, HOLIDAY]}], "/0/exceptions"),
    ("happy-hours", [HAPPY | {"exceptions": [{"date": "2027-11-26"}]}], "/0/exceptions/0/windows"),
]


@pytest.mark.parametrize(("what", "wanted", "pointer"), WRONG, ids=lambda value: str(value)[:50])
def test_what_a_plan_can_not_be(
    shop: Shop, floor: Floor, what: str, wanted: Any, pointer: str
) -> None:
    before = shop.counters()
    answer = plan(shop, floor, what, wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request"), answer.text
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert shop.counters() == before
    assert audited(shop, floor) == []


@pytest.mark.parametrize(("what", "body"), [("price-schedule", []), ("happy-hours", [HAPPY])])
def test_who_may_plan_and_with_which_version(
    shop: Shop, floor: Floor, other_shop: Shop, what: str, body: list[Json]
) -> None:
    path, before = f"/menu/items/{floor.stew}/{what}", shop.counters()
    version = if_match(1)
    refused = [
        (shop.staff.put(path, json=body, headers=version), 403, "permission-denied"),
        (shop.manager.put(path, json=body), 428, "precondition-required"),
        (shop.manager.put(path, json=body, headers=if_match(7)), 412, "version-mismatch"),
        (other_shop.manager.put(path, json=body, headers=version), 404, "not-found"),
    ]
    for answer, status, code in refused:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert shop.counters() == before
