"""`make run`: the database, the schema, the demo stores and a reloading server, until Ctrl-C."""

import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import httpx

from app.local import processes
from app.local.postgres import Cluster
from app.local.processes import LocalError, wait_until

START_SECONDS = 60.0
# How long running requests may take once we stop; streams are told to end at once.
GRACE_SECONDS = 5
OTHER_URLS = ("DATABASE_OWNER_URL", "DATABASE_LISTEN_URL", "DATABASE_REPLICA_URL")
"""What may name a database besides `DATABASE_URL`."""


@dataclass(frozen=True, slots=True)
class Run:
    """What to serve, and where; `database_url` empty means the embedded PostgreSQL."""

    host: str
    port: int
    data_dir: Path
    database_url: str
    source: Path  # the folder whose changes restart the server

    @property
    def address(self) -> str:
        """What a browser on this machine opens."""
        host = {"0.0.0.0": "localhost", "127.0.0.1": "localhost", "::": "localhost"}.get(  # noqa: S104 - nothing listens here
            self.host, self.host
        )
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class _StoppedError(BaseException):
    """A signal asked us to end; unlike Exception, it is caught nowhere on the way out."""


def serve(
    run: Run,
    prepare: Callable[[str], None],
    welcome: Callable[[str], str],
    say: Callable[[str], None],
) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP, and return the exit code: 0 after these.

    `prepare` gets the database's URL and brings schema and data up; `welcome` gets the service's
    address and says what the developer can do there. LocalError when the machine is in the way.
    """
    try:
        with _signals_stop_us():
            check_port(run.host, run.port)
            with database(run.database_url, run.data_dir, say) as url:
                prepare(url)
                return _serve_until_it_ends(run, url, welcome, say)
    except _StoppedError:
        say("Stopped")
        return 0


@contextlib.contextmanager
def database(url: str, data_dir: Path, say: Callable[[str], None]) -> Iterator[str]:
    """The database that is named, or else the embedded one under the data folder."""
    if url:
        yield url
        return
    with Cluster(data_dir / "postgres", say=say) as cluster:
        yield cluster.url()


def check_port(host: str, port: int) -> None:
    """LocalError when another program listens there, naming the way out."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise LocalError(f"HOST={host} is no address of this machine: {error.strerror}.") from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            raise LocalError(_port_problem(host, port, error)) from error


def _port_problem(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program. "
            f"Choose another one: PORT={_free_port()} make run"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for root. Choose one above 1023: PORT=8000 make run"
    return f"Cannot listen on {host}:{port}: {error.strerror}. Set HOST and PORT."


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _serve_until_it_ends(
    run: Run, url: str, welcome: Callable[[str], str], say: Callable[[str], None]
) -> int:
    say("Starting the service")
    server = processes.start(
        [
            *(sys.executable, "-m", "uvicorn", "--factory", "app.main:create_app"),
            *("--host", run.host, "--port", str(run.port)),
            *("--reload", "--reload-dir", run.source),
            *("--timeout-graceful-shutdown", str(GRACE_SECONDS)),
            "--no-proxy-headers",  # TRUSTED_PROXIES decides whose X-Forwarded-For is believed
            *("--log-level", "warning"),  # the service logs its requests itself
        ],
        env={
            **os.environ,
            **database_variables(run, url),
            "HOST": run.host,
            "PORT": str(run.port),
        },
        dies_with_us=signal.SIGTERM,
    )
    try:
        if wait_until(lambda: server.poll() is not None or _is_live(run), START_SECONDS):
            if server.poll() is None:
                say(welcome(run.address))
        else:
            say("The service does not answer yet; the lines above say why")
        return server.wait()
    finally:
        processes.stop(
            server.pid,
            (signal.SIGTERM, GRACE_SECONDS + 3.0),
            gone=lambda: server.poll() is not None,
        )
        # The reloader has a child; nobody of its session may stay, whatever state it was in.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def database_variables(run: Run, url: str) -> dict[str, str]:
    """The embedded database stands in for all that the environment or .env may name."""
    if run.database_url:
        return {"DATABASE_URL": url}
    nothing = {f"{name}{ending}": "" for name in OTHER_URLS for ending in ("", "_FILE")}
    return {"DATABASE_URL": url, "DATABASE_URL_FILE": "", **nothing, "DATABASE_POOLER": "false"}


def _is_live(run: Run) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(run.host, run.host)  # noqa: S104 - as above
    try:
        # Without the environment's proxies: they do not know this machine's own addresses.
        url = f"http://{host}:{run.port}/health/live"
        return httpx.get(url, timeout=1.0, trust_env=False).is_success
    except httpx.TransportError:
        return False


@contextlib.contextmanager
def _signals_stop_us() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        # A second Ctrl-C must not cut off the stopping of the database.
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise _StoppedError

    previous = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
