"""The published side of a stack that a test starts."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.deploy.house import Front
from tests.deploy.stack import HOST, free_port, hosted

Start = Callable[..., AbstractContextManager[Front]]


@contextlib.contextmanager
def _started(folder: Path, environment: str, **variables: str) -> Iterator[Front]:
    http, https = free_port(), free_port()
    stack = hosted(
        folder,
        environment,
        PUBLIC_HOST=HOST,
        PUBLIC_URL=f"https://{HOST}:{https}",
        PUBLISH_ON="127.0.0.1",
        HTTP_PORT=str(http),
        HTTPS_PORT=str(https),
        **variables,
    )
    # Eight processes on a small test machine would only wait for each other.
    settings = stack.folder / f"deploy/env/{environment}.env"
    settings.write_text(settings.read_text().replace("WORKERS=4", "WORKERS=2"))
    try:
        stack.make("deploy", timeout=420)
        held = stack.compose("exec", "-T", "proxy", "cat", "/etc/haproxy/tls/proxy.pem")
        certificate = (
            held[: held.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
        )
        front = Front(stack, http, https, ssl.create_default_context(cadata=certificate))
        front.wait_until_ready()
        yield front
    finally:
        stack.remove()


@pytest.fixture(scope="module")
def start() -> Start:
    """`start(folder, environment, **variables)`: that environment as an operator starts it."""
    return _started
