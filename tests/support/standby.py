"""A primary with a streaming standby, both of a test's own."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.local.postgres import DATABASE, Cluster
from app.local.processes import wait_until
from tests.support.database import QUICK, programs
from tests.support.freezing import frozen, postmaster_of
from tests.support.migration import upgrade
from tests.support.outage import STREAMED

OPTIONS = {**QUICK, **STREAMED}
SOON = 20.0


class Standby:
    """The standby of a running primary; it can be held up, frozen, stopped and promoted."""

    def __init__(self, home: Path, primary: Cluster) -> None:
        where = conninfo_to_dict(primary.url("postgres", superuser=True))
        followed = make_conninfo("", **{**where, "dbname": None})
        self._home = home
        options = {**OPTIONS, "primary_conninfo": followed}
        self._cluster = Cluster(home, binaries=programs(), options=options, dies_with_us=True)
        self._running = contextlib.ExitStack()

    @property
    def url(self) -> str:
        return self._cluster.url()

    def start(self) -> None:
        self._running.enter_context(self._cluster)

    def stop(self) -> None:
        self._running.close()

    def kill(self) -> None:
        """End its process as a power cut does; `start` brings it back."""
        os.kill(postmaster_of(self._home), signal.SIGKILL)
        assert wait_until(lambda: not self.answers(), SOON)
        self.stop()

    @contextlib.contextmanager
    def held_up(self) -> Iterator[None]:
        """It goes on receiving and answering, and replays nothing."""
        self.ask("SELECT pg_wal_replay_pause()")
        state = "SELECT pg_get_wal_replay_pause_state()"
        assert wait_until(lambda: self.ask(state) == "paused", SOON)
        try:
            yield
        finally:
            self.ask("SELECT pg_wal_replay_resume()")

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It neither answers nor hangs up."""
        with frozen(postmaster_of(self._home)):
            yield

    def promote(self) -> None:
        """It stops following, and goes its own way from here on."""
        self.ask("SELECT pg_promote()")
        assert self.ask("SELECT pg_is_in_recovery()") is False

    def ask(self, query: str) -> Any:
        """What the standby's superuser is answered."""
        url = self._cluster.url(DATABASE, superuser=True)
        with psycopg.connect(url, autocommit=True) as admin:
            row = admin.execute(query.encode()).fetchone()
        return row and row[0]

    def answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            return self.ask("SELECT true") is True
        return False


@contextlib.contextmanager
def primary_and_standby() -> Iterator[tuple[Cluster, Standby]]:
    """A migrated primary and its standby; the tests that ask for them start the standby."""
    home = Path(tempfile.mkdtemp(prefix="table-order-"))
    try:
        first, second = home / "primary", home / "standby"
        primary = Cluster(first, binaries=programs(), options=OPTIONS, dies_with_us=True)
        with primary:
            upgrade(primary.url())
        # A copy of a server that is down needs no other program than cp.
        subprocess.run(["cp", "--archive", first, second], check=True)
        (second / "cluster" / "standby.signal").touch()
        with primary:
            standby = Standby(second, primary)
            try:
                yield primary, standby
            finally:
                standby.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)
