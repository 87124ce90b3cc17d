"""How the last attempts went: a small file beside the configuration, for metrics and `db list`."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.backup.pgbackrest import PgBackRest


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last run of one activity. Times are ISO 8601 in UTC."""

    began: str
    ended: str
    error: str | None
    succeeded: str | None
    """When it last went well, be it this run or an earlier one."""
    counts: dict[str, int] | None = None
    """What it found, where it counts anything."""


class State:
    """`state.json` in the home folder; what can't be read counts as never having run."""

    def __init__(self, program: PgBackRest) -> None:
        self._program = program
        self._file = program.home / "state.json"

    def last(self, activity: str) -> Attempt | None:
        """The last run of `backup` or `verify`."""
        told = self._read().get(activity)
        return Attempt(**told) if told else None

    def note(
        self,
        activity: str,
        began: datetime,
        ended: datetime,
        error: str | None,
        counts: dict[str, int] | None = None,
    ) -> None:
        """Remember a run that has ended, well when `error` is None."""
        before = self.last(activity)
        good = ended.isoformat() if error is None else before.succeeded if before else None
        attempt = Attempt(began.isoformat(), ended.isoformat(), error, good, counts)
        self._program.write(
            self._file, json.dumps(self._read() | {activity: asdict(attempt)}, indent=2) + "\n"
        )

    def _read(self) -> dict[str, Any]:
        try:
            told: dict[str, Any] = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return told
