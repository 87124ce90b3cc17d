"""The language of what is refused before anybody is let in: the store's, where it is known."""

from collections.abc import Callable

import httpx
import pytest

from app.core import clock
from app.core.ids import uuid7
from app.core.security.permissions import Role
from app.core.security.principals import Principal, PrincipalKind
from tests.support.credentials import enter, pair, try_enter
from tests.support.floor import Floor, created
from tests.support.menu_building import ok
from tests.support.parties import act
from tests.support.shops import Shop


def ended_visit(shop: Shop) -> httpx.Response:
    guest = enter(shop, Floor(shop).table(1))
    ok(act(shop, guest.tokens["session_id"], "close"))
    return guest.http.get("/session")


def ended_visit_refreshed(shop: Shop) -> httpx.Response:
    guest = enter(shop, Floor(shop).table(1))
    ok(act(shop, guest.tokens["session_id"], "close"))
    return guest.try_refresh()


def expired_token(shop: Shop) -> httpx.Response:
    now = clock.now()
    principal = Principal(
        PrincipalKind.STAFF, shop.id, uuid7(), "누구", uuid7(), "ko", role=Role.STAFF
    )
    with clock.held_at(now.replace(year=now.year - 1)):
        token, _ = shop.runtime.tokens.issue(principal)
    return shop.connect(f"Bearer {token}").get("/store")


def revoked_tablet(shop: Shop) -> httpx.Response:
    tablet = pair(shop, Floor(shop).table(1))
    [device] = ok(shop.manager.get("/devices"))["data"]
    assert shop.manager.delete(f"/devices/{device['id']}").is_success
    return tablet.http.get("/store")


def revoked_key(shop: Shop) -> httpx.Response:
    owner = shop.client(Role.OWNER)
    made = created(owner, "/api-keys", {"name": "POS", "scopes": ["orders:read"]})
    assert owner.delete(f"/api-keys/{made['id']}").status_code == 204
    return shop.connect(f"Bearer {made['key']}").get("/orders")


def pin_is_missing(shop: Shop) -> httpx.Response:
    floor = Floor(shop)
    shop.set(guest_pin_required=True)
    ok(shop.staff.post(f"/tables/{floor.table(1)}/sessions", json={}), 201)
    return try_enter(shop, floor.table(1))


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (ended_visit, "session-closed"),
        (ended_visit_refreshed, "session-closed"),
        (expired_token, "token-expired"),
        (revoked_tablet, "not-authenticated"),
        (revoked_key, "not-authenticated"),
        (pin_is_missing, "guest-pin-required"),
    ],
)
def test_a_korean_store_refuses_in_korean(
    shop: Shop, refusal: Callable[[Shop], httpx.Response], code: str
) -> None:
    refused = refusal(shop)
    assert (refused.json()["code"], refused.headers["Content-Language"]) == (code, "ko")
    again = refused.request
    again.headers["Accept-Language"] = "en"
    with httpx.Client(trust_env=False) as client:
        assert client.send(again).headers["Content-Language"] == "en"


def test_a_guesser_does_not_learn_by_the_language_that_a_store_exists(shop: Shop) -> None:
    wrong = {"username": "owner", "password": "not the password"}
    client = shop.connect()
    answers = [
        client.post("/auth/login", json=wrong | {"store_code": code})
        for code in (shop.code, "no-such-store")
    ]
    assert {one.headers["Content-Language"] for one in answers} == {"en"}
    key = f"tok_{'0' * 12}_{shop.id.hex}_{'A' * 43}"
    assert shop.connect(f"Bearer {key}").get("/store").headers["Content-Language"] == "en"
