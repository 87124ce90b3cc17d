"""Which course of things an instant belongs to, and which backups lead there.

A server that was restored, or a standby that was promoted, goes on with a new timeline, and the
repository keeps the history of each. After a restore to 13:00, the instant 13:04 of before it is on
the older timeline: on the newest one nothing happened between 13:00 and the restore, and a server
that is told to follow that one says that all went well, and stands at 13:00.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.backup.catalogue import Backup, lsn_of
from app.backup.pgbackrest import PgBackRest

FIRST = 1
PROMOTED = "no recovery target specified"
"""What PostgreSQL writes as the reason when all of the log was replayed: nothing was undone."""


@dataclass(frozen=True, slots=True)
class Fork:
    """Where a timeline left its parent: up to `lsn` (bytes of log) they are the same."""

    parent: int
    lsn: int
    undoes: bool
    """The parent had gone on; that was given up, on purpose."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """`forks` lead from the first timeline to this one; there is one at least."""

    number: int
    began: datetime
    """When its history reached the repository."""
    forks: tuple[Fork, ...]


def read_timelines(program: PgBackRest) -> list[Timeline]:
    """All but the first one, as the repository knows them.

    Raises:
        BackupError: it can't be read.
    """
    folder = f"archive/{program.settings.stanza}"
    listed = program.call(
        "repo-ls", "--output=json", "--recurse", r"--filter=\.history$", arguments=[folder]
    )
    histories = {name: one for name, one in json.loads(listed).items() if name.endswith(".history")}
    if not histories:
        return []
    # Another release of PostgreSQL has a folder of its own, whose name ends with its number.
    newest = max((name.split("/")[0] for name in histories), key=lambda one: int(one.split("-")[1]))
    found = []
    for name, one in sorted(histories.items()):
        if name.startswith(f"{newest}/"):
            text = program.call("repo-get", arguments=[f"{folder}/{name}"])
            number = int(name.split("/")[1].removesuffix(".history"), 16)
            found.append(Timeline(number, datetime.fromtimestamp(one["time"], UTC), forks_in(text)))
    return found


def forks_in(history: str) -> tuple[Fork, ...]:
    """What a history file tells: one line for each fork on the way, the oldest first."""
    lines = (line.split("\t", 2) for line in history.splitlines() if line.strip())
    return tuple(Fork(int(parent), lsn_of(lsn), PROMOTED not in why) for parent, lsn, why in lines)


def timeline_of(
    timelines: Iterable[Timeline], backups: Sequence[Backup], at: datetime | None
) -> int:
    """Where the server lived at that instant; None: where it lives now."""
    lived = FIRST
    following: dict[int, int] = {}
    for one in sorted(timelines, key=lambda one: one.number):
        # A repository that was copied has newer files: its backups know better.
        own = [backup.started for backup in backups if backup.timeline == one.number]
        if at is None or min([one.began, *own]) <= at:
            lived = one.number
        if not one.forks[-1].undoes:
            following[one.forks[-1].parent] = one.number
    # After a failover all goes on: whatever was kept of the instant is on the new timeline as well.
    while lived in following:
        lived = following[lived]
    return lived


def leads_to(backup: Backup, number: int, timelines: Iterable[Timeline]) -> bool:
    """Whether the log from that backup on passes into that timeline."""
    if backup.timeline == number:
        return True
    forks = next((one.forks for one in timelines if one.number == number), ())
    return any(fork.parent == backup.timeline and backup.lsn_stop <= fork.lsn for fork in forks)
