"""The service over TCP: in a thread of the test process, or as worker processes of their own."""

import contextlib
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from typing import IO

import httpx
import uvicorn
from starlette.types import ASGIApp

from app.local import processes
from app.local.processes import wait_until

START_SECONDS = 60.0


@contextlib.contextmanager
def live_server(app: ASGIApp) -> Iterator[str]:
    """Serve the app in a thread with a loop of its own; its base URL, such as http://127.0.0.1:5.

    In this process, so that coverage sees it and a test can reach into the app; over TCP, so that
    streams, disconnects and limits are the real ones.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                proxy_headers=False,
                lifespan="on",
                ws="none",
                timeout_graceful_shutdown=5,
            )
        )
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="live-server"
        )
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive(), START_SECONDS)
            if not server.started:
                raise RuntimeError("the service did not start; its log says why")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


@contextlib.contextmanager
def worker_processes(environment: Mapping[str, str], count: int = 2) -> Iterator[str]:
    """Run `uvicorn --workers count` on a free port; its base URL once it is ready to serve.

    Connections are spread over the processes by the kernel: a test that needs each of them opens
    several connections.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        listener.set_inheritable(True)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with tempfile.TemporaryFile() as log:
            # --fd: the port is ours from here on, so that no other test can take it meanwhile.
            server = processes.start(
                [
                    *(sys.executable, "-m", "uvicorn", "--factory", "app.main:create_app"),
                    *("--fd", str(listener.fileno()), "--workers", str(count)),
                    *("--timeout-graceful-shutdown", "5"),
                    *("--no-access-log", "--no-proxy-headers"),
                ],
                env={**os.environ, **environment},
                output=log,
                keeps=[listener.fileno()],
                dies_with_us=signal.SIGTERM,
            )
            try:
                if not wait_until(lambda: server.poll() is not None or _ready(url), START_SECONDS):
                    raise RuntimeError(f"the workers are not ready:\n{_tail(log)}")
                if server.poll() is not None:
                    raise RuntimeError(f"the workers ended:\n{_tail(log)}")
                yield url
            finally:
                processes.stop(
                    server.pid,
                    (signal.SIGTERM, 15.0),
                    gone=lambda: server.poll() is not None,
                )
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=2.0, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _tail(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode(errors="replace")[-4000:]
