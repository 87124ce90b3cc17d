"""Two worker processes: every event reaches every stream, across reconnects, once and in order."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.support.floor import Floor, order_body
from tests.support.server import worker_processes
from tests.support.shops import Shop

STREAMS = 4
ORDERS = 12
CUT_AFTER = 3


@pytest.fixture(scope="module")
def workers_url(database_url: str) -> Iterator[str]:
    environment = {"DATABASE_URL": database_url, "LOG_LEVEL": "ERROR", "DATABASE_POOL_SIZE": "4"}
    with worker_processes(environment, 2) as url:
        yield url


def hear(url: str, authorization: str, after: int, last: int) -> list[int]:
    """The numbers that a listener hears up to `last`, hanging up after every few events."""
    heard: list[int] = []
    while not heard or heard[-1] < last:
        seen = heard[-1] if heard else after
        headers = {"Authorization": authorization, "Last-Event-ID": str(seen)}
        # A client of its own is a connection of its own: the kernel picks the worker each time.
        with (
            httpx.Client(trust_env=False, timeout=20) as client,
            client.stream("GET", f"{url}/api/v1/events/stream", headers=headers) as stream,
        ):
            assert stream.status_code == 200
            fresh = 0
            for line in stream.iter_lines():
                assert line != "event: resync"
                if line.startswith("data: "):
                    heard.append(json.loads(line[6:])["seq"])
                    fresh += 1
                    if fresh == CUT_AFTER or heard[-1] >= last:
                        break
    return heard


def place(url: str, authorization: str, floor: Floor, number: int) -> int:
    headers = {"Authorization": authorization, "Idempotency-Key": str(uuid4())}
    body = order_body(floor.stew, 1) | {"table_id": str(floor.table(number))}
    answer = httpx.post(
        f"{url}/api/v1/orders", json=body, headers=headers, trust_env=False, timeout=20
    )
    return answer.status_code


def test_every_worker_tells_every_event_in_order(shop: Shop, workers_url: str) -> None:
    floor = Floor(shop)
    for number in (1, 2):
        floor.table(number)
    authorization = shop.staff.headers["Authorization"]
    before = shop.counters()[0]
    # Each table's first order opens its session, which is an event of its own.
    last = before + ORDERS + 2
    with ThreadPoolExecutor(STREAMS + 2) as pool:
        listeners = [
            pool.submit(hear, workers_url, authorization, before, last) for _ in range(STREAMS)
        ]
        placed = list(
            pool.map(
                lambda turn: place(workers_url, authorization, floor, 1 + turn % 2), range(ORDERS)
            )
        )
        assert placed == [201] * ORDERS
        assert shop.counters()[0] == last
        for listener in listeners:
            assert listener.result(60) == list(range(before + 1, last + 1))
