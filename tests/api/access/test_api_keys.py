"""API keys: made once, shown once, good for their scopes, ended everywhere within seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.core.config import Settings
from app.core.security.permissions import ApiScope, Role
from app.main import create_app
from tests.support.floor import Floor, created, order_body
from tests.support.server import live_server
from tests.support.shops import Json, Shop


def owner(shop: Shop) -> httpx.Client:
    return shop.client(Role.OWNER)


def make(shop: Shop, *scopes: str, **more: Any) -> Json:
    body = {"name": "POS 1", "scopes": list(scopes or ("orders:read",)), **more}
    return created(owner(shop), "/api-keys", body)


@contextmanager
def speaking(shop: Shop, key: Json, url: str | None = None) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {key['key']}"}
    base = f"{url or shop.url}/api/v1"
    with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=15) as client:
        yield client


@pytest.fixture(scope="module")
def second_url(app: FastAPI, database_url: str) -> Iterator[str]:
    """Another worker on the same database."""
    with live_server(create_app(Settings(database_url=SecretStr(database_url)))) as url:
        yield url


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_a_key_is_shown_once_and_only_its_hash_is_stored(shop: Shop) -> None:
    key = make(shop, "orders:read", "menu:read")

    assert key["key"].startswith(f"{key['prefix']}_")
    assert len(key["key"].split("_", 3)[3]) == 43
    [listed] = owner(shop).get("/api-keys").json()["data"]
    assert set(listed) == {
        *("id", "name", "scopes", "prefix", "created_at", "last_used_at", "expires_at"),
        "revoked_at",
    }
    assert (listed["scopes"], listed["revoked_at"]) == (["orders:read", "menu:read"], None)
    secret = key["key"].split("_", 3)[3]
    stored = shop.rows(
        "SELECT k::text FROM api_keys k WHERE store_id = %(store)s"
        " UNION ALL SELECT a::text FROM audit_entries a WHERE store_id = %(store)s"
    )
    assert len(stored) == 2
    assert not any(secret in row[0] for row in stored)


def test_a_replay_makes_no_second_key_and_does_not_show_the_first_again(shop: Shop) -> None:
    body = {"name": "POS 1", "scopes": ["orders:read"]}
    headers = {"Idempotency-Key": "a-lost-answer"}

    first = owner(shop).post("/api-keys", json=body, headers=headers)
    again = owner(shop).post("/api-keys", json=body, headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json() | {"key": None}
    assert len(owner(shop).get("/api-keys").json()["data"]) == 1
    secret = first.json()["key"].split("_", 3)[3]
    rows = shop.rows("SELECT body FROM idempotency_records WHERE store_id = %(store)s")
    assert not any(secret in row[0] for row in rows)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["orders:read", "orders:read"]}, "/scopes"),
        ({"scopes": ["everything"]}, "/scopes/0"),
        ({"name": ""}, "/name"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"key": "mine"}, "/key"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(shop: Shop, change: Json, pointer: str) -> None:
    body = {"name": "POS 1", "scopes": ["orders:read"]} | change

    refused = owner(shop).post("/api-keys", json=body)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]
    assert owner(shop).get("/api-keys").json()["data"] == []


def test_only_the_owner_keeps_keys(shop: Shop) -> None:
    key = make(shop, *ApiScope)
    with speaking(shop, key) as pos:
        for client in (shop.manager, shop.staff, pos):
            assert client.get("/api-keys").status_code == 403
            assert client.post("/api-keys", json={}).status_code == 403
            assert client.delete(f"/api-keys/{key['id']}").status_code == 403


def test_a_pos_orders_reads_and_follows_as_far_as_its_scopes_go(shop: Shop) -> None:
    floor = Floor(shop)
    key = make(shop, "orders:write", "events:read")
    with speaking(shop, key) as pos:
        body = order_body(floor.stew, 2) | {"table_id": str(floor.table(1))}
        order = pos.post("/orders", json=body, headers={"Idempotency-Key": "1"})
        again = pos.post("/orders", json=body, headers={"Idempotency-Key": "1"})

        assert (order.status_code, order.json()["channel"]) == (201, "pos")
        assert again.headers["Idempotent-Replayed"] == "true"
        [event] = [e for e in pos.get("/events?after=0").json()["data"] if "order" in e["type"]]
        assert event["actor"] == {"kind": "api_key", "id": key["id"], "name": "POS 1"}
        assert pos.get("/orders").status_code == 403
        assert pos.get("/tables").status_code == 403
        assert pos.post("/auth/logout").status_code == 403
        me = pos.get("/auth/me").json()
        assert (me["kind"], me["id"]) == ("api_key", key["id"])


def test_two_keys_may_use_the_same_idempotency_key(shop: Shop) -> None:
    floor = Floor(shop)
    body = order_body(floor.stew, 1) | {"table_id": str(floor.table(1))}
    numbers = []
    for _ in range(2):
        with speaking(shop, make(shop, "orders:write")) as pos:
            answer = pos.post("/orders", json=body, headers={"Idempotency-Key": "same"})
            numbers.append(answer.json()["number"])

    assert numbers == [1, 2]


def test_a_key_is_good_in_its_own_store_only(shop: Shop, other_shop: Shop) -> None:
    theirs = created(other_shop.manager, "/tables", {"number": 1})
    key = make(shop, "tables:read")
    forged = {"key": key["key"].replace(shop.id.hex, other_shop.id.hex)}

    with speaking(shop, key) as pos, speaking(shop, forged) as forger:
        assert pos.get(f"/tables/{theirs['id']}").status_code == 404
        assert forger.get("/tables").status_code == 401
    assert owner(other_shop).delete(f"/api-keys/{key['id']}").status_code == 404
    assert owner(other_shop).get("/api-keys").json()["data"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
        lambda key: key[:-1],
        lambda key: key + "A",
        lambda key: key.upper(),
        lambda key: key[:4],
        lambda key: key + "x" * 5000,
        lambda key: "tok_é" + key[5:],
        lambda key: key.replace("tok_", "tok_0", 1),
    ],
)
def test_a_key_that_is_not_exactly_right_is_no_key(shop: Shop, wrong: Callable[[str], str]) -> None:
    key = make(shop)
    header = f"Bearer {wrong(key['key'])}".encode()

    refused = httpx.get(
        f"{shop.url}/api/v1/orders", headers={b"Authorization": header}, trust_env=False
    )

    assert (refused.status_code, refused.json()["code"]) == (401, "not-authenticated")


def test_a_revoked_key_ends_on_every_worker_with_its_streams(shop: Shop, second_url: str) -> None:
    key = make(shop, "events:read")
    with speaking(shop, key) as here, speaking(shop, key, second_url) as there:
        assert (here.get("/events?after=0").status_code, there.get("/store").status_code) == (
            200,
        ) * 2
        with there.stream("GET", "/events/stream") as stream:
            revoked = owner(shop).delete(f"/api-keys/{key['id']}")
            began = time.monotonic()
            for _ in stream.iter_bytes():
                pass
            assert time.monotonic() - began < 5
        assert here.get("/store").status_code == 401
        assert within(
            5 - (time.monotonic() - began), lambda: there.get("/store").status_code == 401
        )
    assert revoked.status_code == 204
    again = owner(shop).delete(f"/api-keys/{key['id']}")
    [listed] = owner(shop).get("/api-keys").json()["data"]
    assert (again.status_code, listed["revoked_at"] is None) == (204, False)
    query = "SELECT action FROM audit_entries WHERE store_id = %(store)s ORDER BY at"
    assert shop.rows(query) == [("api-key-made",), ("api-key-revoked",)]


def test_an_expired_key_ends_by_itself_with_its_streams(shop: Shop, second_url: str) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=2)  # noqa: TID251 - the server's own clock
    key = make(shop, "events:read", expires_at=ends.isoformat())
    with speaking(shop, key, second_url) as pos:
        assert pos.get("/store").status_code == 200
        with pos.stream("GET", "/events/stream") as stream:
            began = time.monotonic()
            for _ in stream.iter_bytes():
                pass
        assert time.monotonic() - began < 7
        refused = pos.get("/store")

    assert (stream.status_code, refused.status_code) == (200, 401)


def test_a_used_key_costs_no_query_and_its_use_is_noted_beside(
    app: FastAPI, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make(shop, "orders:read")
    asked = []
    keys = app.state.runtime.api_keys
    look_up = keys.look_up

    async def counted(token: str, hashed: bytes) -> Any:
        asked.append(token)
        return await look_up(token, hashed)

    monkeypatch.setattr(keys, "look_up", counted)
    with speaking(shop, key) as pos:
        assert {pos.get("/store").status_code for _ in range(20)} == {200}

    def used() -> Any:
        return owner(shop).get("/api-keys").json()["data"][0]["last_used_at"]

    assert len(asked) == 1
    assert within(2, lambda: used() is not None)


def test_the_list_goes_on_page_by_page(shop: Shop) -> None:
    made = [make(shop, name=f"POS {number}")["id"] for number in range(3)]

    first = owner(shop).get("/api-keys?limit=2").json()
    second = owner(shop).get(f"/api-keys?limit=2&cursor={first['next_cursor']}").json()

    assert [key["id"] for key in first["data"] + second["data"]] == made[::-1]
    assert second["next_cursor"] is None
