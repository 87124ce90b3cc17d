"""`deploy/acme.yml`: the proxy's certificate from an authority that asks through the proxy, and the next one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.deploy.stack import HOST, Stack, free_port, hosted
from tests.deploy.tls import self_signed, served

pytestmark = pytest.mark.deploy

FILES = ("deploy/acme.yml", "tests/deploy/pebble/pebble.yml")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder, authority = tmp_path_factory.mktemp("acme"), tmp_path_factory.mktemp("authority")
    self_signed(authority, "pebble")
    tls = folder / "tls"
    tls.mkdir()
    # The client's user writes here, whatever number it has on this machine.
    tls.chmod(0o777)
    production = hosted(
        folder / "clone",
        "production",
        TLS_DIR=str(tls),
        PEBBLE_DIR=str(authority),
        PUBLIC_HOST=HOST,
        ACME_EMAIL=f"ops@{HOST}",
        ACME_DIRECTORY="https://pebble:14000/dir",
        PUBLISH_ON="127.0.0.1",
        HTTP_PORT=str(free_port()),
        HTTPS_PORT=str(free_port()),
    )
    made = replace(production, files=["docker-compose.yml", "deploy/production.yml", *FILES])
    made.compose("build", "acme", "pebble", timeout=300)
    try:
        made.compose("up", "--detach", "--wait", "--wait-timeout", "120", "acme", timeout=150)
        yield made
    finally:
        made.remove()


def certificate(stack: Stack) -> str:
    """The one that is served: who signed it, its number, and for which name."""
    asked = ("openssl", "x509", "-noout", "-issuer", "-serial", "-ext", "subjectAltName")
    return subprocess.run(
        asked,
        input=served(int(stack.environment["HTTPS_PORT"])),
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    ).stdout


def renew(stack: Stack, *arguments: str) -> str:
    return stack.compose("exec", "-T", "acme", "sh", "/acme/renew.sh", *arguments)


def test_the_proxy_serves_what_the_authority_signed_and_then_the_next(stack: Stack) -> None:
    first = certificate(stack)
    assert "Pebble" in first
    assert f"DNS:{HOST}" in first

    # Before its time it is left alone.
    assert renew(stack) == ""
    assert certificate(stack) == first

    assert "the proxy serves" in renew(stack, "--force-renewal")
    second = certificate(stack)
    assert second != first
    assert "Pebble" in second

    # Both outlive whoever served them, and a start of all of it anew.
    stack.compose("up", "--detach", "--force-recreate", "--wait", "--wait-timeout", "120", "acme")
    assert certificate(stack) == second


def test_a_certificate_that_the_proxy_did_not_take_is_handed_over_the_next_time(
    stack: Stack,
) -> None:
    before = certificate(stack)
    stack.compose("exec", "-T", "acme", "sh", "-c", "echo nothing > /etc/haproxy/tls/proxy.pem")
    assert "the proxy serves" in renew(stack)
    assert certificate(stack) == before


def test_http_is_still_sent_to_https(stack: Stack) -> None:
    base = f"http://127.0.0.1:{stack.environment['HTTP_PORT']}"
    for path in ("/docs", "/.well-known/security.txt"):
        answer = httpx.get(base + path, headers={"Host": HOST}, trust_env=False)
        assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{HOST}{path}")
