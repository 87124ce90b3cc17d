"""Signing in, pairing, rotating and ending sign-ins."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.cli.store import open_store
from app.core.config import Settings
from app.schemas.store import StoreInput
from app.services.store.opening import OpenedStore
from tests.support.floor import Floor
from tests.support.shops import Shop


@pytest.fixture(scope="module")
def store(app: FastAPI, base_url: str, database_url: str) -> OpenedStore:
    """A store whose owner has replaced the first password."""
    wanted = StoreInput(
        code="sign-in",
        name="한옥식당",
        timezone="Asia/Seoul",
        currency="KRW",
        default_language="ko",
        languages=["ko", "en"],
        owner="owner",
    )
    opened = open_store(Settings(database_url=SecretStr(database_url)), wanted)
    body = {"current_password": opened.owner_password, "new_password": "chosen by myself"}
    with httpx.Client(base_url=f"{base_url}/api/v1", trust_env=False) as client:
        tokens = sign_in(client, opened)
        assert client.get("/tables", headers=bearer(tokens)).status_code == 403
        changed = client.put("/auth/password", json=body, headers=bearer(tokens))
    assert changed.status_code == 200, changed.text
    return replace(opened, owner_password=body["new_password"])


@pytest.fixture
def client(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{base_url}/api/v1", trust_env=False) as opened:
        yield opened


def sign_in(client: httpx.Client, store: OpenedStore) -> dict[str, Any]:
    body = {"store_code": store.code, "username": store.owner, "password": store.owner_password}
    response = client.post("/auth/login", json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_the_owner_signs_in(client: httpx.Client, store: OpenedStore) -> None:
    me = client.get("/auth/me", headers=bearer(sign_in(client, store))).json()

    assert (me["kind"], me["role"], me["store_id"]) == ("staff", "owner", str(store.store_id))


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"username": "nobody"}, {"store_code": "nowhere"}]
)
def test_whatever_is_wrong_the_answer_is_the_same(
    client: httpx.Client, store: OpenedStore, change: dict[str, str]
) -> None:
    body = {"store_code": store.code, "username": store.owner, "password": store.owner_password}

    refused = client.post("/auth/login", json=body | change)

    assert (refused.status_code, refused.json()["code"]) == (401, "sign-in-refused")


def test_refresh_rotates_and_a_stolen_token_ends_the_family(
    client: httpx.Client, store: OpenedStore, database_url: str
) -> None:
    first = sign_in(client, store)
    second = client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]}).json()
    assert client.get("/auth/me", headers=bearer(second)).status_code == 200
    with psycopg.connect(database_url) as owner:  # as if the grace were long over
        owner.execute("UPDATE refresh_tokens SET used_at = used_at - interval '1 hour'")

    reused = client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
    successor = client.post("/auth/refresh", json={"refresh_token": second["refresh_token"]})

    assert (reused.status_code, successor.status_code) == (401, 401)
    assert client.get("/auth/me", headers=bearer(second)).status_code == 401


def test_signing_out_ends_every_token_of_the_sign_in(
    client: httpx.Client, store: OpenedStore
) -> None:
    tokens = sign_in(client, store)
    other = sign_in(client, store)

    assert client.post("/auth/logout", headers=bearer(tokens)).status_code == 204

    assert client.get("/auth/me", headers=bearer(tokens)).status_code == 401
    refused = client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert refused.status_code == 401
    assert client.get("/auth/me", headers=bearer(other)).status_code == 200


def test_a_stream_ends_within_seconds_of_signing_out(
    client: httpx.Client, store: OpenedStore
) -> None:
    tokens = sign_in(client, store)

    with client.stream("GET", "/events/stream", headers=bearer(tokens), timeout=10) as stream:
        client.post("/auth/logout", headers=bearer(tokens))
        began = time.monotonic()
        for _ in stream.iter_bytes():
            pass

    assert stream.status_code == 200
    assert time.monotonic() - began < 10


def test_a_tablet_is_paired_once_and_bound_to_its_table(shop: Shop, client: httpx.Client) -> None:
    floor = Floor(shop)
    made = shop.staff.post(f"/tables/{floor.table(7)}/pairing-codes").json()
    body = {"code": made["code"].lower(), "device_name": "7번 태블릿"}

    paired = client.post("/auth/pair", json=body)
    again = client.post("/auth/pair", json=body)

    tokens = paired.json()
    assert (paired.status_code, tokens["table_id"]) == (200, str(floor.table(7)))
    assert (again.status_code, again.json()["code"]) == (401, "pairing-code-invalid")
    me = client.get("/auth/me", headers=bearer(tokens)).json()
    assert (me["kind"], me["name"]) == ("tablet", "7번 태블릿")
    assert client.get("/tables", headers=bearer(tokens)).status_code == 403
    rotated = client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert rotated.json()["table_id"] == str(floor.table(7))
