"""Hosted environments as an operator starts them, in a fresh clone and with a proxy on free ports."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

from tests.deploy.house import Front
from tests.deploy.stack import HOST, free_port, hosted
from tests.deploy.tls import first_in, self_signed


@contextlib.contextmanager
def started(folder: Path, environment: str, **variables: str) -> Iterator[Front]:
    """That environment from a clone at `folder`, until the block ends."""
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
        trust = ssl.create_default_context(cadata=first_in(held))
        front = Front(stack, http, https, trust)
        front.wait_until_ready()
        yield front
    finally:
        stack.remove()


@contextlib.contextmanager
def production(folder: Path) -> Iterator[Front]:
    """Production, with a certificate in place of the operator's own."""
    tls = folder / "tls"
    tls.mkdir()
    self_signed(tls)
    with started(folder / "clone", "production", TLS_DIR=str(tls)) as front:
        yield front
