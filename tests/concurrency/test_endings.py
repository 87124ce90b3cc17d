"""Two worker processes: what ends a credential on one of them ends it on both, within seconds."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.credentials import enter, pair
from tests.support.floor import Floor
from tests.support.server import worker_processes
from tests.support.shops import Shop

CONNECTIONS = 8
PATIENCE = 5.0


@pytest.fixture(scope="module")
def workers_url(database_url: str) -> Iterator[str]:
    environment = {"DATABASE_URL": database_url, "LOG_LEVEL": "ERROR", "DATABASE_POOL_SIZE": "4"}
    with worker_processes(environment, 2) as url:
        yield url


def eventually_refused(clients: list[httpx.Client]) -> set[str]:
    """The codes with which every one of them is refused, within the promised five seconds."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        answers = [client.get("/auth/me") for client in clients]
        if not any(answer.is_success for answer in answers):
            return {answer.json()["code"] for answer in answers}
        time.sleep(0.2)
    raise AssertionError("some worker still takes the token")


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("a tablet moves", "token-expired"),
        ("a tablet is revoked", "not-authenticated"),
        ("a session closes", "session-closed"),
    ],
)
def test_every_worker_learns_of_an_end_and_why(
    shop: Shop, workers_url: str, what: str, code: str
) -> None:
    floor = Floor(shop)
    session_ends = what == "a session closes"
    signed_in = (enter if session_ends else pair)(shop, floor.table(7))
    # Connections of their own: the kernel picks the worker of each, and it stays with it.
    bearer = signed_in.http.headers["Authorization"]
    everywhere = [shop.connect(bearer, workers_url) for _ in range(CONNECTIONS)]
    assert {client.get("/auth/me").status_code for client in everywhere} == {200}

    if session_ends:
        path = f"/sessions/{signed_in.tokens['session_id']}/close"
        ended = shop.staff.post(path, json={})
    else:
        [device] = shop.manager.get("/devices").json()["data"]
        path = f"/devices/{device['id']}"
        if what == "a tablet moves":
            body, headers = {"table_id": str(floor.table(8))}, {"If-Match": '"1"'}
            ended = shop.manager.patch(path, json=body, headers=headers)
        else:
            ended = shop.manager.delete(path)

    assert ended.is_success, ended.text
    assert eventually_refused(everywhere) == {code}
