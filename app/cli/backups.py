"""`db backup`, `db restore` and their like: the whole server's backups (docs/operations/backups.md)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from prometheus_client import REGISTRY, start_http_server

from app.backup.catalogue import Backup, Catalogue, Kind, read_catalogue
from app.backup.finishing import finish, refuse_while_members_run
from app.backup.keeping import keep_of, reasons
from app.backup.metrics import BackupMetrics
from app.backup.pgbackrest import PgBackRest
from app.backup.restoring import plan_restore, restore
from app.backup.runs import BackupRuns
from app.backup.settings import BackupSettings
from app.backup.verifying import verify
from app.backup.watch import Watch
from app.cli import database
from app.cli.console import result, say
from app.core import clock, logging

MIB = 2**20
cli = database.cli


def _runs() -> tuple[PgBackRest, BackupRuns]:
    program = PgBackRest(BackupSettings())
    return program, BackupRuns(program, say)


@cli.command("backup")
def backup_command(
    type_: Annotated[
        Kind, typer.Option("--type", help="full; diff: since the last full; incr: since the last.")
    ] = Kind.DIFF,
) -> None:
    """Make a backup now; then, and only if it is good, remove those that need not be kept."""
    _, runs = _runs()
    done = runs.back_up(type_)
    result(done.backup.label)
    say(f"Made {done.backup.label} ({done.backup.kind}), removed {len(done.removed)}")


@cli.command("backup-setup")
def setup_command(
    stanza: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--stanza", help="Also make this server known to the repository.")
    ] = False,
) -> None:
    """Write pgBackRest's configuration, which the server's archive_command needs; print its path."""
    program, runs = _runs()
    path = program.set_up()
    if stanza:
        runs.set_up()
    result(str(path))


@cli.command("backup-schedule")
def schedule_command() -> None:
    """Make backups when they are due and verify one every week, until stopped (a service)."""
    settings = BackupSettings()
    logging.configure(settings)
    program = PgBackRest(settings)
    metrics = BackupMetrics(program)
    if settings.metrics_port:
        REGISTRY.register(metrics)
        start_http_server(settings.metrics_port)
    Watch(program, metrics).run()


@cli.command("check")
def check_command() -> None:
    """Send one segment of the server's log to the repository and wait until it is there."""
    _, runs = _runs()
    runs.check()
    say("The log reaches the repository")


@cli.command("verify")
def verify_command() -> None:
    """Restore the newest backup into scratch space, start it, and check what is in it."""
    program, runs = _runs()
    done = verify(program, runs, say)
    for name, count in done.counts.items():
        result(f"{name}: {count}")
    if not done.compared:
        say("warning: the running server did not answer, so there was nothing to compare with")
    if not done.pages_checked:
        say("warning: pages and indexes were not checked: this PostgreSQL has no amcheck")
    say(
        f"{done.label} is good at schema {done.revision}: restored in {done.restore_seconds:.1f} s,"
        f" recovered in {done.recovery_seconds:.1f} s"
    )


@cli.command("restore")
def restore_command(
    at: Annotated[
        str | None,
        typer.Option(help="An instant with its zone: 2026-11-29T13:05:00+09:00, …Z. Else: newest."),
    ] = None,
    target: Annotated[
        Path | None, typer.Option(help="A folder for a copy; else the server's own data directory.")
    ] = None,
    set_: Annotated[
        str | None, typer.Option("--set", help="A backup of `db list`, as it is unless --at.")
    ] = None,
    yes: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--yes", help="Do it; without, only say what would be done.")
    ] = False,
) -> None:
    """Bring a backup back, its log replayed. Never into a running server; start it afterwards."""
    instant = _instant(at) if at is not None else None
    program = PgBackRest(BackupSettings())
    plan = plan_restore(program, instant, target, set_)
    for line in plan.words():
        say(line)
    if not yes:
        say("Nothing was done yet. To do it: the same with --yes")
        return
    member = bool(program.settings.members) and not plan.copy
    if member:
        refuse_while_members_run(program.settings)
    restore(program, plan)
    if not plan.copy:
        say("Replaying the log")
        finish(program, plan)
    result(str(plan.target))
    if plan.copy:
        say("Restored. Start PostgreSQL on it: it replays the log and then takes writes")
        return
    others = "this member alone, then the others" if member else "the server, then the rest"
    say(f"Restored. Start {others}: docs/operations/backups.md")
    say("It has the passwords of that time; after a `make renew-passwords` since, run it again")


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise typer.BadParameter(
            f"--at {text}: must be an instant with its zone, such as 2026-11-29T13:05:00+09:00"
        )
    return instant


@cli.command("list")
def list_command(
    as_json: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """List the backups, oldest first: kind, end, sizes, the log they need, and why they stay."""
    program = PgBackRest(BackupSettings())
    catalogue = read_catalogue(program)
    kept = reasons(catalogue.backups, keep_of(program.settings))
    if as_json:
        result(orjson.dumps(_document(catalogue, kept)).decode())
        return
    for backup in catalogue.backups:
        result(_line(backup, kept.get(backup.label, [])))
    count = len(catalogue.backups)
    many = "1 backup" if count == 1 else f"{count} backups"
    say(f"{many}; log from {catalogue.wal_oldest or 'nowhere'} on")


def _document(catalogue: Catalogue, kept: dict[str, list[str]]) -> dict[str, object]:
    return {
        "backups": [
            {
                "label": backup.label,
                "type": backup.kind,
                "started_at": backup.started,
                "ended_at": backup.stopped,
                "database_bytes": backup.database_bytes,
                "repository_bytes": backup.repository_bytes,
                "wal": {"start": backup.wal_start, "stop": backup.wal_stop},
                "needs": sorted(backup.needs),
                "damaged": backup.damaged,
                "kept_as": kept.get(backup.label, []),
            }
            for backup in catalogue.backups
        ],
        "wal": {"oldest": catalogue.wal_oldest, "newest": catalogue.wal_newest},
    }


def _line(backup: Backup, kept: list[str]) -> str:
    age = clock.now() - backup.stopped
    return (
        f"{backup.label:33} {backup.kind:4} {backup.stopped.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
        f" {age.days:3} d {age.seconds // 3600:2} h  {backup.database_bytes / MIB:9.1f} MiB"
        f" {backup.repository_bytes / MIB:9.1f} MiB  {backup.wal_start}-{backup.wal_stop}"
        f"  {'DAMAGED ' if backup.damaged else ''}{', '.join(kept) or 'not kept'}"
    )
