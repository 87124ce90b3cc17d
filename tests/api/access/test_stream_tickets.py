"""Streams without a header: one ticket, one stream, and nothing left in an address or a log."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.core.config import Settings
from app.core.security.permissions import Role
from app.main import create_app
from tests.support.floor import Floor, created
from tests.support.server import live_server
from tests.support.shops import Shop


@pytest.fixture(scope="module")
def second_url(app: FastAPI, database_url: str) -> Iterator[str]:
    """Another worker on the same database."""
    with live_server(create_app(Settings(database_url=SecretStr(database_url)))) as url:
        yield url


def ticket_of(client: httpx.Client) -> str:
    answer = client.post("/auth/stream-ticket")
    assert answer.status_code == 200, answer.text
    ticket: str = answer.json()["ticket"]
    return ticket


def status_with(url: str, query: str) -> int:
    """The status of the stream, hung up at once."""
    with httpx.stream("GET", f"{url}/api/v1/events/stream{query}", trust_env=False) as stream:
        return stream.status_code


def test_a_ticket_opens_one_stream_of_what_its_maker_sees(shop: Shop) -> None:
    floor = Floor(shop)
    ticket = ticket_of(floor.tablet(1))
    url = f"{shop.url}/api/v1/events/stream?ticket={ticket}"

    with httpx.stream("GET", url, trust_env=False, timeout=10) as stream:
        assert stream.status_code == 200
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        shop.staff.post(f"/tables/{floor.table(2)}/sessions", json={})
        shop.staff.post(f"/tables/{floor.table(1)}/sessions", json={})
        told = next(line for line in lines if line.startswith("data:"))

    assert str(floor.table(1)) in told
    assert status_with(shop.url, f"?ticket={ticket}") == 401


def test_of_uses_at_once_on_two_workers_one_gets_in(shop: Shop, second_url: str) -> None:
    ticket, barrier = ticket_of(shop.staff), Barrier(8)

    def use(turn: int) -> int:
        barrier.wait(10)
        return status_with(second_url if turn % 2 else shop.url, f"?ticket={ticket}")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(use, range(8)))

    assert sorted(answers) == [200] + [401] * 7


def test_an_old_ticket_opens_nothing(shop: Shop, database_url: str) -> None:
    ticket = ticket_of(shop.staff)
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE stream_tickets SET expires_at = now() - interval '1 second'")

    assert status_with(shop.url, f"?ticket={ticket}") == 401


def test_old_tickets_are_swept_and_only_hashes_are_kept(shop: Shop, database_url: str) -> None:
    ticket_of(shop.staff)
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE stream_tickets SET expires_at = now() - interval '1 second'")
    ticket = ticket_of(shop.staff)

    rows = shop.rows("SELECT t::text FROM stream_tickets t WHERE store_id = %(store)s")

    assert len(rows) == 1
    assert ticket.partition(".")[2] not in rows[0][0]


def test_other_credentials_are_no_tickets_and_a_ticket_is_nothing_else(shop: Shop) -> None:
    token = shop.staff.headers["Authorization"].removeprefix("Bearer ")
    ticket = ticket_of(shop.staff)

    refused = [
        f"?ticket={token}",
        f"?access_token={token}",
        f"?token={token}",
        "?ticket=",
        "?ticket=%00",
    ]
    assert {status_with(shop.url, query) for query in refused} == {401}
    as_bearer = {"Authorization": f"Bearer {ticket}"}
    assert shop.staff.get("/store", headers=as_bearer).status_code == 401
    assert httpx.get(f"{shop.url}/api/v1/store?ticket={ticket}", trust_env=False).status_code == 401
    assert shop.staff.get(f"/events/stream?access_token={token}").status_code == 422
    assert status_with(shop.url, f"?ticket={ticket}&ticket={ticket}") == 422


def test_who_may_not_follow_events_gets_no_ticket(shop: Shop) -> None:
    body = {"name": "Menus", "scopes": ["menu:read"]}
    key = created(shop.client(Role.OWNER), "/api-keys", body)["key"]
    headers = {"Authorization": f"Bearer {key}"}

    assert shop.staff.post("/auth/stream-ticket", headers=headers).status_code == 403
    assert httpx.post(f"{shop.url}/api/v1/auth/stream-ticket", trust_env=False).status_code == 401


def test_the_stream_of_a_ticket_ends_with_its_credential(shop: Shop, second_url: str) -> None:
    body = {"name": "Screen", "scopes": ["events:read"]}
    key = created(shop.client(Role.OWNER), "/api-keys", body)
    headers = {"Authorization": f"Bearer {key['key']}"}
    first = shop.staff.post("/auth/stream-ticket", headers=headers).json()["ticket"]
    second = shop.staff.post("/auth/stream-ticket", headers=headers).json()["ticket"]
    url = f"{second_url}/api/v1/events/stream?ticket={first}"

    with httpx.stream("GET", url, trust_env=False, timeout=10) as stream:
        shop.client(Role.OWNER).delete(f"/api-keys/{key['id']}")
        began = time.monotonic()
        for _ in stream.iter_bytes():
            pass

    assert (stream.status_code, time.monotonic() - began < 5) == (200, True)
    assert status_with(shop.url, f"?ticket={second}") == 401


def test_no_log_shows_a_ticket(database_url: str) -> None:
    """The whole output of a server as it ships: its own access log is on unless we turn it off."""
    program = (
        "import threading, time, urllib.request, urllib.error, uvicorn\n"
        "from app.main import create_app\n"
        "server = uvicorn.Server(uvicorn.Config(create_app, factory=True, port=0))\n"
        "def ask():\n"
        "    while not server.started: time.sleep(0.05)\n"
        "    port = server.servers[0].sockets[0].getsockname()[1]\n"
        "    try:\n"
        "        urllib.request.urlopen(\n"
        "            f'http://127.0.0.1:{port}/api/v1/events/stream?ticket=canary-of-a-ticket')\n"
        "    except urllib.error.HTTPError as error: print('answered', error.code)\n"
        "    server.should_exit = True\n"
        "threading.Thread(target=ask).start()\n"
        "server.run()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"DATABASE_URL": database_url, "LOG_LEVEL": "DEBUG", "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "answered 401" in done.stdout
    assert "/api/v1/events/stream" in done.stdout + done.stderr
    assert "canary" not in done.stdout + done.stderr
