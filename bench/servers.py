"""uvicorn processes under measurement: started on free ports, awaited, weighed and stopped."""

import contextlib
import http.client
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 30.0
STOP_LIMIT = 15.0
LOOK_EVERY = 0.002
MEBIBYTE = 1 << 20


class ServerError(Exception):
    """A server did not start; the text ends with what it logged."""


@dataclass(frozen=True, slots=True)
class Target:
    """An application that uvicorn can run, and a path that answers 200 once it is ready."""

    name: str
    application: str
    ready: str
    factory: bool = False


HELLO = Target("hello", "bench.hello:app", "/")
SERVICE = Target("service", "app.main:create_app", "/health/ready", factory=True)


@dataclass(slots=True)
class Server:
    """A running uvicorn. `seconds_to_answer` is from starting the process to its first 200."""

    host: str
    process: psutil.Popen
    seconds_to_answer: float = 0.0

    def workers(self) -> list[psutil.Process]:
        """The processes that answer: uvicorn itself, or its children when there are several."""
        children = [
            child
            for child in self.process.children()
            if "resource_tracker" not in " ".join(child.cmdline())
        ]
        return children or [psutil.Process(self.process.pid)]

    def megabytes(self) -> float:
        """Resident memory of the largest worker, in MiB, shared libraries included."""
        return max(float(worker.memory_info().rss) for worker in self.workers()) / MEBIBYTE


@contextlib.contextmanager
def running(
    target: Target, *, workers: int = 1, env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run `target` in uvicorn until the block ends. Raises `ServerError`."""
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        target.application,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    command += [
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        # As in the image (Dockerfile), for the reference as for the service.
        "--no-server-header",
        "--no-proxy-headers",
        "--log-level",
        "warning",
    ]
    command += ["--factory"] * target.factory
    command += ["--workers", str(workers)] if workers > 1 else []
    with tempfile.TemporaryFile() as log:
        started = time.perf_counter()
        # Compiled modules are kept, as in the image: otherwise a start would compile them all.
        variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(env or {})}
        process = psutil.Popen(command, cwd=ROOT, env=variables, stdout=log, stderr=log)
        server = Server(f"127.0.0.1:{port}", process)
        try:
            _await_answer(server, target, log, started)
            server.seconds_to_answer = time.perf_counter() - started
            while len(server.workers()) < workers:
                time.sleep(LOOK_EVERY)
            yield server
        finally:
            _stop(process)


def _await_answer(server: Server, target: Target, log: IO[bytes], started: float) -> None:
    while time.perf_counter() - started < START_LIMIT:
        if server.process.poll() is not None:
            break
        if _answers(server.host, target.ready):
            return
        time.sleep(LOOK_EVERY)
    log.seek(0)
    raise ServerError(
        f"{target.name} did not answer 200 to {target.ready}: {log.read().decode()[-1500:]}"
    )


def _answers(host: str, path: str) -> bool:
    connection = http.client.HTTPConnection(host, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: psutil.Popen) -> None:
    family = [process, *process.children(recursive=True)] if process.is_running() else []
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
    _, left = psutil.wait_procs(family, timeout=STOP_LIMIT)
    for survivor in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            survivor.kill()
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
