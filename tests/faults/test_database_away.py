"""The database is stopped, freezes, or loses its sessions, under a service that stays up."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import Queue

import httpx
import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.local.processes import wait_until
from app.main import create_app
from tests.support.floor import Floor, order_body
from tests.support.outage import OwnServer, own_server
from tests.support.server import live_server
from tests.support.shops import Shop, open_shop
from tests.support.streams import Event, listening
from tests.support.traffic import Traffic, own_connection

ORIGIN = "https://order.example"
"""Where the pages stand from which guests order."""
SOON = 20.0
"""Bound of a wait for what takes a few seconds at most."""


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server() as server:
        yield server


@contextmanager
def shop_at(server: OwnServer, statement_timeout_ms: int) -> Iterator[Shop]:
    """A shop of a service that gives up a statement after so long."""
    settings = Settings(
        database_url=SecretStr(server.url),
        database_statement_timeout_ms=statement_timeout_ms,
        stream_heartbeat=0.5,
        cors_origins=[ORIGIN],
    )
    app = create_app(settings)
    with live_server(app) as url:
        opened = open_shop(url, app.state.runtime, server.url)
        yield opened
        opened.close()


@pytest.fixture
def shop(server: OwnServer) -> Iterator[Shop]:
    with shop_at(server, statement_timeout_ms=1_000) as shop:
        yield shop


def place(client: httpx.Client, floor: Floor, key: str) -> httpx.Response:
    body = order_body(floor.stew, 1)
    return client.post("/orders", json=body, headers={"Idempotency-Key": key})


def health(shop: Shop, name: str) -> httpx.Response:
    return httpx.get(f"{shop.url}/health/{name}", trust_env=False, timeout=SOON)


def assert_away(answer: httpx.Response, *codes: str) -> None:
    """The answer is a 503 that says why and when to come again."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["code"] in (codes or ("database-unavailable",))


def assert_heard_all(shop: Shop, heard: "Queue[Event | None]", after: int) -> None:
    """The stream told every event after that number: once, in order, none left out."""
    last = shop.counters()[0]
    told: list[int] = []
    while not told or told[-1] < last:
        event = heard.get(timeout=SOON)
        assert event is not None, "the stream has ended"
        assert event[1] != "resync"
        told.append(int(event[0] or 0))
    assert told == list(range(after + 1, last + 1))


def assert_kept(shop: Shop, traffic: Traffic) -> None:
    """Whatever was acknowledged is stored, once; whatever failed failed as an outage does."""
    for refusal in traffic.refusals:
        assert_away(refusal, "database-unavailable", "busy")
    rows = shop.rows("SELECT id, number FROM orders WHERE store_id = %(store)s ORDER BY number")
    assert {str(id_) for id_, _ in rows} == set(traffic.placed.values())
    assert [number for _, number in rows] == list(range(1, len(rows) + 1))
    sequence = shop.rows("SELECT seq FROM events WHERE store_id = %(store)s ORDER BY seq")
    assert [seq for (seq,) in sequence] == list(range(1, shop.counters()[0] + 1))


def more_orders(traffic: Traffic, count: int) -> bool:
    """Whether so many more orders are acknowledged soon."""
    wanted = len(traffic.placed) + count
    return wait_until(lambda: len(traffic.placed) >= wanted, SOON)


def test_a_stopped_database_is_a_503_and_the_process_stays_alive(
    server: OwnServer, shop: Shop
) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    order = place(tablet, floor, "before").json()
    sign_in = {"store_code": shop.code, "username": "owner", "password": "not the password"}
    asks: list[Callable[[], httpx.Response]] = [
        lambda: place(tablet, floor, "meanwhile"),
        lambda: shop.kitchen.patch(f"/orders/{order['id']}", json={"status": "ready"}),
        lambda: shop.staff.get(f"/orders/{order['id']}"),
        lambda: shop.staff.get("/orders"),
        lambda: shop.staff.get("/tables/board"),
        lambda: shop.staff.get("/events"),
        lambda: shop.staff.get("/events/stream"),
        lambda: tablet.get("/session"),
        lambda: tablet.post("/auth/login", json=sign_in),
    ]

    server.stop()
    try:
        # Twice: the first ones still hold connections that have just been ended.
        for ask in asks * 2:
            assert_away(ask())
        assert health(shop, "live").status_code == 200
        assert_away(health(shop, "ready"), "not-ready")
        assert tablet.get("/nowhere").status_code == 404
    finally:
        server.start()

    assert wait_until(lambda: health(shop, "ready").is_success, SOON)
    assert wait_until(lambda: place(tablet, floor, "meanwhile").is_success, SOON)
    assert tablet.get("/session").json()["order_count"] == 2


def test_after_a_restart_orders_and_open_streams_go_on(server: OwnServer, shop: Shop) -> None:
    floor = Floor(shop)
    traffic = Traffic()
    before = shop.counters()[0]

    with listening(shop.kitchen, str(before)) as heard:
        with traffic.running(floor):
            assert more_orders(traffic, 5)
            server.stop()
            assert wait_until(lambda: len(traffic.refusals) >= 5, SOON)
            with listening(shop.staff, str(before)) as late:
                # What it has missed can't be read now: it is sent away to come again.
                assert late.get(timeout=SOON) is None
            server.start()
            assert more_orders(traffic, 10)
        assert_heard_all(shop, heard, before)

    assert_kept(shop, traffic)


def test_connections_that_ended_while_nobody_asked_cost_no_request(
    server: OwnServer, shop: Shop
) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    order = place(tablet, floor, "before").json()["id"]

    def ask(number: int) -> list[int]:
        """On a connection for single calls, and on one for units of work."""
        with own_connection(tablet) as guest, own_connection(shop.staff) as staff:
            answers = place(guest, floor, f"key-{number}"), staff.get(f"/orders/{order}")
        return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(8) as guests:
        # Opens what each pool may open.
        list(guests.map(ask, range(40)))
        server.stop()
        server.start()
        assert wait_until(lambda: health(shop, "ready").is_success, SOON)
        assert [status for pair in guests.map(ask, range(40, 60)) for status in pair] == [
            201,
            200,
        ] * 20


def test_killed_sessions_cost_no_order_and_no_event(server: OwnServer, shop: Shop) -> None:
    floor = Floor(shop)
    traffic = Traffic()
    before = shop.counters()[0]

    with listening(shop.kitchen, str(before)) as heard:
        with traffic.running(floor):
            for _ in range(3):
                assert more_orders(traffic, 5)
                assert server.kill_sessions() > 0
            assert more_orders(traffic, 5)
        assert_heard_all(shop, heard, before)

    assert traffic.refusals
    assert_kept(shop, traffic)


def test_a_frozen_database_is_given_up_and_taken_up_again(server: OwnServer, shop: Shop) -> None:
    floor = Floor(shop)
    traffic = Traffic()
    before = shop.counters()[0]

    with listening(shop.kitchen, str(before)) as heard:
        with traffic.running(floor):
            assert more_orders(traffic, 5)
            with server.frozen():
                # Everybody is told, also who was in the middle of something when it froze.
                assert wait_until(lambda: len(traffic.refusals) >= 8, SOON)
                assert health(shop, "live").status_code == 200
                assert_away(health(shop, "ready"), "not-ready")
            assert more_orders(traffic, 10)
        assert_heard_all(shop, heard, before)

    assert_kept(shop, traffic)
