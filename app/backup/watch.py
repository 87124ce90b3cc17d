"""`db backup-schedule`: makes what is due, verifies weekly, and tells Prometheus how it goes."""

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import FrameType

from app.backup.catalogue import Kind, read_catalogue
from app.backup.metrics import ACTIVITIES, BackupMetrics
from app.backup.pgbackrest import BackupError, PgBackRest
from app.backup.runs import BackupRuns
from app.backup.schedule import Plan, due
from app.backup.state import State
from app.backup.verifying import verify
from app.core import clock
from app.core.logging import get_logger

log = get_logger(__name__)

LOOK_SECONDS = 30.0
RETRY = timedelta(minutes=15)
VERIFY_EVERY = timedelta(days=7)
VERIFY_AGAIN = timedelta(days=1)
"""After one that found no store, as on the day when the server is made: it has shown little."""
NEVER = datetime.min.replace(tzinfo=UTC)


class StopRequested(BaseException):
    """SIGTERM or SIGINT: raised wherever the watch is, so that a running program is ended too."""


class Watch:
    """Looks every half minute; one thing at a time."""

    def __init__(self, program: PgBackRest, metrics: BackupMetrics) -> None:
        settings = program.settings
        self._program = program
        self._metrics = metrics
        self._runs = BackupRuns(program, log.info)
        self._plan = Plan(settings.at, settings.full_weekday)
        self._state = State(program)
        self._not_before = dict.fromkeys(ACTIVITIES, NEVER)

    def run(self) -> None:
        """Go on until SIGTERM or SIGINT."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            raise StopRequested

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        try:
            while True:
                self.look()
                threading.Event().wait(LOOK_SECONDS)
        except StopRequested:
            log.info("stopped")

    def look(self) -> None:
        """Do what is due now; what fails is logged, shown in the metrics, and tried again later."""
        self._attempt("backup", self._back_up)
        self._attempt("verify", self._verify)
        self._metrics.refresh()

    def _attempt(self, activity: str, act: Callable[[], None]) -> None:
        now = clock.now()
        if now < self._not_before[activity]:
            return
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look may go well
            self._not_before[activity] = clock.now() + RETRY
            again = self._not_before[activity].isoformat()
            log.critical("failed", activity=activity, error=str(error), again=again)
            self._note_failure(activity, now, str(error))

    def _note_failure(self, activity: str, began: datetime, error: str) -> None:
        """What fails before it has begun, such as a repository that is away, is a failure too."""
        try:
            self._state.note(activity, began, clock.now(), error)
        except (BackupError, OSError) as full:
            # As where the disk is full, which may be why it failed: the watch goes on.
            log.critical("not noted", activity=activity, error=str(full))

    def _back_up(self) -> None:
        if not self._runs.known():
            self._runs.set_up()
        kind: Kind | None = due(read_catalogue(self._program), clock.now(), self._plan)
        if kind is None:
            return
        done = self._runs.back_up(kind)
        log.info("backup made", label=done.backup.label, kind=str(kind), removed=done.removed)

    def _verify(self) -> None:
        last = self._state.last("verify")
        good = datetime.fromisoformat(last.succeeded) if last and last.succeeded else NEVER
        empty = last is not None and (last.counts or {}).get("stores") == 0
        if (
            clock.now() - good < (VERIFY_AGAIN if empty else VERIFY_EVERY)
            or not read_catalogue(self._program).good
        ):
            return
        done = verify(self._program, self._runs, log.info)
        said = "backup verified" if done.counts["stores"] else "backup verified; no store in it yet"
        log.info(said, label=done.label, counts=done.counts)
