"""A store of a hosted environment, reached as the world reaches it: by name, with TLS, through the proxy."""

from __future__ import annotations

import json
import ssl
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.deploy.stack import HOST, Stack

Json = dict[str, Any]
PASSWORD = "a password of our own"


class _ByName(httpx.HTTPTransport):
    """Asks for HOST at the address of the URL, and expects HOST's certificate there."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Host"] = HOST
        request.extensions["sni_hostname"] = HOST
        return super().handle_request(request)


@dataclass(frozen=True)
class Front:
    """The published side of a stack: the ports of its proxy, and who signed its certificate."""

    stack: Stack
    http_port: int
    https_port: int
    trust: ssl.SSLContext

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.https_port}"

    def client(self, token: str | None = None, *, path: str = "/api/v1") -> httpx.Client:
        """A new connection; with a token it speaks for whom that belongs to."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(
            base_url=self.url + path,
            headers=headers,
            transport=_ByName(verify=self.trust, retries=0),
            timeout=30,
            trust_env=False,
        )

    def wait_until_ready(self, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        with self.client(path="") as client:
            while time.monotonic() < end:
                try:
                    if client.get("/health/ready").is_success:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.25)
        pytest.fail(f"not ready after {seconds} s:\n{self.stack.compose('logs', '--tail', '40')}")


@dataclass
class House:
    """One store with one dish; `owner` is its owner's token."""

    front: Front
    code: str
    owner: str = ""
    dish: str = ""
    tables: dict[int, str] = field(default_factory=dict)

    def table(self, number: int) -> str:
        if number not in self.tables:
            with self.front.client(self.owner) as owner:
                self.tables[number] = _made(owner.post("/tables", json={"number": number}))["id"]
        return self.tables[number]

    def tablet(self, number: int) -> str:
        """The token of a new tablet on that table."""
        with self.front.client(self.owner) as owner:
            code = _made(owner.post(f"/tables/{self.table(number)}/pairing-codes"))["code"]
        with self.front.client() as client:
            wanted = {"code": code, "device_name": f"{self.code} {number}"}
            token: str = _made(client.post("/auth/pair", json=wanted))["access_token"]
            return token

    def order(self, client: httpx.Client, note: str = "", key: str = "") -> httpx.Response:
        """A tablet orders one dish; again with the same key, it is the same order."""
        line = {"item_id": self.dish, "quantity": 1} | ({"note": note} if note else {})
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return client.post("/orders", json={"lines": [line]}, headers=headers)

    def orders(self) -> list[Json]:
        """All orders of the store, as the API lists them."""
        found: list[Json] = []
        with self.front.client(self.owner) as owner:
            cursor: Json = {}
            while True:
                page = owner.get("/orders", params={"limit": 100, **cursor}).raise_for_status()
                found += page.json()["data"]
                if not page.json().get("next_cursor"):
                    return found
                cursor = {"cursor": page.json()["next_cursor"]}


def open_house(front: Front, code: str) -> House:
    """A new store, opened by the operator's command and set up through the API."""
    opened = json.loads(
        front.stack.compose(
            *("exec", "-T", "api", "python", "-m", "app.cli", "store", "create", "--json"),
            *("--code", code, "--name", code, "--timezone", "Asia/Seoul", "--currency", "KRW"),
            *("--language", "ko", "--owner", "owner"),
        )
    )
    house = House(front, code)
    who = {"store_code": code, "username": "owner", "password": opened["password"]}
    with front.client() as client:
        first = client.post("/auth/login", json=who).raise_for_status().json()["access_token"]
    with front.client(first) as client:
        change = {"current_password": opened["password"], "new_password": PASSWORD}
        changed = client.put("/auth/password", json=change).raise_for_status()
        house.owner = changed.json()["access_token"]
    with front.client(house.owner) as owner:
        category = _made(owner.post("/menu/categories", json={"name": {"ko": "찌개"}}))
        dish = {"category_id": category["id"], "name": {"ko": "김치찌개"}, "price": 9_000}
        house.dish = _made(owner.post("/menu/items", json=dish))["id"]
    return house


def _made(answer: httpx.Response) -> Json:
    assert answer.is_success, answer.text
    body: Json = answer.json()
    return body
