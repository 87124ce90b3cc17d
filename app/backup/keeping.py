"""Which backups stay: the newest of each of the last days, weeks and months that have one.

Counted are days that *have* a backup, not days that have passed: when backups fail for a year,
nothing ages out meanwhile. A backup that another one builds on stays with it. Damaged ones take
nobody's place; those newer than the newest good one stay to be looked at.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

from app.backup.catalogue import Backup, Kind


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days, ISO weeks and months; by UTC."""

    daily: int
    weekly: int
    monthly: int


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


def _fulls(backups: list[Backup]) -> list[Backup]:
    return [backup for backup in backups if backup.kind is Kind.FULL]


def _newest_of_each(
    newest_first: list[Backup], period: Callable[[datetime], Hashable]
) -> list[Backup]:
    found: dict[Hashable, Backup] = {}
    for backup in newest_first:
        found.setdefault(period(backup.started), backup)
    return list(found.values())


def _with_what_they_need(found: dict[str, list[str]], newest_first: list[Backup]) -> None:
    # What a backup needs is older than it: one walk towards the past reaches all.
    for backup in newest_first:
        if backup.label in found:
            for label in backup.needs:
                found.setdefault(label, [f"needed by {backup.label}"])


def _day(instant: datetime) -> Hashable:
    return instant.date()


def _week(instant: datetime) -> Hashable:
    return instant.isocalendar()[:2]


def _month(instant: datetime) -> Hashable:
    return instant.year, instant.month
