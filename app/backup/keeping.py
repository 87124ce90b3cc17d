"""Which backups stay: the newest of each of the last days, weeks and months that have one.

Counted are days that *have* a backup, not days that have passed: when backups fail for a year,
nothing ages out meanwhile. A backup that another one builds on stays with it. Damaged ones take
nobody's place; those newer than the newest good one stay to be looked at.

Of the last hours before the newest good one every backup stays, and the one before them: who makes
a backup after a mistake, or restores and sees that it was the wrong instant, can still go back to
any instant of that time. Nor does a backup by hand count against the log that stays (`log_from`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.backup.catalogue import Backup, Kind
from app.backup.settings import BackupSettings

Period = tuple[int, ...]
"""A day, a week or a month; the later one is the greater one."""


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days, ISO weeks and months, by UTC; `hours` back from the newest, all of them."""

    daily: int
    weekly: int
    monthly: int
    hours: int = 48


def keep_of(settings: BackupSettings) -> Keep:
    """The rule of the settings."""
    return Keep(
        settings.keep_daily, settings.keep_weekly, settings.keep_monthly, settings.keep_hours
    )


def reasons(backups: Iterable[Backup], keep: Keep) -> dict[str, list[str]]:
    """Why each backup stays that does, by label; the others may go."""
    newest_first = sorted(backups, key=lambda backup: backup.started, reverse=True)
    good = [backup for backup in newest_first if not backup.damaged]
    found: dict[str, list[str]] = {}
    for name, count, among, period in (
        ("daily", keep.daily, good, _day),
        ("weekly", keep.weekly, _fulls(good), _week),
        ("monthly", keep.monthly, _fulls(good), _month),
    ):
        for backup in _newest_of_each(among, period)[:count]:
            found.setdefault(backup.label, []).append(name)
    for backup in _recent(good, keep):
        found.setdefault(backup.label, []).append("recent")
    if good:
        # Whatever the counts say.
        for label in {good[0].label, *(full.label for full in _fulls(good)[:1])}:
            found.setdefault(label, []).append("newest")
    for backup in newest_first:
        if backup.damaged and (not good or backup.started > good[0].started):
            found.setdefault(backup.label, []).append("damaged, newest")
    _with_what_they_need(found, newest_first)
    return found


def expendable(backups: Iterable[Backup], keep: Keep) -> list[Backup]:
    """The backups that may go, newest first: whatever builds on one goes before it."""
    every = list(backups)
    kept = reasons(every, keep)
    gone = [backup for backup in every if backup.label not in kept]
    return sorted(gone, key=lambda backup: backup.started, reverse=True)


def log_from(backups: Iterable[Backup], keep: Keep) -> Backup | None:
    """The full backup from which on all log stays, so that any later instant can be restored.

    That is the newest one before the last `weekly` weeks that have one, or whatever of the last
    hours goes back farther. How many there are in a week makes no difference. None: there is none.
    """
    newest_first = sorted(backups, key=lambda backup: backup.started, reverse=True)
    good = [backup for backup in newest_first if not backup.damaged]
    fulls = _fulls(good)
    if not fulls:
        return None
    first = _newest_of_each(fulls, _week)[: keep.weekly][-1]
    before = [full for full in fulls if _week(full.started) < _week(first.started)]
    recent = _recent(good, keep)
    needed = {backup.label for backup in recent}.union(*(backup.needs for backup in recent))
    bases = [full for full in _fulls(newest_first) if full.label in needed]
    return min([before[0] if before else fulls[-1], *bases], key=lambda backup: backup.started)


def _recent(good_newest_first: list[Backup], keep: Keep) -> list[Backup]:
    """What an instant of the last hours is restored from, whichever it is."""
    if not good_newest_first:
        return []
    since = good_newest_first[0].stopped - timedelta(hours=keep.hours)
    after = [backup for backup in good_newest_first if backup.stopped > since]
    return good_newest_first[: len(after) + 1]


def _fulls(backups: list[Backup]) -> list[Backup]:
    return [backup for backup in backups if backup.kind is Kind.FULL]


def _newest_of_each(
    newest_first: list[Backup], period: Callable[[datetime], Period]
) -> list[Backup]:
    found: dict[Period, Backup] = {}
    for backup in newest_first:
        found.setdefault(period(backup.started), backup)
    return list(found.values())


def _with_what_they_need(found: dict[str, list[str]], newest_first: list[Backup]) -> None:
    # What a backup needs is older than it: one walk towards the past reaches all.
    for backup in newest_first:
        if backup.label in found:
            for label in backup.needs:
                found.setdefault(label, [f"needed by {backup.label}"])


def _day(instant: datetime) -> Period:
    return (instant.toordinal(),)


def _week(instant: datetime) -> Period:
    return instant.isocalendar()[:2]


def _month(instant: datetime) -> Period:
    return instant.year, instant.month
