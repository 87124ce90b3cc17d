"""A PostgreSQL server that neither answers nor hangs up, as when its disk has gone silent."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil

from app.local.processes import wait_until

SOON = 20.0


def postmaster_of(home: Path) -> int:
    """The process that opens the sessions of the running server in `home`."""
    return int((home / "cluster" / "postmaster.pid").read_text().split("\n")[0])


@contextlib.contextmanager
def frozen(postmaster: int) -> Iterator[None]:
    """The whole server stands still while the block runs.

    Its list of sessions lacks the one that is being opened at this moment, which would live on:
    so the postmaster is stopped first, and then whatever it has started.
    """
    server = psutil.Process(postmaster)
    stopped = [postmaster]
    try:
        os.kill(postmaster, signal.SIGSTOP)
        assert wait_until(lambda: server.status() == psutil.STATUS_STOPPED, SOON)
        for child in server.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGSTOP)
                stopped.append(child.pid)
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
