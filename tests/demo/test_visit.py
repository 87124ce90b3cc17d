"""The demo visit against a live service: it plays to its end, and notices a service that is broken."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.config import Settings
from app.demo.loading import load_demo
from app.main import create_app
from tests.support import database as databases
from tests.support.server import live_server

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def settings(
    server_url: str, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A database of its own with the demo stores, and nothing that another test has left."""
    name = urlsplit(database_url).path[1:] + "_demo"
    template = os.environ[databases.TEMPLATE_VARIABLE]
    with databases.database(server_url, name, template) as url:
        data_dir = tmp_path_factory.mktemp("data")
        settings = Settings(database_url=SecretStr(url), data_dir=data_dir)
        asyncio.run(load_demo(settings))
        yield settings


@pytest.fixture(scope="module")
def base_url(settings: Settings) -> Iterator[str]:
    with live_server(create_app(settings)) as url:
        yield url


def visit(base_url: str, store: str = "hanok", *more: str) -> "subprocess.CompletedProcess[str]":
    """`python -m app.demo.visit` as a developer runs it."""
    words = ["-m", "app.demo.visit", "--base-url", base_url, "--store", store, *more]
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("store", ["hanok", "harbor"])
def test_a_visit_plays_to_its_end_and_leaves_nothing_behind(
    settings: Settings, base_url: str, store: str
) -> None:
    done = visit(base_url, store)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert re.search(r"sees .+ \(320x240 in .+ KiB, 960x720 in .+ KiB\)", done.stdout)
    assert re.search(r"^Done in [0-9.]+ s: 2 orders for ", done.stdout, re.MULTILINE)
    assert re.search(r"asks for 2 × .+, 2 × .+", done.stdout)
    assert re.search(r"answered after \d+ s; on the board 0 calls wait here", done.stdout)
    assert re.search(r"merges table \d+ into table \d+: 3 orders", done.stdout)
    assert re.search(r"links table \d+ to table \d+: one party, one bill", done.stdout)
    assert re.search(r"splits 1 × .+ off to table \d+: no\. \d+ with", done.stdout)
    with psycopg.connect(settings.api_url) as connection:
        left = connection.execute(
            "SELECT (SELECT count(*) FROM table_sessions WHERE status = 'open'),"
            " (SELECT count(*) FROM orders WHERE status <> 'served'),"
            " (SELECT count(*) FROM service_requests WHERE status <> 'done'),"
            " (SELECT count(*) FROM sign_ins WHERE kind = 'device' AND revoked_at IS NULL)"
        ).fetchone()
    assert left == (0, 0, 0, 0)


Headers = MutableHeaders


def wrapped(
    app: ASGIApp,
    asked: Callable[[Scope, Headers], None] = lambda _scope, _headers: None,
    told: Callable[[Scope, Message], Message] = lambda _scope, message: message,
) -> ASGIApp:
    """The app with its requests and its answers tampered with."""

    async def tampered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            await send(told(scope, message))

        scope = {**scope, "headers": list(scope["headers"])}
        asked(scope, MutableHeaders(scope=scope))
        await app(scope, receive, tell)

    return tampered


def forgets_keys(app: ASGIApp) -> ASGIApp:
    def asked(_: Scope, headers: Headers) -> None:
        if "idempotency-key" in headers:
            headers["idempotency-key"] = str(uuid4())

    return wrapped(app, asked)


def tells_nobody(app: ASGIApp) -> ASGIApp:
    def told(scope: Scope, message: Message) -> Message:
        streams = scope["path"].endswith("/events/stream") and message.get("body")
        return {**message, "body": b": still here\n\n"} if streams else message

    return wrapped(app, told=told)


def _answers(given: int, instead: int, path: str = "") -> Callable[[ASGIApp], ASGIApp]:
    def told(scope: Scope, message: Message) -> Message:
        wrong = message.get("status") == given and scope["path"].endswith(path)
        return {**message, "status": instead} if wrong else message

    return lambda app: wrapped(app, told=told)


BROKEN: dict[str, tuple[Callable[[ASGIApp], ASGIApp], str]] = {
    "forgets what it has answered": (forgets_keys, "repeated"),
    "tells nobody": (tells_nobody, "did not reach the kitchen's live stream"),
    "takes every order": (_answers(409, 200, "/orders"), "answered 200 instead of 409"),
    "shows the last party's session": (_answers(404, 200, "/session"), "was shown a session"),
    "fails": (_answers(201, 500), "answered 500"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_visit_ends_with_1_when_the_service(settings: Settings, kind: str) -> None:
    tamper, told = BROKEN[kind]
    with live_server(tamper(create_app(settings))) as url:
        done = visit(url)

    assert (done.returncode, done.stderr) == (1, "")
    assert re.search(rf"^FAILED  in scene \d+: .*{told}", done.stdout, re.MULTILINE), done.stdout
    assert "Done in" not in done.stdout


def test_a_visit_without_a_service_ends_with_advice() -> None:
    done = visit(NOWHERE)

    assert (done.returncode, done.stderr) == (1, "")
    assert f"no answer from {NOWHERE}" in done.stdout
    assert "start the service with: make run" in done.stdout


def test_a_visit_with_a_wrong_password_ends_with_advice(base_url: str) -> None:
    done = visit(base_url, "hanok", "--password", "not the password")

    assert (done.returncode, done.stderr) == (1, "")
    assert "cannot sign in" in done.stdout
    assert "python -m app.cli demo" in done.stdout
