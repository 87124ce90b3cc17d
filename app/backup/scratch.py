"""A server on a restored copy: no network, a socket of its own, and no archive unless told so."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from app.backup.pgbackrest import BackupError, PgBackRest
from app.backup.restoring import MARK
from app.local.processes import start, stop, wait_until

PACKAGED = Path("/usr/lib/postgresql")
RECOVERY_SECONDS = 6 * 3600.0
"""Replaying a week of log may take its time; a server that has given up ends by itself."""


def programs_of(program: PgBackRest, data: Path) -> Path:
    """The folder with PostgreSQL's programs for a data directory.

    Raises:
        BackupError: they are not on this machine.
    """
    version = (data / MARK).read_text().strip()
    folder = program.settings.programs or PACKAGED / version / "bin"
    if not (folder / "postgres").is_file():
        raise BackupError(
            f"PostgreSQL {version} is not in {folder}: install it, or name it in BACKUP_PROGRAMS"
        )
    return folder


@contextmanager
def scratch_folder(program: PgBackRest) -> Iterator[Path]:
    """An empty folder that goes afterwards, with what an interrupted run has left before it."""
    folder = program.home / "scratch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    program.own(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(program: PgBackRest, data: Path, archive_command: str = "") -> Iterator[str]:
    """Run a server on `data` until the block ends; its libpq connection string, without database.

    Args:
        archive_command: of a server whose log counts; a mere copy has none.

    Raises:
        BackupError: it does not start or does not finish its recovery; with its last lines.
    """
    binaries = programs_of(program, data)
    with tempfile.TemporaryDirectory(prefix="table-order-verify-") as name:
        room = Path(name)  # a socket's path is short: it can't be deep in the scratch folder
        program.own(room)
        access, log = room / "access", room / "log"
        program.write(access, "local all all trust\n")
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(room),
            "port": str(program.settings.port),
            "hba_file": str(access),
            "archive_mode": "on" if archive_command else "off",
            "archive_command": archive_command,
            "ssl": "off",
            "hot_standby": "off",
            # The server's own may be more than there is room for here.
            "shared_buffers": "128MB",
            "shared_preload_libraries": "",
            "logging_collector": "off",
            "log_destination": "stderr",
            "synchronous_standby_names": "",
        }
        if not (data / "postgresql.conf").exists():
            # Debian has it elsewhere; what counts for the data is in the control file.
            program.write(room / "postgresql.conf", "")
            options["config_file"] = str(room / "postgresql.conf")
        with log.open("wb") as output:
            process = start(
                [
                    *(binaries / "postgres", "-D", data),
                    *(word for item in options.items() for word in ("-c", "=".join(item))),
                ],
                account=program.account,
                reaches=[binaries / "postgres", data],
                output=output,
                env={"PATH": _search_path(), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                dies_with_us=signal.SIGQUIT,
            )
        where = f"host={room} port={program.settings.port} user={program.settings.user}"
        try:
            wait_until(lambda: process.poll() is not None or _answers(where), RECOVERY_SECONDS)
            if process.poll() is not None or not _answers(where):
                raise BackupError(f"The restored server does not start: {_last_lines(log)}")
            yield where
        finally:
            stop(
                process.pid,
                (signal.SIGINT, 60.0),
                (signal.SIGQUIT, 10.0),
                gone=lambda: process.poll() is not None,
            )


def _search_path() -> str:
    """Where recovery finds pgBackRest, by whose `restore_command` it gets the log."""
    found = shutil.which("pgbackrest")
    folders = [str(Path(found).parent)] if found else []
    return ":".join([*folders, "/usr/bin", "/bin"])


def _answers(where: str) -> bool:
    with suppress(psycopg.OperationalError):
        psycopg.connect(f"{where} dbname=postgres", connect_timeout=2).close()
        return True
    return False


def _last_lines(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    told = [line for line in lines if "FATAL" in line or "PANIC" in line or "ERROR" in line]
    # What it answered us while we waited.
    told = [
        line
        for line in told
        if "not accepting connections" not in line and "starting up" not in line
    ]
    return " / ".join((told or lines)[-3:])
