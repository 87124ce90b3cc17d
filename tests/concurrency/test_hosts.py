"""Two hosts with one database: what was done on one holds on the other, and is done once."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

import httpx
import pytest

from app.local.processes import wait_until
from tests.support.floor import Floor, order_body
from tests.support.menu_building import add_category, add_item, availability, if_match, ok
from tests.support.people import bearer, call, hired, settled
from tests.support.racing import at_once, sender
from tests.support.server import worker_processes
from tests.support.shops import Shop
from tests.support.streams import listening

PATIENCE = 20.0
REVOKED_WITHIN = 5.0
BURST = 5
"""Guesses that are looked at before the first wait."""


@dataclass(frozen=True)
class Hosts:
    """One store as served by two hosts, the first with two workers."""

    first: Shop
    second: Shop

    def by_turns(self, turn: int) -> Shop:
        return (self.first, self.second)[turn % 2]


@pytest.fixture(scope="module")
def urls(database_url: str) -> Iterator[tuple[str, str]]:
    environment = {
        "DATABASE_URL": database_url,
        "LOG_LEVEL": "ERROR",
        "DATABASE_POOL_SIZE": "4",
        "REFRESH_REUSE_GRACE": "0",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    with worker_processes(environment, 2) as first, worker_processes(environment, 1) as second:
        yield first, second


@pytest.fixture
def hosts(shop: Shop, urls: tuple[str, str]) -> Iterator[Hosts]:
    first, second = (replace(shop, url=url, _clients={}) for url in urls)
    yield Hosts(first, second)
    first.close()
    second.close()


def order(shop: Shop, floor: Floor, quantity: int = 1, key: str | None = None) -> httpx.Response:
    body = order_body(floor.stew, quantity) | {"table_id": str(floor.table(1))}
    return sender(shop.staff, "POST", "/orders", body, key or str(uuid4()))()


def test_a_stream_hears_of_both_hosts_and_goes_on_at_the_other(hosts: Hosts) -> None:
    floor = Floor(hosts.first)
    floor.table(1)
    last = hosts.first.counters()[0]
    # Each time a listener comes back to the other host with the number it heard last.
    for turn in range(4):
        with listening(hosts.by_turns(turn).kitchen, str(last)) as heard:
            for placed in range(4):
                assert order(hosts.by_turns(placed), floor).status_code == 201
            head = hosts.first.counters()[0]
            while last < head:
                event = heard.get(timeout=PATIENCE)
                assert event is not None
                assert event[0] == str(last + 1)
                last += 1


def test_orders_of_both_hosts_have_one_row_of_numbers(hosts: Hosts) -> None:
    floor = Floor(hosts.first)
    floor.table(1)
    answers = at_once([partial(order, hosts.by_turns(turn), floor) for turn in range(16)])
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(answer.json()["number"] for answer in answers) == list(range(1, 17))


def test_one_key_on_both_hosts_is_one_order(hosts: Hosts) -> None:
    floor = Floor(hosts.first)
    floor.table(1)
    key = str(uuid4())
    # The same person on both: a key belongs to the credential that sent it.
    staff = hosts.first.staff.headers["Authorization"]
    clients = [hosts.first.staff, hosts.second.connect(staff)]
    body = order_body(floor.stew, 1) | {"table_id": str(floor.table(1))}
    answers = at_once(
        [sender(clients[turn % 2], "POST", "/orders", body, key) for turn in range(8)]
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 7
    other = order_body(floor.stew, 2) | {"table_id": str(floor.table(1))}
    refused = sender(clients[1], "POST", "/orders", other, key)()
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency-key-reused")
    assert hosts.first.rows("SELECT count(*) FROM orders WHERE store_id = %(store)s") == [(1,)]


def test_the_last_portions_are_sold_once(hosts: Hosts) -> None:
    floor = Floor(hosts.first)
    floor.table(1)
    availability(hosts.first, {"id": floor.stew}, {"status": "available", "stock": 3})
    answers = at_once([partial(order, hosts.by_turns(turn), floor) for turn in range(8)])
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
    assert hosts.first.rows("SELECT stock FROM items WHERE store_id = %(store)s") == [(0,)]


def test_a_menu_edited_on_either_host_is_read_on_both(hosts: Hosts) -> None:
    item = add_item(hosts.first, add_category(hosts.first))
    for turn in range(4):
        version = item["version"]
        path = f"/menu/items/{item['id']}"
        body = {"price": 10_000 + turn}
        item = ok(hosts.by_turns(turn).manager.patch(path, json=body, headers=if_match(version)))
        assert wait_until(partial(_both_show, hosts, 10_000 + turn), PATIENCE)
    tags = {one.staff.get("/menu").headers["ETag"] for one in (hosts.first, hosts.second)}
    assert len(tags) == 1


def _both_show(hosts: Hosts, price: int) -> bool:
    menus = [ok(shop.staff.get("/menu")) for shop in (hosts.first, hosts.second)]
    return all(menu["categories"][0]["items"][0]["price"] == price for menu in menus)


def test_who_is_signed_out_on_one_host_is_refused_on_the_other(hosts: Hosts) -> None:
    person = settled(hosts.first, "kim")
    headers = bearer(person.tokens)
    client = hosts.second.connect(headers["Authorization"])
    with listening(client) as heard:
        assert call(hosts.second, "GET", "/auth/me", headers=headers).status_code == 200
        assert call(hosts.first, "POST", "/auth/logout", headers=headers).status_code == 204
        began = time.monotonic()

        def refused() -> bool:
            return call(hosts.second, "GET", "/auth/me", headers=headers).status_code == 401

        assert wait_until(refused, PATIENCE)
        while heard.get(timeout=PATIENCE) is not None:
            pass
    assert time.monotonic() - began < REVOKED_WITHIN


def test_a_refresh_token_that_was_used_on_one_host_ends_the_sign_in_on_both(hosts: Hosts) -> None:
    tokens = settled(hosts.first, "kim").tokens
    body = {"refresh_token": tokens["refresh_token"]}
    renewed = call(hosts.first, "POST", "/auth/refresh", body)
    assert renewed.status_code == 200
    assert call(hosts.second, "POST", "/auth/refresh", body).status_code == 401

    def ended(shop: Shop) -> bool:
        headers = bearer(renewed.json())
        return call(shop, "GET", "/auth/me", headers=headers).status_code == 401

    for host in (hosts.first, hosts.second):
        assert wait_until(partial(ended, host), PATIENCE)


def test_a_ticket_opens_one_stream_on_one_host(hosts: Hosts) -> None:
    made = hosts.first.staff.post("/auth/stream-ticket")
    ticket = ok(made)["ticket"]

    def enter(shop: Shop) -> int:
        url = f"{shop.url}/api/v1/events/stream?ticket={ticket}"
        with httpx.stream("GET", url, trust_env=False, timeout=20) as stream:
            return stream.status_code

    statuses = at_once([partial(enter, hosts.by_turns(turn)) for turn in range(6)])
    assert sorted(statuses) == [200] + [401] * 5


def test_guesses_on_both_hosts_are_counted_together(hosts: Hosts) -> None:
    person = hired(hosts.first, "kim")
    address = {"X-Forwarded-For": f"10.9.{uuid4().bytes[0]}.{uuid4().bytes[1]}"}

    def sign_in(shop: Shop, password: str) -> int:
        body = {"store_code": shop.code, "username": person.username, "password": password}
        return call(shop, "POST", "/auth/login", body, address).status_code

    guesses = at_once([partial(sign_in, hosts.by_turns(turn), "wrong") for turn in range(20)])
    # On a slow machine the next one comes due meanwhile.
    assert guesses.count(401) in (BURST, BURST + 1)
    assert guesses.count(429) == 20 - guesses.count(401)
