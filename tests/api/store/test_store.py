"""The store's settings: who may change them, and how everybody learns of it."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.core.security.permissions import Role
from tests.support.credentials import enter
from tests.support.floor import Floor, order_body
from tests.support.shops import Json, Shop


def owner(shop: Shop) -> httpx.Client:
    return shop.client(Role.OWNER)


def store(shop: Shop) -> Json:
    answer: Json = owner(shop).get("/store").json()
    return answer


def change(client: httpx.Client, body: Json, version: int = 1) -> httpx.Response:
    return client.patch("/store", json=body, headers={"If-Match": f'"{version}"'})


def order(floor: Floor, number: int = 1) -> httpx.Response:
    body = order_body(floor.stew, 1)
    return floor.tablet(number).post(
        "/orders", json=body, headers={"Idempotency-Key": str(uuid4())}
    )


EVERYTHING = {
    "name": "새 한옥식당",
    "languages": ["en", "ko", "ja"],
    "default_language": "en",
    "ordering_paused": True,
    "settlement_required": True,
    "business_day_start": "04:30",
    "timezone": "Asia/Tokyo",
    "ordering_url": "https://order.example/#",
    "guest_pin_required": True,
    "guest_cancel_allowed": True,
    "pause_message": {"ko": "재료 소진", "en": "Sold out for now"},
    "paused_channels": ["guest", "tablet"],
    "paused_until": "2199-01-01T00:00:00.000000Z",
    "last_order_times": [{"weekday": 1, "at": "21:30"}],
    "max_lines_per_order": 20,
    "max_quantity_per_order": 50,
    "minimum_items_per_guest": 1,
    "minimum_amount_per_guest": 8_000,
    "duplicate_window_seconds": 30,
    "duplicate_action": "confirm",
    "order_acceptance": {"tablet": "staff", "guest": "first_order", "pos": "auto"},
    "order_number_prefixes": {"tablet": "T", "guest": "G", "staff": None, "pos": "P"},
}


def test_an_owner_changes_everything(shop: Shop) -> None:
    before = shop.counters()

    changed = change(owner(shop), EVERYTHING)

    assert changed.status_code == 200, changed.text
    assert {name: changed.json()[name] for name in EVERYTHING} == EVERYTHING
    assert (changed.json()["version"], changed.headers["ETag"]) == (2, '"2"')
    assert store(shop) == changed.json()
    assert shop.counters() == (before[0] + 1, before[1] + 1)
    [(type_, data)] = shop.events(before[0])
    assert (type_, data["kind"], data["store"]["name"]) == ("menu.changed", "store", "새 한옥식당")
    assert "ordering_url" not in data["store"]
    audit = "SELECT details FROM audit_entries WHERE store_id = %(store)s AND action = %(what)s"
    [(details,)] = shop.rows(audit, what="store-changed")
    assert details["before"]["timezone"] == "Asia/Seoul"
    assert details["after"]["business_day_start"] == "04:30:00"


def test_a_change_needs_the_version_that_was_read(shop: Shop) -> None:
    missing = owner(shop).patch("/store", json={"name": "x"})
    stale = change(owner(shop), {"name": "x"}, version=7)

    assert (missing.status_code, stale.status_code) == (428, 412)
    assert stale.headers["ETag"] == '"1"'
    assert store(shop)["name"] == "한옥식당"


def test_what_already_holds_changes_nothing(shop: Shop) -> None:
    before = shop.counters()

    for body in ({}, {"name": None}, {"languages": ["ko", "en", "ko"]}, {"ordering_url": None}):
        assert change(owner(shop), body).json()["version"] == 1

    assert shop.counters() == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"timezone": "Asia/Nowhere"}, "/timezone"),
        ({"timezone": "../etc/passwd"}, "/timezone"),
        ({"timezone": "localtime"}, "/timezone"),
        ({"timezone": "posixrules"}, "/timezone"),
        ({"timezone": "Factory"}, "/timezone"),
        ({"pause_message": {"fr": "Fermé"}}, "/pause_message"),
        ({"order_number_prefixes": {"tablet": "T\u202e"}}, "/order_number_prefixes/tablet"),
        ({"languages": []}, "/languages"),
        ({"languages": ["Korean"]}, "/languages/0"),
        ({"languages": ["en"]}, "/languages"),
        ({"default_language": "ja"}, "/default_language"),
        ({"business_day_start": "24:00"}, "/business_day_start"),
        ({"business_day_start": "5"}, "/business_day_start"),
        ({"business_day_start": 5}, "/business_day_start"),
        ({"ordering_url": "javascript:alert(1)"}, "/ordering_url"),
        ({"ordering_url": "https://"}, "/ordering_url"),
        ({"ordering_url": "https://a b"}, "/ordering_url"),
        ({"ordering_url": "https://[x"}, "/ordering_url"),
        ({"ordering_url": "https://a.example:99999"}, "/ordering_url"),
        ({"ordering_paused": "true"}, "/ordering_paused"),
        ({"currency": "USD"}, "/currency"),
        ({"code": "other"}, "/code"),
    ],
)
def test_what_can_not_be_is_refused(shop: Shop, body: Json, pointer: str) -> None:
    before = store(shop), shop.counters()

    refused = change(owner(shop), body)

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (store(shop), shop.counters()) == before


@pytest.mark.parametrize(
    ("role", "body", "status"),
    [
        (Role.KITCHEN, {"ordering_paused": True}, 403),
        (Role.STAFF, {"ordering_paused": True}, 200),
        (Role.STAFF, {"ordering_paused": True, "name": "x"}, 403),
        (Role.MANAGER, {"ordering_paused": True}, 200),
        (Role.MANAGER, {"guest_pin_required": True}, 403),
        (Role.OWNER, {"guest_pin_required": True}, 200),
    ],
)
def test_staff_pause_and_owners_keep_the_store(
    shop: Shop, role: Role, body: dict[str, Any], status: int
) -> None:
    assert change(shop.client(role), body).status_code == status
    assert store(shop)["version"] == (2 if status == 200 else 1)
    table = shop.tablet(Floor(shop).table(1))
    assert change(table, {"ordering_paused": False}, version=2).status_code == 403


def test_a_pause_holds_at_once_and_so_does_its_end(shop: Shop) -> None:
    floor = Floor(shop)
    assert order(floor).status_code == 201
    tablet = floor.tablet(1)
    menu = tablet.get("/menu")

    assert change(shop.staff, {"ordering_paused": True}).is_success

    refused = order(floor)
    assert (refused.status_code, refused.json()["code"]) == (409, "store-closed")
    again = tablet.get("/menu", headers={"If-None-Match": menu.headers["ETag"]})
    assert (again.status_code, again.json()["store"]["ordering_paused"]) == (200, True)

    assert change(shop.staff, {"ordering_paused": False}, version=2).is_success
    assert order(floor).status_code == 201


def test_tables_get_what_they_need(shop: Shop) -> None:
    floor = Floor(shop)
    needed = {
        *("id", "code", "name", "timezone", "currency"),
        *("default_language", "languages", "ordering_paused", "guest_cancel_allowed"),
        "paused_channels",
        "paused_until",
    }
    for client in (floor.tablet(1), enter(shop, floor.table(1)).http):
        assert set(client.get("/store").json()) == needed
    for client in (shop.kitchen, shop.staff, owner(shop)):
        assert {"ordering_url", "guest_pin_required", "version"} <= set(client.get("/store").json())


def test_a_new_url_is_in_the_next_print(shop: Shop) -> None:
    path = f"/tables/{Floor(shop).table(1)}/qr-token"
    token = shop.staff.get(path).json()["table_token"]

    change(owner(shop), {"ordering_url": "https://order.example/?table="})
    assert shop.staff.get(path).json()["url"] == f"https://order.example/?table={token}"

    change(owner(shop), {"ordering_url": None}, version=2)
    assert shop.staff.get(path).json()["url"].startswith("http://127.0.0.1:8000/")
