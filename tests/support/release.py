"""The last release beside today's code: its files in a folder of their own, and its server.

The last release is what LAST_RELEASE names (a tag, a commit), or the newest tag `v…` before today's
newest migration; without one, the main line's commit before that migration came. Only a copy
without that history (a shallow clone, an archive of the files) has nothing to test with.
"""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx

from app.core.health import VERSIONS, newest_revision
from app.local import processes
from app.local.processes import wait_until
from tests.support.migration import ROOT

START_SECONDS = 60.0
OLDEST = "8cadb151cf86"
"""The oldest release that has to serve on today's schema."""


class NoHistoryError(Exception):
    """There is no release before this one here."""


def git(*words: str) -> bytes:
    """What git prints.

    Raises:
        RuntimeError: it fails; says why.
    """
    done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"git {' '.join(words)}: {done.stderr.decode().strip()}")
    return done.stdout


def last_release() -> str:
    """The commit of the last release.

    Raises:
        NoHistoryError: the files are not in a clone with its history.
    """
    if named := os.environ.get("LAST_RELEASE"):
        return git("rev-parse", named).decode().strip()
    try:
        return _release_before_newest_migration()
    except RuntimeError as error:
        raise NoHistoryError("fetch all history (git fetch --unshallow) to test this") from error


def oldest_release() -> str:
    """The commit of the oldest release that an operator may go back to.

    Raises:
        NoHistoryError: the files are not in a clone with its history.
    """
    try:
        return git("rev-parse", "--verify", f"{OLDEST}^{{commit}}").decode().strip()
    except RuntimeError as error:
        raise NoHistoryError("fetch all history (git fetch --unshallow) to test this") from error


def _release_before_newest_migration() -> str:
    newest = newest_revision()
    [path] = [one for one in VERSIONS.glob("*.py") if f'revision = "{newest}"\n' in one.read_text()]
    # A branch adds to the main line what its merge brings, all at once.
    line = ("log", "--first-parent", "-m", "--diff-filter=A", "--format=%H", "-1")
    added = git(*line, "--", str(path)).decode().strip()
    before = f"{added}^" if added else "HEAD"  # not committed yet
    with contextlib.suppress(RuntimeError):
        return git("describe", "--tags", "--match=v*", "--abbrev=0", before).decode().strip()
    return git("rev-parse", before).decode().strip()


def unpack(commit: str, folder: Path) -> Path:
    """The files of a commit, in `folder`."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", "--format=tar", commit))) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Place(NamedTuple):
    """What versions share: the database and the folder of the pictures."""

    url: str
    data_dir: Path


def run(source: Path, place: Place, *words: str) -> str:
    """Run a module of that source tree there; what it printed.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=source,
        env=_environment(source, place),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


@contextlib.contextmanager
def serving(source: Path, place: Place) -> Iterator[str]:
    """That source tree's server there; its base URL as soon as it lives."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with tempfile.TemporaryFile() as log:
            server = processes.start(
                [
                    *(sys.executable, "-m", "uvicorn", "--factory", "app.main:create_app"),
                    *("--app-dir", source, "--fd", str(listener.fileno())),
                    *("--timeout-graceful-shutdown", "5", "--no-access-log", "--no-proxy-headers"),
                ],
                env=_environment(source, place),
                output=log,
                keeps=[listener.fileno()],
                dies_with_us=signal.SIGTERM,
            )
            try:
                wait_until(lambda: server.poll() is not None or _lives(address), START_SECONDS)
                if server.poll() is not None or not _lives(address):
                    log.seek(0)
                    raise RuntimeError(f"it does not serve:\n{log.read().decode()[-4000:]}")
                yield address
            finally:
                processes.stop(
                    server.pid, (signal.SIGTERM, 15.0), gone=lambda: server.poll() is not None
                )
                if server.poll() is None:
                    server.kill()
                server.wait()


def visit(source: Path, place: Place, address: str) -> None:
    """A party's visit as that version plays it: menu, orders, kitchen, calls, events, closing."""
    words = ("app.demo.visit", "--base-url", address, "--store", "hanok")
    run(source, place, *words)


def readiness(address: str) -> int:
    return httpx.get(f"{address}/health/ready", timeout=5, trust_env=False).status_code


def _environment(source: Path, place: Place) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(source),
        "DATABASE_URL": place.url,
        "DATA_DIR": str(place.data_dir),
        "LOG_LEVEL": "ERROR",
    }


def _lives(address: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{address}/health/live", timeout=2, trust_env=False).is_success
    return False
