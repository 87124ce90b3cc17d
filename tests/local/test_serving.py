"""`python -m app.cli serve`: how deployments start the service, and how it leaves."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.core.runtime import Runtime
from app.local.processes import wait_until
from tests.local.test_serve import free_port, serves
from tests.support.floor import Floor, order_body
from tests.support.shops import open_shop
from tests.support.streams import listening

pytestmark = pytest.mark.slow

DRAIN = 8.0
"""Long enough for a machine that is busy with other tests."""


@contextlib.contextmanager
def serving(database_url: str, port: int, **said: str) -> Iterator[subprocess.Popen[str]]:
    server = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve"],
        env={**os.environ, "DATABASE_URL": database_url, "PORT": str(port), **said},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield server
    finally:
        server.kill()
        server.communicate()


def ready(port: int) -> int:
    url = f"http://127.0.0.1:{port}/health/ready"
    return httpx.get(url, timeout=5, trust_env=False).status_code


@pytest.mark.parametrize("workers", ["1", "2"])
def test_on_sigterm_it_is_not_ready_but_serves_until_the_proxy_has_noticed(
    database_url: str, workers: str
) -> None:
    port, runtime = free_port(), Runtime(Settings(database_url=SecretStr(database_url)))
    with serving(database_url, port, WORKERS=workers, DRAIN_DELAY=str(DRAIN)) as server:
        assert wait_until(lambda: serves(port) or server.poll() is not None, 60)
        shop = open_shop(f"http://127.0.0.1:{port}", runtime, database_url)
        floor = Floor(shop)
        tablet = floor.tablet(1)
        with listening(shop.staff) as heard:
            server.send_signal(signal.SIGTERM)
            assert wait_until(lambda: ready(port) == 503, DRAIN)
            # New streams and orders are not refused yet.
            with listening(shop.kitchen) as also_heard:
                order, key = order_body(floor.stew, 1), {"Idempotency-Key": str(uuid4())}
                placed = tablet.post("/orders", json=order, headers=key)
                assert placed.status_code == 201, placed.text
                for stream in (heard, also_heard):
                    told = list(iter(partial(stream.get, timeout=20), None))
                    created = [data for _, type_, data in told if type_ == "order.created"]
                    assert [event["data"]["id"] for event in created] == [placed.json()["id"]]
        shop.close()
        assert server.wait(20) == 0


def test_a_second_sigterm_does_not_wait(database_url: str) -> None:
    port = free_port()
    with serving(database_url, port, DRAIN_DELAY="60") as server:
        assert wait_until(lambda: serves(port) or server.poll() is not None, 60)
        server.send_signal(signal.SIGTERM)
        assert wait_until(lambda: ready(port) == 503, 10)
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


def test_it_does_not_start_with_more_connections_than_there_are(database_url: str) -> None:
    with serving(database_url, free_port(), WORKERS="2", DATABASE_POOL_SIZE="200") as server:
        _, said = server.communicate(timeout=60)
        assert server.returncode == 1
    assert "refused to start" in said
    assert "need 410 connections to PostgreSQL" in said


def test_it_starts_while_the_database_is_away() -> None:
    port = free_port()
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with serving(nowhere, port) as server:
        assert wait_until(lambda: answers(port) or server.poll() is not None, 60)
        assert ready(port) == 503
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_a_secret_that_can_not_be_read_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "serve"],
        env={**os.environ, "JWT_KEYS_FILE": str(tmp_path / "missing")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert (
        done.stderr == f"error: JWT_KEYS_FILE: {tmp_path / 'missing'}: No such file or directory\n"
    )
