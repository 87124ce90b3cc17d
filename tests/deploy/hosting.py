"""Hosted environments as an operator starts them, in a fresh clone and with a proxy on free ports."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

from tests.deploy.house import Front
from tests.deploy.stack import HOST, Stack, free_port, hosted
from tests.deploy.tls import first_in, self_signed


@contextlib.contextmanager
def started(
    folder: Path, environment: str, release: str = "", *, backups: bool = False, **variables: str
) -> Iterator[Front]:
    """That environment from a clone at `folder`, until the block ends.

    Args:
        release: the commit to begin with; empty for the files as they are here.
    """
    http, https = free_port(), free_port()
    stack = hosted(
        folder,
        environment,
        release,
        backups=backups,
        PUBLIC_HOST=HOST,
        PUBLIC_URL=f"https://{HOST}:{https}",
        PUBLISH_ON="127.0.0.1",
        HTTP_PORT=str(http),
        HTTPS_PORT=str(https),
        **variables,
    )
    take_few_workers(stack.folder, environment)
    try:
        _deploy(stack)
        front = Front(stack, http, https, trust_in(stack))
        front.wait_until_ready()
        yield front
    finally:
        stack.remove()


def trust_in(stack: Stack) -> ssl.SSLContext:
    """What believes the certificate that the proxy has."""
    held = stack.compose("exec", "-T", "proxy", "cat", "/etc/haproxy/tls/proxy.pem")
    return ssl.create_default_context(cadata=first_in(held))


def _deploy(stack: Stack) -> None:
    try:
        stack.make("deploy", timeout=420)
    except AssertionError as error:
        # Compose says which one ended; only its log says why, and that goes with the stack.
        error.add_note(stack.compose("logs", "--tail", "40", "migrate", "api"))
        raise


def take_few_workers(clone: Path, environment: str) -> None:
    """Eight processes on a small test machine would only wait for each other."""
    settings = clone / f"deploy/env/{environment}.env"
    settings.write_text(settings.read_text().replace("WORKERS=4", "WORKERS=2"))


@contextlib.contextmanager
def production(
    folder: Path, release: str = "", *, backups: bool = False, **variables: str
) -> Iterator[Front]:
    """Production, with a certificate in place of the operator's own."""
    tls = folder / "tls"
    tls.mkdir()
    self_signed(tls)
    with started(
        folder / "clone", "production", release, backups=backups, TLS_DIR=str(tls), **variables
    ) as front:
        yield front
