"""A backup counts when it has been brought back: restored into scratch space, started, and read."""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from app.backup.catalogue import read_catalogue
from app.backup.pgbackrest import BackupError, PgBackRest
from app.backup.restoring import plan_restore, restore
from app.backup.runs import BackupRuns
from app.backup.scratch import programs_of, running, scratch_folder
from app.core.health import migrations

ROOM = 1.2
"""Scratch space by the backup's size: the copy, and the log that it replays."""

# What must hold in any state of the database; each gives the first rows that break it.
BROKEN: dict[str, LiteralString] = {
    "an order whose lines do not add up": """
        SELECT o.store_id::text, o.id::text FROM orders o
        LEFT JOIN order_lines l ON l.store_id = o.store_id AND l.order_id = o.id
            AND l.parent_line_id IS NULL
        GROUP BY o.store_id, o.id, o.total HAVING o.total IS DISTINCT FROM sum(l.total) LIMIT 3""",
    "event numbers with a gap": """
        SELECT store_id::text, count(*)::text FROM events GROUP BY store_id
        HAVING count(*) <> max(seq) - min(seq) + 1 LIMIT 3""",
    "an event newer than its store's counter": """
        SELECT e.store_id::text, max(e.seq)::text FROM events e
        LEFT JOIN store_counters c ON c.store_id = e.store_id
        GROUP BY e.store_id, c.event_seq HAVING max(e.seq) > coalesce(c.event_seq, -1) LIMIT 3""",
    "two parties at one table": """
        SELECT store_id::text, table_id::text FROM table_sessions WHERE status = 'open'
        GROUP BY store_id, table_id HAVING count(*) > 1 LIMIT 3""",
}
# None of them ever becomes smaller: stores and orders are not deleted, event numbers only grow.
COUNTS: LiteralString = """
    SELECT (SELECT count(*) FROM stores), (SELECT count(*) FROM orders),
        (SELECT coalesce(sum(event_seq), 0)::bigint FROM store_counters)
"""
NAMES = ("stores", "orders", "events")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was brought back, and how long it took, in seconds."""

    label: str
    revision: str
    counts: dict[str, int]
    compared: bool
    """Whether the running server was there to compare with."""
    pages_checked: bool
    restore_seconds: float
    recovery_seconds: float


def verify(program: PgBackRest, runs: BackupRuns, say: Callable[[str], None]) -> Verified:
    """Restore the newest backup and all log after it, start a server on it, and check it.

    When the running server, or who leads the cluster, can be asked, the copy must hold everything
    that was stored before this began.

    Raises:
        BackupError: the first thing that is wrong.
    """
    with runs.noted("verify") as found, scratch_folder(program) as scratch:
        plan_restore(
            program, None, scratch, None
        )  # the pass phrase is right, and there is a backup
        _check_files(program, say)
        before = None if program.settings.members else _of_the_running_server(program)
        if before is not None:
            runs.check()  # sends the log of what was just counted
        sent = _log_of_the_cluster(program, runs) if program.settings.members else None
        plan = plan_restore(program, None, scratch, None)
        _check_room(scratch, plan.backup.database_bytes)
        say(f"Restoring {plan.backup.label} into {scratch}")
        began = time.monotonic()
        restore(program, plan)
        restored = time.monotonic()
        say("Starting a server on it")
        with running(program, scratch) as where:
            recovered = time.monotonic()
            revision, counts = _read(f"{where} dbname={program.settings.database}", before)
            found.update(zip(NAMES, counts, strict=True))
            if sent is not None:
                _compare_logs(f"{where} dbname={program.settings.database}", sent)
            say("Checking every page and index")
            pages = _check_pages(program, scratch, where)
    return Verified(
        plan.backup.label,
        revision,
        found,
        compared=before is not None or sent is not None,
        pages_checked=pages,
        restore_seconds=restored - began,
        recovery_seconds=recovered - restored,
    )


def _check_files(program: PgBackRest, say: Callable[[str], None]) -> None:
    say("Checking the repository's files against their checksums")
    told = program.call("verify", "--output=text")
    if "status: error" in told or "checksum invalid" in told:
        lines = [line.strip() for line in told.splitlines() if line.strip()]
        raise BackupError(f"The repository's files are damaged: {'; '.join(lines)[:500]}")


def _check_room(scratch: Path, needed: int) -> None:
    free = shutil.disk_usage(scratch).free
    if free < needed * ROOM:
        raise BackupError(
            f"{scratch} has {free / 2**30:.1f} GiB free, and {needed * ROOM / 2**30:.1f} are "
            "needed; another place: BACKUP_HOME"
        )


def _of_the_running_server(program: PgBackRest) -> tuple[int, ...] | None:
    settings = program.settings
    where = f"host={settings.socket_directory} port={settings.port} user={settings.user}"
    # Down, or not migrated yet: then the copy speaks for itself.
    with (
        suppress(psycopg.OperationalError, psycopg.errors.UndefinedTable),
        psycopg.connect(f"{where} dbname={settings.database}", connect_timeout=5) as server,
    ):
        return server.execute(COUNTS).fetchone()
    return None


def _log_of_the_cluster(program: PgBackRest, runs: BackupRuns) -> str | None:
    """The newest segment of the leader's log, which was just sent; None when nobody leads.

    A cluster lets nobody look from outside who sees all rows. Its log says as much: who has
    replayed it up to here has all that was stored before.
    """
    with suppress(BackupError):
        runs.check()
        return read_catalogue(program).wal_newest
    return None


def _compare_logs(where: str, sent: str) -> None:
    """The copy's own log has to begin behind what was sent; timelines (the first 8 digits) differ."""
    with psycopg.connect(where) as copy:
        reached: str = _one(copy, "SELECT pg_walfile_name(pg_current_wal_lsn())")[0]
    if reached[8:] <= sent[8:]:
        raise BackupError(
            f"The copy ends at {reached}; the server's log had come to {sent} already"
        )


