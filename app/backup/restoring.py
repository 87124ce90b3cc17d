"""The way back: a backup and the log after it, into a folder."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.backup.catalogue import Backup, choose, read_catalogue
from app.backup.keeping import keep_of, log_from
from app.backup.pgbackrest import BackupError, PgBackRest
from app.backup.timelines import leads_to, read_timelines, timeline_of

PID_FILE = "postmaster.pid"
MARK = "PG_VERSION"


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What a restore will do.

    `at`: the instant to stop at, on the `timeline` on which the server lived then; None with
    `exact`: where the backup ended; otherwise the newest log there is. `copy`: not the server's
    own folder, so what runs there must archive nothing.
    """

    backup: Backup
    target: Path
    at: datetime | None
    exact: bool
    copy: bool
    overwrites: bool
    timeline: int

    def words(self) -> list[str]:
        """The plan, line by line."""
        if self.at is not None:
            until = f"to {self.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC and nothing after it"
        elif self.exact:
            until = "as it was when that backup ended"
        else:
            until = "and all of the log that was archived since"
        lines = [
            f"From {self.backup.label} (ended {self.backup.stopped:%Y-%m-%d %H:%M:%S} UTC)",
            f"{until}",
            f"into {self.target}",
        ]
        if self.overwrites:
            lines.append("OVERWRITING the database that is there")
        if self.copy:
            lines.append("as a copy that archives nothing")
        return lines


def plan_restore(
    program: PgBackRest, at: datetime | None, target: Path | None, label: str | None
) -> RestorePlan:
    """Decide what a restore would do; changes nothing.

    Args:
        at: an aware instant.
        target: a folder; none: the server's own.
        label: a backup to restore as it is, or to start from when `at` is given too.

    Raises:
        BackupError: a server runs there, other files are there, or there is no such backup.
    """
    folder = (target or program.data).resolve()
    if (folder / PID_FILE).exists():
        raise BackupError(
            f"A server runs on {folder}: stop it first. If it is really gone, remove {PID_FILE}"
        )
    there = folder.is_dir() and any(folder.iterdir())
    if there and not (folder / MARK).exists():
        raise BackupError(f"{folder} holds files that are no database; choose an empty folder")
    if at is not None and at > datetime.now(UTC):  # noqa: TID251 - the repository's time, not a test's
        raise BackupError(f"{at.isoformat()} is yet to come")
    backups = read_catalogue(program).backups
    timelines = read_timelines(program)
    timeline = timeline_of(timelines, backups, at)
    leading = [one for one in backups if label or leads_to(one, timeline, timelines)]
    backup = choose(leading, at, label, log_from(backups, keep_of(program.settings)))
    if at is not None and at < backup.stopped:
        raise BackupError(f"{backup.label} ended after {at.isoformat()}; leave --set out")
    if at is not None and not leads_to(backup, timeline, timelines):
        raise BackupError(f"{backup.label} was made in what had been undone; leave --set out")
    return RestorePlan(
        backup=backup,
        target=folder,
        at=at,
        exact=label is not None and at is None,
        copy=folder != program.data.resolve(),
        overwrites=there,
        timeline=timeline,
    )


def restore(program: PgBackRest, plan: RestorePlan) -> None:
    """Do what the plan says, but for the log: it is replayed when a server is started there.

    Raises:
        BackupError: it failed; the folder may hold a part, and the same command goes on from it.
    """
    plan.target.mkdir(parents=True, exist_ok=True, mode=0o700)
    program.own(plan.target)
    options = [f"--set={plan.backup.label}", f"--pg1-path={plan.target}"]
    if plan.overwrites:
        options.append("--delta")
    if plan.copy:
        # pgBackRest empties the spool first, and the running server is just sending its log from there.
        options += ["--archive-mode=off", f"--spool-path={program.home / 'copy-spool'}"]
    if plan.at is not None:
        instant = plan.at.astimezone(UTC).isoformat(sep=" ", timespec="microseconds")
        options += ["--type=time", f"--target={instant}", "--target-action=promote"]
        options.append(f"--target-timeline={plan.timeline}")
    elif plan.exact:
        # Its own timeline: the newest may have left it before.
        options += ["--type=immediate", "--target-action=promote"]
        options.append("--recovery-option=recovery_target_timeline=current")
    program.call("restore", *options)
