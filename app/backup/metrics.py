"""What Prometheus reads about backups; served by the watch on BACKUP_METRICS_PORT."""

from collections.abc import Iterator
from datetime import datetime
from threading import Lock

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.backup.catalogue import Backup, Kind, read_catalogue
from app.backup.pgbackrest import BackupError, PgBackRest
from app.backup.state import State

PREFIX = "table_order_backup"
ACTIVITIES = ("backup", "verify")


class BackupMetrics(Collector):
    """The repository as it was at the last refresh, and how the last runs went."""

    def __init__(self, program: PgBackRest) -> None:
        self._program = program
        self._state = State(program)
        self._lock = Lock()
        self._backups: tuple[Backup, ...] | None = None

    def refresh(self) -> None:
        """Read the repository anew; when it is away, say so and keep no old figures."""
        try:
            backups = read_catalogue(self._program).backups
        except (BackupError, OSError):
            backups = None
        with self._lock:
            self._backups = backups

    def collect(self) -> Iterator[Metric]:
        """All of them; a time that has never been is 0, so that its age alerts."""
        with self._lock:
            backups = self._backups
        yield _gauge("repository_up", "1 when the repository could be read.", backups is not None)
        if backups is not None:
            yield from _of_repository(backups)
        for activity in ACTIVITIES:
            last = self._state.last(activity)
            name = "" if activity == "backup" else f"{activity}_"
            yield _gauge(
                f"{name}last_attempt_timestamp_seconds",
                f"When the last {activity} ended, well or not.",
                _seconds(last.ended if last else None),
            )
            yield _gauge(
                f"{name}last_attempt_failed",
                f"1 when the last {activity} failed.",
                last is not None and last.error is not None,
            )
        verified = self._state.last("verify")
        yield _gauge(
            "verify_last_success_timestamp_seconds",
            "When a backup was last brought back and checked.",
            _seconds(verified.succeeded if verified else None),
        )


def _of_repository(backups: tuple[Backup, ...]) -> Iterator[Metric]:
    good = [backup for backup in backups if not backup.damaged]
    fulls = [backup for backup in good if backup.kind is Kind.FULL]
    for name, text, among in (
        ("last_success_timestamp_seconds", "When the newest good backup ended.", good),
        ("last_full_success_timestamp_seconds", "The same of full ones.", fulls),
    ):
        ended = [backup.stopped.timestamp() for backup in among]
        yield _gauge(name, text, max(ended, default=0))
    yield _gauge("count", "Backups in the repository.", len(backups))
    yield _gauge("damaged", "Those with wrong page checksums.", len(backups) - len(good))
    size = sum(backup.repository_bytes for backup in backups)
    yield _gauge("repository_bytes", "What they take, without archived log.", size)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, value=float(value))


def _seconds(instant: str | None) -> float:
    return datetime.fromisoformat(instant).timestamp() if instant else 0.0
