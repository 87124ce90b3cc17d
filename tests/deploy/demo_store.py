"""The demo restaurant of an environment that publishes its API without a proxy."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.deploy.stack import Stack


def url(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.environment['PORT']}"


def wait_until_ready(stack: Stack, base: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if httpx.get(f"{base}/health/ready", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.25)
    pytest.fail(f"not ready after {seconds} s:\n{stack.compose('logs', '--tail', '40', 'api')}")


@contextlib.contextmanager
def sign_in(stack: Stack) -> Iterator[httpx.Client]:
    """A client of the demo restaurant's owner."""
    with httpx.Client(base_url=f"{url(stack)}/api/v1", timeout=10) as client:
        answer = client.post(
            "/auth/login",
            json={"store_code": "hanok", "username": "owner", "password": "table-order-demo"},
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def an_item_that_needs_no_choice(menu: dict[str, Any]) -> dict[str, Any]:
    for category in menu["categories"]:
        for item in category["items"]:
            free = not any(group["min_select"] for group in item["option_groups"])
            if free and item["availability"]["status"] == "available":
                found: dict[str, Any] = item
                return found
    pytest.fail("the demo menu has no available item without a required choice")


def order_of(staff: httpx.Client) -> dict[str, Any]:
    """What a party that has just sat down orders."""
    menu = staff.get("/menu").raise_for_status().json()
    tables = staff.get("/tables").raise_for_status().json()["data"]
    table = next(table for table in tables if table["state"] == "free")
    seated = staff.post(f"/tables/{table['id']}/sessions", json={"guest_count": 2})
    item = an_item_that_needs_no_choice(menu)
    return {
        "session_id": seated.raise_for_status().json()["id"],
        "lines": [{"item_id": item["id"], "quantity": 2, "options": []}],
    }
