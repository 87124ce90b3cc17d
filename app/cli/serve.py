"""`serve`: the API as deployments run it, its worker processes included."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator

import psycopg
import uvicorn

from app.cli.console import say
from app.core.config import Settings, get_settings
from app.core.metrics import MULTIPROCESS_DIR
from app.core.pools import problems_of
from app.local.processes import LocalError

KEEP_ALIVE_SECONDS = 75
"""Longer than the proxy keeps a connection: the one who sends requests should be who hangs up."""


def serve() -> None:
    """Serve the API on HOST and PORT with WORKERS processes, until SIGTERM."""
    settings = get_settings()
    _check(settings)
    # The server raises the signal again when it is done; it has done what it was told: exit 0.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with _counting_together(settings):
        uvicorn.run(
            "app.main:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            log_config=None,
            access_log=False,
            server_header=False,
            # TRUSTED_PROXIES decides whose X-Forwarded-For is believed, and nothing else does.
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=settings.shutdown_grace,
        )


@contextlib.contextmanager
def _counting_together(settings: Settings) -> Iterator[None]:
    """A folder for the workers' metrics, which they find by the environment that they inherit.

    It is new each time: what an earlier run has counted would be counted again.
    """
    if settings.workers == 1 or not settings.internal_port:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="table-order-metrics-") as directory:
        os.environ[MULTIPROCESS_DIR] = directory
        yield


def _check(settings: Settings) -> None:
    """Refuse what can't go well; without a database the service starts, and waits for it."""
    try:
        problems = asyncio.run(problems_of(settings))
    except psycopg.OperationalError as error:
        say(
            f"The database does not answer yet, its limits are not checked: {error}".splitlines()[0]
        )
        return
    if problems:
        raise LocalError("refused to start: " + "; ".join(problems))
