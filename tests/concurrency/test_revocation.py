"""Two worker processes: what ends somebody's sign-ins holds on each of them within five seconds."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from app.core.security.permissions import Role
from tests.support.people import Person, bearer, call, settled
from tests.support.server import worker_processes
from tests.support.shops import Json, Shop

STREAMS = 4
PROBES = 8
LIMIT = 5.0


@pytest.fixture(scope="module")
def workers_url(database_url: str) -> Iterator[str]:
    environment = {"DATABASE_URL": database_url, "LOG_LEVEL": "ERROR", "DATABASE_POOL_SIZE": "4"}
    with worker_processes(environment, 2) as url:
        yield url


@pytest.fixture
def spread(shop: Shop, workers_url: str) -> Iterator[Shop]:
    """The shop, served by the two processes; every request on a new connection."""
    served = replace(shop, url=workers_url, _clients={})
    yield served
    served.close()


def listen(shop: Shop, tokens: Json) -> float:
    """Hold a stream open; when it ended."""
    url = f"{shop.url}/api/v1/events/stream"
    with (
        httpx.Client(trust_env=False, timeout=20) as client,
        client.stream("GET", url, headers=bearer(tokens)) as stream,
    ):
        assert stream.status_code == 200
        for _ in stream.iter_bytes():
            pass
    return time.monotonic()


def refused_everywhere(shop: Shop, tokens: Json) -> float:
    """When one new connection after the other was refused, on whichever worker it landed."""
    in_a_row = 0
    while in_a_row < PROBES:
        answer = call(shop, "GET", "/auth/me", headers=bearer(tokens))
        in_a_row = in_a_row + 1 if answer.status_code == 401 else 0
    return time.monotonic()


def end_by(person: Person, way: str) -> httpx.Response:
    shop, owner = person.shop, bearer(settled(person.shop, "boss", Role.OWNER).tokens)
    sign_ins = call(shop, "GET", f"/auth/sessions?staff_id={person.id}", headers=owner).json()
    changes: dict[str, tuple[str, str, Json | None]] = {
        "role": ("PATCH", person.path, {"role": "kitchen"}),
        "switched off": ("PATCH", person.path, {"active": False}),
        "password": ("PATCH", person.path, {"password": "given once more"}),
        "archived": ("DELETE", person.path, None),
        "one by one": ("DELETE", f"/auth/sessions/{sign_ins['data'][0]['id']}", None),
    }
    method, path, body = changes[way]
    return call(shop, method, path, body, owner | {"If-Match": "*"})


@pytest.mark.parametrize("way", ["role", "switched off", "password", "archived", "one by one"])
def test_ended_sign_ins_end_on_every_worker_with_their_streams(spread: Shop, way: str) -> None:
    person, other = settled(spread, "kim"), settled(spread, "lee")
    with ThreadPoolExecutor(STREAMS + 1) as pool:
        streams = [pool.submit(listen, spread, person.tokens) for _ in range(STREAMS)]
        time.sleep(0.5)
        assert not any(stream.done() for stream in streams)

        answer = end_by(person, way)
        began = time.monotonic()

        assert answer.status_code in (200, 204)
        refused = pool.submit(refused_everywhere, spread, person.tokens)
        ended = [*(stream.result(30) for stream in streams), refused.result(30)]
    assert max(ended) - began < LIMIT
    assert other.call("GET", "/auth/me").status_code == 200
