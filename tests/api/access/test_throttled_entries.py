"""Every other secret that can be guessed is slowed down like a password."""

from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from tests.support.credentials import try_enter
from tests.support.floor import Floor, created
from tests.support.people import settled
from tests.support.shops import Shop

BURST = 5
Guess = Callable[[str], httpx.Response]
Scene = Callable[[Shop], tuple[Guess, str, str]]
"""What guesses, the right answer, and a wrong one."""


def table_password(shop: Shop) -> tuple[Guess, str, str]:
    table = Floor(shop).table(7)
    assert shop.manager.put(f"/tables/{table}/password", json={"password": "right-one"}).is_success
    sign_in = {"store_code": shop.code, "table_number": 7, "device_name": "T7"}
    client = shop.connect()
    return (
        lambda text: client.post("/auth/table-login", json=sign_in | {"password": text}),
        "right-one",
        "wrong-one",
    )


def session_pin(shop: Shop) -> tuple[Guess, str, str]:
    shop.set(guest_pin_required=True)
    table = Floor(shop).table(7)
    session = created(shop.staff, f"/tables/{table}/sessions", {})
    pin = shop.staff.get(f"/sessions/{session['id']}/pin").json()["pin"]
    wrong = "0000" if pin != "0000" else "1111"
    return lambda text: try_enter(shop, table, pin=text), pin, wrong


def own_password(shop: Shop) -> tuple[Guess, str, str]:
    person = settled(shop, f"kim-{uuid4().hex[:6]}")
    right = person.password

    def change(text: str) -> httpx.Response:
        body = {"current_password": text, "new_password": "another good one"}
        return person.call("PUT", "/auth/password", body)

    return change, right, "not my password"


@pytest.mark.parametrize("scene", [table_password, session_pin, own_password])
def test_after_a_burst_of_failures_even_the_right_answer_must_wait(
    shop: Shop, scene: Scene
) -> None:
    guess, right, wrong = scene(shop)

    failures = [guess(wrong) for _ in range(BURST)]
    slowed = [guess(wrong), guess(right)]

    assert all(answer.status_code in (401, 403, 422) for answer in failures)
    assert [answer.json().get("code") for answer in slowed] == ["rate-limited"] * 2
    assert all(1 <= int(answer.headers["Retry-After"]) <= 120 for answer in slowed)


@pytest.mark.parametrize("scene", [table_password, session_pin])
def test_right_answers_are_never_too_many(shop: Shop, scene: Scene) -> None:
    guess, right, _ = scene(shop)

    assert {guess(right).status_code for _ in range(3 * BURST)} == {200}
