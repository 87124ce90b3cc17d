"""A PostgreSQL server that archives into a repository of pgBackRest, and the operator's commands on it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from app.local.processes import Account, start, stop, wait_until
from tests.support.migration import upgrade

ROOT = Path(__file__).resolve().parents[2]
PASS = "a-pass-phrase-for-tests-only-0123456789"
PACKAGED = Path("/usr/lib/postgresql")


def programs() -> Path:
    """PostgreSQL's own programs: the embedded ones lack amcheck.

    Skips, loudly, where they or pgBackRest are missing; with REQUIRE_PGBACKREST it fails.
    """
    found = sorted(PACKAGED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    missing = [] if found else [f"PostgreSQL in {PACKAGED}"]
    if shutil.which("pgbackrest") is None:
        missing.append("pgbackrest on the PATH")
    if missing:
        reason = f"BACKUPS NOT TESTED: there is no {' and no '.join(missing)}"
        if os.environ.get("REQUIRE_PGBACKREST"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found[-1].parent


@dataclass
class House:
    """One server, its repository, and what was set for the commands."""

    folder: Path
    binaries: Path
    account: Account | None
    environment: dict[str, str] = field(default_factory=dict)
    _server: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    def url(self, user: str = "table_order", database: str = "table_order") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}&port=5432"

    def make_folder(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(mode=0o700)
        if self.account:
            self.account.own(path)
        return path

    def make(self) -> None:
        """The server's data directory, with archiving on."""
        self.make_folder("repository")
        options = ["-A", "trust", "-U", "postgres", "-k", "-N", "-E", "UTF8", "--locale=C.UTF-8"]
        assert self._start([self.binaries / "initdb", "-D", self.data, *options]).wait() == 0
        program = f"pgbackrest --config={self.folder}/home/pgbackrest.conf --stanza=table-order"
        archive = f"{program} archive-push %p"
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\n"
                f"archive_mode = on\narchive_command = '{archive}'\narchive_timeout = 60\n"
                "max_wal_size = 256MB\nshared_buffers = 32MB\n"
            )

    def fill(self) -> None:
        """The service's schema under its owner."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as admin:
            admin.execute("CREATE ROLE table_order LOGIN CREATEROLE")
            admin.execute("CREATE DATABASE table_order OWNER table_order")
        upgrade(self.url())

    def start(self, data: Path | None = None) -> None:
        """Start the server and wait until it takes writes."""
        self._server = server = self._start([self.binaries / "postgres", "-D", data or self.data])
        wait_until(lambda: server.poll() is not None or self._takes_writes(), 60)
        assert server.poll() is None, (self.folder / "server.log").read_text()[-3000:]
        assert self._takes_writes(), (self.folder / "server.log").read_text()[-3000:]

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        if (server := self._server) is not None:
            stop(server.pid, (number, 30.0), gone=lambda: server.poll() is not None)
            server.wait(10)
        self._server = None

    def cli(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m app.cli`; settings by their full names."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *words],
            cwd=ROOT,
            env=self.variables(settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def db(self, *words: str, **settings: str) -> str:
        """Run a `db …` command that has to succeed; its stdout."""
        done = self.cli("db", *words, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *words: str, **settings: str) -> str:
        """Run a `db …` command that has to fail with one line of words; that line."""
        done = self.cli("db", *words, **settings)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        [said] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        return said

    def variables(self, settings: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a command."""
        return {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "BACKUP_DATA_DIRECTORY": str(self.data),
            "BACKUP_SOCKET_DIRECTORY": str(self.folder),
            "BACKUP_HOME": str(self.folder / "home"),
            "BACKUP_REPOSITORY": str(self.repository),
            "BACKUP_CIPHER_PASS": PASS,
            **self.environment,
            **(settings or {}),
        }

    def _start(self, words: list[str | Path]) -> subprocess.Popen[bytes]:
        with (self.folder / "server.log").open("ab") as log:
            return start(
                words,
                account=self.account,
                output=log,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                dies_with_us=signal.SIGQUIT,
            )

    def _takes_writes(self) -> bool:
        try:
            with psycopg.connect(self.url("postgres", "postgres"), connect_timeout=2) as opened:
                row = opened.execute("SELECT pg_is_in_recovery()").fetchone()
        except psycopg.OperationalError:
            return False
        return row == (False,)


@contextmanager
def opened_house(**environment: str) -> Iterator[House]:
    """A running server with the schema, known to its repository, without a backup yet."""
    binaries = programs()
    # A short path, which other users may pass: a socket lies in it, and the server is not root's.
    folder = Path(tempfile.mkdtemp(prefix="to-backup-"))
    folder.chmod(0o755)
    account = Account.for_files(folder)
    if account:
        account.own(folder)
    house = House(folder, binaries, account, environment)
    try:
        house.make()
        house.db("backup-setup")
        house.start()
        house.fill()
        house.db("backup-setup", "--stanza")
        yield house
    finally:
        house.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)