def _read(where: str, before: tuple[int, ...] | None) -> tuple[str, tuple[int, ...]]:
    """The copy's revision and counts.

    Raises:
        BackupError: unknown schema, less than the running server had, or broken rules.
    """
    try:
        with psycopg.connect(where) as copy:
            revision: str = _one(copy, "SELECT version_num FROM alembic_version")[0]
            if revision not in migrations():
                raise BackupError(f"The copy's schema {revision} is none that this release knows")
            counts = _one(copy, COUNTS)
            for name, now, then in zip(NAMES, counts, before or counts, strict=True):
                if now < then:
                    raise BackupError(f"The copy has {now} {name}; the server had {then} already")
            for rule, query in BROKEN.items():
                if rows := copy.execute(query).fetchall():
                    raise BackupError(f"The copy has {rule}: {rows}")
    except psycopg.Error as error:
        raise BackupError(f"The copy can't be read: {str(error).strip()}") from error
    return revision, counts


def _one(copy: psycopg.Connection[Any], query: LiteralString) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = copy.execute(query).fetchone()
    if row is None:
        raise BackupError("The copy has no schema")
    return row


def _check_pages(program: PgBackRest, data: Path, where: str) -> bool:
    """Read every page and compare every index with its table; False when amcheck is not there."""
    checker = programs_of(program, data) / "pg_amcheck"
    with psycopg.connect(f"{where} dbname={program.settings.database}", autocommit=True) as copy:
        found = copy.execute("SELECT FROM pg_available_extensions WHERE name = 'amcheck'")
        if not checker.is_file() or found.fetchone() is None:
            return False
    host, port, user = (part.split("=", 1)[1] for part in where.split())
    code, output, errors = program.run(
        [
            *(checker, "--install-missing", "--heapallindexed", f"--host={host}"),
            *(f"--port={port}", f"--username={user}", program.settings.database),
        ]
    )
    if code != 0:
        raise BackupError(f"The copy's pages or indexes are damaged: {(output + errors)[:500]}")
    return True
