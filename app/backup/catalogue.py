"""What the repository holds, as `pgbackrest info` tells it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from app.backup.pgbackrest import BackupError, PgBackRest, StanzaMissingError, explained


class Kind(StrEnum):
    """How much a backup holds by itself."""

    FULL = "full"
    DIFF = "diff"
    INCR = "incr"


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup. Sizes in bytes; `needs` are the labels without which it can't be restored."""

    label: str
    kind: Kind
    started: datetime
    stopped: datetime
    needs: frozenset[str] = frozenset()
    wal_start: str = ""
    wal_stop: str = ""
    lsn_stop: int = 0
    """Where in the log it ended, in bytes."""
    database_bytes: int = 0
    repository_bytes: int = 0
    """What it added to the repository."""
    damaged: bool = False
    """A page of the database had a wrong checksum when it was read."""

    @property
    def timeline(self) -> int:
        """The one on which it was made: the first 8 digits of a segment's name."""
        return int(self.wal_stop[:8] or "1", 16)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All backups, oldest first, and the oldest and newest archived WAL segment."""

    backups: tuple[Backup, ...]
    wal_oldest: str | None = None
    wal_newest: str | None = None

    @property
    def good(self) -> list[Backup]:
        return [backup for backup in self.backups if not backup.damaged]


def read_catalogue(program: PgBackRest) -> Catalogue:
    """Ask the repository.

    Raises:
        StanzaMissingError: it does not know this server.
        BackupError: it is away, or its cipher pass is another one.
    """
    # Not strict: read with a wrong pass phrase, it tells us the garbage that it found.
    return catalogue_of(json.loads(program.call("info", "--output=json"), strict=False))


OK, NO_BACKUP = 0, 2


def catalogue_of(told: list[dict[str, Any]]) -> Catalogue:
    """The catalogue in what `info --output=json` printed for one stanza."""
    if not told:
        raise StanzaMissingError(
            "The repository does not know this server. To make it: db backup-setup --stanza"
        )
    [stanza] = told
    code = stanza["status"]["code"]
    if code not in {OK, NO_BACKUP}:
        reasons = [repo["status"]["message"] for repo in stanza["repo"] if repo["status"]["code"]]
        raise explained("info", "; ".join(reasons) or stanza["status"]["message"])
    archives = [one for one in stanza["archive"] if one["min"]]
    return Catalogue(
        tuple(sorted(map(_backup, stanza["backup"]), key=lambda backup: backup.started)),
        archives[0]["min"] if archives else None,
        archives[-1]["max"] if archives else None,
    )


def _backup(told: dict[str, Any]) -> Backup:
    return Backup(
        label=told["label"],
        kind=Kind(told["type"]),
        started=datetime.fromtimestamp(told["timestamp"]["start"], UTC),
        stopped=datetime.fromtimestamp(told["timestamp"]["stop"], UTC),
        needs=frozenset(told["reference"] or ()) | ({told["prior"]} if told["prior"] else set()),
        wal_start=told["archive"]["start"] or "",
        wal_stop=told["archive"]["stop"] or "",
        lsn_stop=lsn_of((told.get("lsn") or {}).get("stop") or "0/0"),
        database_bytes=told["info"]["size"],
        repository_bytes=told["info"]["repository"]["delta"],
        damaged=bool(told["error"]),
    )


def lsn_of(text: str) -> int:
    """A position in the log, such as `0/3023020`, in bytes."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def choose(
    backups: Iterable[Backup], at: datetime | None, label: str | None, first: Backup | None
) -> Backup:
    """The backup from which to restore.

    Args:
        at: an instant; the newest backup that had ended by then and still has all WAL after it.
        label: this one, whatever there is.
        first: from it on all WAL is there (`keeping.log_from`).

    Raises:
        BackupError: there is none; the text says from when on there is one.
    """
    good = sorted((one for one in backups if not one.damaged), key=lambda one: one.stopped)
    if label is not None:
        for backup in good:
            if backup.label == label:
                return backup
        raise BackupError(f"There is no good backup {label}; see: db list")
    if not good:
        raise BackupError("There is no good backup; see: db list")
    if at is None:
        return good[-1]
    whole = [one for one in good if first is None or first.stopped <= one.stopped]
    ended = [one for one in whole if one.stopped <= at]
    if not ended:
        raise BackupError(
            f"An instant can be restored from {whole[0].stopped:%Y-%m-%d %H:%M:%S} UTC on. "
            "Older backups are restored as they are: --set LABEL"
        )
    return ended[-1]
