"""Tablets that sign in by table number and password."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.credentials import SignedIn, pair, post
from tests.support.floor import Floor, order_body
from tests.support.shops import Shop

PASSWORD = "창가-7번"


def set_password(shop: Shop, floor: Floor, password: str | None, **more: Any) -> httpx.Response:
    path = f"/tables/{floor.table(7)}/password"
    return shop.manager.put(path, json={"password": password, **more})


def login(shop: Shop, **change: Any) -> httpx.Response:
    body = {"store_code": shop.code, "table_number": 7, "password": PASSWORD}
    return post(shop, "/auth/table-login", body | change)


def test_the_tablet_is_as_a_paired_one(shop: Shop) -> None:
    floor = Floor(shop)
    assert set_password(shop, floor, PASSWORD).status_code == 204

    tablet = SignedIn(shop, login(shop, device_name="창가").json())

    assert (tablet.me()["kind"], tablet.me()["name"]) == ("tablet", "창가")
    assert tablet.refresh().tokens["table_id"] == str(floor.table(7))
    placed = tablet.http.post(
        "/orders", json=order_body(floor.stew, 1), headers={"Idempotency-Key": str(uuid4())}
    )
    assert (placed.status_code, placed.json()["table"]["number"]) == (201, 7)
    [device] = shop.manager.get("/devices").json()["data"]
    assert (device["name"], device["table_id"]) == ("창가", str(floor.table(7)))
    assert login(shop).is_success
    names = {one["name"] for one in shop.manager.get("/devices").json()["data"]}
    assert names == {"창가", "Table 7"}


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"table_number": 8}, {"store_code": "nowhere"}, None]
)
def test_whatever_is_wrong_the_answer_is_the_same(
    shop: Shop, change: dict[str, Any] | None
) -> None:
    floor = Floor(shop)
    floor.table(8)
    set_password(shop, floor, None if change is None else PASSWORD)
    before = shop.counters()

    refused = login(shop, **(change or {}))

    expected = login(shop, store_code="nobody-s").json()
    assert refused.status_code == 401
    assert refused.json() | {"request_id": ""} == expected | {"request_id": ""}
    assert shop.counters() == before


def test_an_archived_tables_password_is_no_longer_good(shop: Shop) -> None:
    floor = Floor(shop)
    set_password(shop, floor, PASSWORD)
    shop.manager.delete(f"/tables/{floor.table(7)}")

    assert login(shop).status_code == 401
    assert set_password(shop, floor, PASSWORD).status_code == 404


def test_a_new_password_leaves_those_who_are_in_unless_asked(shop: Shop) -> None:
    floor = Floor(shop)
    set_password(shop, floor, PASSWORD)
    tablet, paired = SignedIn(shop, login(shop).json()), pair(shop, floor.table(7))
    elsewhere = pair(shop, floor.table(8))

    assert set_password(shop, floor, "another").status_code == 204
    assert login(shop).status_code == 401
    assert tablet.refresh().me()["kind"] == "tablet"

    assert set_password(shop, floor, PASSWORD, end_sign_ins=True).status_code == 204
    for gone in (tablet, paired):
        assert gone.http.get("/auth/me").status_code == 401
        assert gone.try_refresh().status_code == 401
    assert elsewhere.refresh().me()["kind"] == "tablet"
    assert [type_ for type_, _ in shop.events()].count("device.revoked") == 2


def test_the_password_is_hashed_and_a_managers_to_set(shop: Shop) -> None:
    floor = Floor(shop)
    set_password(shop, floor, PASSWORD)

    [(hashed,)] = shop.rows("SELECT password_hash FROM table_access WHERE store_id = %(store)s")
    assert hashed.startswith("$argon2id$")
    audit = "SELECT action, details::text FROM audit_entries WHERE store_id = %(store)s"
    entries = [row for row in shop.rows(audit) if row[0].startswith("table-")]
    assert [action for action, _ in entries] == ["table-password-set"]
    assert PASSWORD not in str(entries)
    path = f"/tables/{floor.table(7)}/password"
    assert shop.staff.put(path, json={"password": "1234"}).status_code == 403
    for body in ({}, {"password": "123"}, {"password": "x" * 129}, {"password": 1234}):
        refused = shop.manager.put(path, json=body)
        assert (refused.status_code, "x" * 20 in refused.text) == (422, False)
    assert login(shop).is_success
