"""Real people of a shop: they were added by an owner and sign in with a password."""

from dataclasses import dataclass, field

import httpx

from app.core.security.permissions import Role
from tests.support.floor import created
from tests.support.shops import Json, Shop

FIRST_PASSWORD = "given by the owner"
OWN_PASSWORD = "chosen by myself"


@dataclass
class Person:
    """`id`, `username` and a way to sign in; `tokens` are those of the last sign-in."""

    shop: Shop
    id: str
    username: str
    password: str
    tokens: Json = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/staff/{self.id}"

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.tokens)

    def sign_in(self) -> Json:
        """A new sign-in with the current password."""
        answer = login(self.shop, self.username, self.password)
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()
        return self.tokens

    def change_password(self, new: str) -> httpx.Response:
        body = {"current_password": self.password, "new_password": new}
        answer = self.call("PUT", "/auth/password", body)
        if answer.is_success:
            self.password, self.tokens = new, answer.json()
        return answer

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """A request on a connection of its own."""
        return call(self.shop, method, path, body, self.headers)


def hired(shop: Shop, username: str, role: Role = Role.STAFF) -> Person:
    """A person with a first password who has not signed in yet."""
    body = {
        "username": username,
        "display_name": f"{username}님",
        "role": role,
        "password": FIRST_PASSWORD,
    }
    person = created(shop.client(Role.OWNER), "/staff", body)
    return Person(shop, person["id"], username, FIRST_PASSWORD)


def settled(shop: Shop, username: str, role: Role = Role.STAFF) -> Person:
    """A person who has signed in and chosen a password."""
    person = hired(shop, username, role)
    person.sign_in()
    answer = person.change_password(OWN_PASSWORD)
    assert answer.status_code == 200, answer.text
    return person


def login(shop: Shop, username: str, password: str) -> httpx.Response:
    body = {"store_code": shop.code, "username": username, "password": password}
    return call(shop, "POST", "/auth/login", body)


def refresh(shop: Shop, tokens: Json) -> httpx.Response:
    return call(shop, "POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"]})


def bearer(tokens: Json) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def call(
    shop: Shop, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=30) as client:
        url = f"{shop.url}/api/v1{path}"
        return client.request(method, url, json=body, headers=headers)
