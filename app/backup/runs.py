"""One backup from beginning to end, and what goes afterwards.

Nothing is removed but after a backup of the same run that is there and good: when backups fail,
the last good ones stay, however long it lasts (tests/backup).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.backup.catalogue import Backup, Kind, read_catalogue
from app.backup.keeping import expendable, keep_of, log_from
from app.backup.pgbackrest import BackupError, PgBackRest, StanzaMissingError
from app.backup.state import State
from app.core import clock


@dataclass(frozen=True, slots=True)
class Done:
    """What a run made, and the labels of what it removed."""

    backup: Backup
    removed: list[str]


class BackupRuns:
    """Makes and checks backups; `say` is told each step."""

    def __init__(self, program: PgBackRest, say: Callable[[str], None]) -> None:
        self._program = program
        self._say = say
        self._state = State(program)

    def set_up(self) -> None:
        """Make the server known to the repository; nothing happens when it is."""
        self._say(f"Making {self._program.settings.stanza} known to the repository")
        self._program.call("stanza-create")

    def check(self) -> None:
        """Prove that the server's log reaches the repository: one segment is sent and awaited.

        Raises:
            BackupError: it does not.
        """
        self._program.call("check")

    def back_up(self, kind: Kind) -> Done:
        """Make a backup, and only when it is good remove those that the rule keeps no longer.

        Raises:
            BackupError: it failed or it is damaged; nothing was removed.
        """
        with self.noted("backup"):
            self._say(f"Making a backup ({kind})")
            before = {one.label for one in read_catalogue(self._program).backups}
            self._program.call("backup", f"--type={kind}")
            made = [one for one in read_catalogue(self._program).backups if one.label not in before]
            if not made:
                raise BackupError("The backup is not in the repository. Nothing was removed")
            if made[-1].damaged:
                raise BackupError(
                    f"{made[-1].label}: pages of the database have wrong checksums. Nothing was "
                    "removed; see the server's log and docs/operations/backups.md"
                )
        return Done(made[-1], self._prune())

    def _prune(self) -> list[str]:
        removed = []
        rule = keep_of(self._program.settings)
        for backup in expendable(read_catalogue(self._program).backups, rule):
            self._say(f"Removing {backup.label}")
            self._program.call("expire", f"--set={backup.label}")
            removed.append(backup.label)
        # And the log that none of those that stay needs: pgBackRest counts full ones from the newest back.
        left = read_catalogue(self._program).backups
        if first := log_from(left, rule):
            count = sum(one.kind is Kind.FULL and one.started >= first.started for one in left)
            self._program.call("expire", f"--repo1-retention-archive={count}")
        return removed

    @contextmanager
    def noted(self, activity: str) -> Iterator[dict[str, int]]:
        """Remember how the block went, for the metrics, and what it counts into what it is given."""
        counts: dict[str, int] = {}
        began = clock.now()
        self._program.set_up()
        try:
            yield counts
        except Exception as error:
            self._state.note(activity, began, clock.now(), str(error))
            raise
        self._state.note(activity, began, clock.now(), None, counts)

    def known(self) -> bool:
        """Whether the repository knows this server."""
        try:
            read_catalogue(self._program)
        except StanzaMissingError:
            return False
        return True
