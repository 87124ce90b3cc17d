"""Clients that came in as devices and guests do, and keep what they were given."""

from typing import Any
from uuid import UUID

import httpx

from tests.support.shops import Json, Shop


class SignedIn:
    """A client with its tokens; `refresh` takes the next ones, as a tablet does by itself."""

    def __init__(self, shop: Shop, tokens: Json) -> None:
        self.tokens = tokens
        self.http = shop.connect()
        self._use()

    def _use(self) -> None:
        self.http.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"

    def try_refresh(self) -> httpx.Response:
        body = {"refresh_token": self.tokens["refresh_token"]}
        answer = self.http.post("/auth/refresh", json=body)
        if answer.is_success:
            self.tokens = answer.json()
            self._use()
        return answer

    def refresh(self) -> "SignedIn":
        answer = self.try_refresh()
        assert answer.is_success, answer.text
        return self

    def me(self) -> Json:
        answer: Json = self.http.get("/auth/me").json()
        return answer


def post(shop: Shop, path: str, body: Any) -> httpx.Response:
    """What somebody without a credential asks for."""
    return shop.connect().post(path, json=body)


def pair(shop: Shop, table_id: UUID, name: str = "tablet") -> SignedIn:
    """A tablet, paired with a table."""
    return _redeem(shop, shop.staff.post(f"/tables/{table_id}/pairing-codes"), name)


def pair_screen(shop: Shop, kind: str, name: str = "screen") -> SignedIn:
    """A board or kitchen screen, paired with the store."""
    return _redeem(shop, shop.manager.post("/devices/pairing-codes", json={"kind": kind}), name)


def table_token(shop: Shop, table_id: UUID) -> str:
    """What the table's QR code says."""
    shown = shop.staff.get(f"/tables/{table_id}/qr-token")
    assert shown.is_success, shown.text
    token: str = shown.json()["table_token"]
    return token


def try_enter(shop: Shop, table_id: UUID, **more: str) -> httpx.Response:
    return post(shop, "/auth/guest", {"table_token": table_token(shop, table_id), **more})


def enter(shop: Shop, table_id: UUID, **more: str) -> SignedIn:
    """A guest at a table."""
    answer = try_enter(shop, table_id, **more)
    assert answer.is_success, answer.text
    return SignedIn(shop, answer.json())


def _redeem(shop: Shop, made: httpx.Response, name: str) -> SignedIn:
    assert made.status_code == 201, made.text
    paired = post(shop, "/auth/pair", {"code": made.json()["code"], "device_name": name})
    assert paired.is_success, paired.text
    return SignedIn(shop, paired.json())


def streaming_ends(shop: Shop, client: httpx.Client, after: Any) -> bool:
    """Whether a stream of the client ends within five seconds of what `after` does."""
    try:
        with client.stream("GET", "/events/stream", timeout=5) as stream:
            assert stream.status_code == 200
            after()
            for _ in stream.iter_bytes():
                pass
    except httpx.ReadTimeout:
        return False
    return True
