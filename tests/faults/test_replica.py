"""Long reads go to a real streaming standby, and to the primary while it is behind, frozen or away."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from uuid import uuid4

import httpx
import psycopg
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from app.core.config import Settings
from app.core.security.permissions import Role
from app.local.postgres import Cluster
from app.local.processes import wait_until
from app.main import create_app
from tests.support.floor import Floor, order_body
from tests.support.server import live_server
from tests.support.shops import Shop, open_shop
from tests.support.standby import SOON, Standby, primary_and_standby

LONG_READS = (
    "/orders",
    "/orders?status=pending&limit=5",
    "/sessions?status=closed",
    "/audit-log",
    "/menu/export?format=csv",
    "/service-requests/answer-times?from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z",
)
SHORT_READS = ("/menu", "/tables/board", "/store", "/service-requests", "/events", "/tables")
WAIT = 1.0
"""Longer than a replica that works needs on a busy machine."""

WAITING = "application_name = 'table-order-api' AND wait_event_type = 'Lock'"

Pair = tuple[Cluster, Standby]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with primary_and_standby() as pair:
        pair[1].start()
        yield pair


def serving(primary: str, replica: str | None, pool: int = 10) -> Iterator[Shop]:
    """A shop of a service with these databases, and so many connections to each."""
    settings = Settings(
        database_url=SecretStr(primary),
        database_replica_url=None if replica is None else SecretStr(replica),
        database_replica_wait=WAIT,
        database_pool_size=pool,
        # Longer than a test holds a lock, on a busy machine too.
        database_lock_timeout_ms=10_000,
        database_statement_timeout_ms=12_000,
    )
    app = create_app(settings)
    with live_server(app) as url:
        opened = open_shop(url, app.state.runtime, primary)
        yield opened
        opened.close()


@pytest.fixture
def shop(pair: Pair) -> Iterator[Shop]:
    yield from serving(pair[0].url(), pair[1].url)


@pytest.fixture
def elsewhere(pair: Pair) -> Iterator[Shop]:
    """A store on another worker, which knows of no replica."""
    yield from serving(pair[0].url(), None)


def answered_by(ask: Callable[[], httpx.Response]) -> tuple[str, httpx.Response]:
    """Which server the answer came from, by the service's own count."""

    def counts() -> dict[str, float]:
        name = "replica_reads_total"
        return {
            server: REGISTRY.get_sample_value(name, {"server": server}) or 0
            for server in ("replica", "primary")
        }

    before = counts()
    answer = ask()
    grown = {server: count - before[server] for server, count in counts().items()}
    [server] = [server for server, growth in grown.items() if growth == 1] or ["not counted"]
    assert sum(grown.values()) <= 1
    return server, answer


def newest(shop: Shop) -> tuple[str, str | None]:
    """Who answered the list of orders, and the order that it begins with."""
    server, answer = answered_by(lambda: shop.staff.get("/orders?limit=1"))
    assert answer.status_code == 200, answer.text
    found = answer.json()["data"]
    return server, found[0]["id"] if found else None


def back_on_the_replica(shop: Shop) -> bool:
    return wait_until(lambda: newest(shop)[0] == "replica", SOON)


def place(floor: Floor, table: int = 1) -> str:
    body = order_body(floor.stew, 1)
    headers = {"Idempotency-Key": str(uuid4())}
    answer = floor.tablet(table).post("/orders", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    order: str = answer.json()["id"]
    return order


def test_long_reads_are_the_replicas_and_say_what_the_primary_says(
    shop: Shop, elsewhere: Shop, pair: Pair
) -> None:
    floor = Floor(shop)
    place(floor)
    session = shop.staff.get("/sessions?status=open").json()["data"][0]["id"]
    assert back_on_the_replica(shop)
    manager = shop.client(Role.MANAGER)
    plain = shop.connect(manager.headers["Authorization"], elsewhere.url)

    for path in LONG_READS:
        server, answer = answered_by(partial(manager.get, path))
        assert (server, answer.status_code) == ("replica", 200), path
        assert answer.content == plain.get(path).content, path
    for path in (*SHORT_READS, f"/sessions/{session}"):
        server, answer = answered_by(partial(manager.get, path))
        assert (server, answer.status_code) == ("not counted", 200), path
    # A table's own few rows are not worth the waiting.
    assert answered_by(lambda: floor.tablet(1).get("/orders"))[0] == "primary"
    ended = "application_name = 'table-order-api' AND query = 'COMMIT'"
    assert pair[1].ask(f"SELECT count(*) FROM pg_stat_activity WHERE {ended}") > 0


def test_whatever_was_written_anywhere_is_read_at_once(shop: Shop, elsewhere: Shop) -> None:
    """By the one who wrote it and by others, on the worker that wrote it and on others."""
    floor = Floor(shop)
    assert back_on_the_replica(shop)
    other_worker = shop.connect(shop.manager.headers["Authorization"], elsewhere.url)
    servers = []
    for turn in range(15):
        order = place(floor, 1 + turn % 3)
        server, first = newest(shop)
        assert first == order
        servers.append(server)

        body = {"reason_code": "guest_request"}
        assert other_worker.post(f"/orders/{order}/cancel", json=body).status_code == 200
        server, answer = answered_by(lambda: shop.staff.get("/orders?limit=1"))
        assert answer.json()["data"][0]["status"] == "cancelled"
        servers.append(server)

        # What only the audit log tells has no event.
        server, answer = answered_by(lambda: shop.manager.get("/audit-log?limit=1"))
        assert answer.json()["data"][0]["target_id"] == order
        servers.append(server)
    assert servers.count("replica") > len(servers) / 2


def test_the_replica_shows_each_store_its_own_rows_only(shop: Shop, elsewhere: Shop) -> None:
    mine = place(Floor(shop))
    theirs = place(Floor(elsewhere))
    assert back_on_the_replica(shop)
    # Both stores through the same few connections, one after the other.
    foreign = shop.connect(elsewhere.staff.headers["Authorization"], shop.url)
    for _ in range(10):
        assert newest(shop) == ("replica", mine)
        server, answer = answered_by(lambda: foreign.get("/orders"))
        assert server == "replica"
        assert [order["id"] for order in answer.json()["data"]] == [theirs]


def test_a_replica_that_is_behind_leaves_the_answer_to_the_primary(shop: Shop, pair: Pair) -> None:
    floor = Floor(shop)
    assert back_on_the_replica(shop)
    with pair[1].held_up():
        there = pair[1].ask("SELECT count(*) FROM orders")
        order = place(floor)
        for _ in range(3):
            assert newest(shop) == ("primary", order)
        assert pair[1].ask("SELECT count(*) FROM orders") == there
    assert back_on_the_replica(shop)
    assert newest(shop)[1] == order


def test_a_frozen_replica_leaves_the_answer_to_the_primary(shop: Shop, pair: Pair) -> None:
    order = place(Floor(shop))
    assert back_on_the_replica(shop)
    with pair[1].frozen(), ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: shop.staff.get("/orders?limit=1"), range(16))
        assert {answer.status_code for answer in answers} == {200}
        assert newest(shop) == ("primary", order)
    assert back_on_the_replica(shop)


