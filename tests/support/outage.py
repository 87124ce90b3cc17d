"""A PostgreSQL server of a test's own that can be stopped, frozen, and robbed of its sessions."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from app.local.postgres import Cluster
from tests.support.database import QUICK, programs
from tests.support.freezing import frozen, postmaster_of
from tests.support.migration import upgrade

STREAMED = {"synchronous_commit": "on", "wal_level": "replica", "max_wal_senders": "4"}
"""What is acknowledged has to survive kill -9, and a standby may follow."""
API = "table-order-api"
"""The name under which the service's connections are listed."""


class OwnServer:
    """One migrated database on a server that only this test uses; it keeps its address."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._cluster = Cluster(
            home, binaries=programs(), options={**QUICK, **STREAMED}, dies_with_us=True
        )
        self._running = contextlib.ExitStack()
        self.start()
        self.url = self._cluster.url()

    def start(self) -> None:
        self._running.enter_context(self._cluster)

    def stop(self) -> None:
        """As an operator's restart does: sessions are ended, new ones are refused."""
        self._running.close()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Stopped while the block runs."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """The server neither answers nor hangs up while the block runs."""
        with frozen(postmaster_of(self._home)):
            yield

    @contextlib.contextmanager
    def holding_commits(self) -> Iterator[None]:
        """No commit ends while the block runs: the standby that each waits for is gone."""
        self._confirming("nobody")
        try:
            yield
        finally:
            self._confirming("")

    def kill_sessions(self) -> int:
        """Send kill -9 to every session of the service; how many there were.

        PostgreSQL then ends all others too and replays its log, as after a crash.
        """
        killed = 0
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
        with contextlib.suppress(psycopg.OperationalError), self._admin() as admin:
            for (pid,) in admin.execute(query, [API]).fetchall():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
        return killed

    def _confirming(self, standbys: str) -> None:
        with self._admin() as admin:
            admin.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{standbys}'".encode())
            admin.execute("SELECT pg_reload_conf()")

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(self._cluster.url("postgres", superuser=True), autocommit=True)


@contextlib.contextmanager
def own_server() -> Iterator[OwnServer]:
    """A migrated server, stopped and removed afterwards."""
    # Not pytest's folder: its path is so long that the socket's address would change at a restart.
    home = Path(tempfile.mkdtemp(prefix="table-order-"))
    try:
        server = OwnServer(home)
        try:
            upgrade(server.url)
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)