def test_a_killed_replica_is_missed_by_nobody_and_taken_up_again(shop: Shop, pair: Pair) -> None:
    floor = Floor(shop)
    assert back_on_the_replica(shop)
    pair[1].kill()
    for _ in range(3):
        order = place(floor)
        assert newest(shop) == ("primary", order)
    pair[1].start()
    assert back_on_the_replica(shop)
    assert newest(shop)[1] == order


@contextlib.contextmanager
def locked_orders(pair: Pair) -> Iterator[None]:
    """Whoever reads orders on the replica waits while the block runs: the lock is replayed too."""
    locked = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
    with psycopg.connect(pair[0].url()) as blocker:
        blocker.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        # Nothing hurries to send a lock on: the log is written out when somebody commits.
        with psycopg.connect(pair[0].url(superuser=True), autocommit=True) as hurrying:
            hurrying.execute("SELECT pg_switch_wal()")
        assert wait_until(lambda: pair[1].ask(locked) > 0, SOON)
        yield
        blocker.rollback()


def are_waiting(pair: Pair, readers: int) -> bool:
    """Whether so many reads come to wait on the replica soon."""
    waiting = f"SELECT count(*) FROM pg_stat_activity WHERE {WAITING}"
    return wait_until(lambda: pair[1].ask(waiting) == readers, SOON)


@contextlib.contextmanager
def reading_behind_a_lock(shop: Shop, pair: Pair) -> Iterator["Future[tuple[str, str | None]]"]:
    """A list of orders that waits on the replica while the block runs."""
    with ThreadPoolExecutor(1) as pool, locked_orders(pair):
        read = pool.submit(newest, shop)
        assert are_waiting(pair, 1)
        yield read


def test_long_reads_have_all_the_connections_that_are_counted_for_them(pair: Pair) -> None:
    readers = 4
    for shop in serving(pair[0].url(), pair[1].url, pool=readers):
        place(Floor(shop))
        assert back_on_the_replica(shop)
        with ThreadPoolExecutor(readers) as pool:
            with locked_orders(pair):
                reads = [pool.submit(shop.staff.get, "/orders") for _ in range(readers)]
                assert are_waiting(pair, readers)
            assert [read.result(SOON).status_code for read in reads] == [200] * readers


def test_a_read_that_the_replica_breaks_off_is_the_primarys(shop: Shop, pair: Pair) -> None:
    order = place(Floor(shop))
    assert back_on_the_replica(shop)
    with reading_behind_a_lock(shop, pair) as read:
        pair[1].ask(
            f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {WAITING}"
        )
    assert read.result(SOON) == ("primary", order)
    assert back_on_the_replica(shop)


def test_a_read_itself_may_take_longer_than_the_wait(shop: Shop, pair: Pair) -> None:
    floor = Floor(shop)
    # Also on a connection that was given up once, because the replica was behind.
    assert back_on_the_replica(shop)
    with pair[1].held_up():
        order = place(floor)
        assert newest(shop) == ("primary", order)
    assert back_on_the_replica(shop)
    with reading_behind_a_lock(shop, pair) as read:
        time.sleep(WAIT + 0.3)
    assert read.result(SOON) == ("replica", order)


def test_a_server_that_follows_nobody_is_no_replica() -> None:
    """Promoted, it may have more log than the primary and still lack what the primary wrote."""
    with primary_and_standby() as (primary, standby):
        standby.start()
        for shop in serving(primary.url(), standby.url):
            floor = Floor(shop)
            assert back_on_the_replica(shop)
            standby.promote()
            for _ in range(20):
                standby.ask("SELECT pg_logical_emit_message(true, 'more', repeat('log', 100000))")
            order = place(floor)
            assert newest(shop) == ("primary", order)
        for shop in serving(primary.url(), primary.url()):
            assert newest(shop)[0] == "primary"
