"""What a request costs, whatever else the machine does meanwhile: CPU time, and log written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil
import psycopg

from bench.servers import Server

KIBIBYTE = 1 << 10
LOG_WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"


@dataclass(slots=True)
class Meter:
    """The CPU seconds of a service and its database, and the bytes of log, within the block."""

    server: Server
    url: str
    service: float = field(init=False, default=0.0)
    database: float = field(init=False, default=0.0)
    log: int = field(init=False, default=0)

    def __enter__(self) -> Self:
        self._count(-1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._count(1)

    def each(self, count: int) -> dict[str, float]:
        """Of one among `count` requests: milliseconds of CPU, KiB of log."""
        return {
            "service_ms": self.service * 1000 / count,
            "database_ms": self.database * 1000 / count,
            "log_kib": self.log / KIBIBYTE / count,
        }

    def _count(self, sign: int) -> None:
        with _connected(self.url) as (connection, postmaster):
            row = connection.execute(LOG_WRITTEN).fetchone()
            self.log += sign * (row[0] if row else 0)
            self.database += sign * _seconds([postmaster, *postmaster.children()], postmaster)
        self.service += sign * _seconds(self.server.workers())


@contextmanager
def _connected(url: str) -> Iterator[tuple[psycopg.Connection[tuple[int]], psutil.Process]]:
    with psycopg.connect(url, autocommit=True) as connection:
        postmaster = psutil.Process(connection.info.backend_pid).parent()
        if postmaster is None:
            raise psycopg.OperationalError("the database runs on another machine")
        yield connection, postmaster


def _seconds(
    processes: list[psutil.Process], with_ended_children: psutil.Process | None = None
) -> float:
    """User and system time; of one of them that of its children that have ended, too."""
    total = 0.0
    for process in processes:
        times = process.cpu_times()
        total += times.user + times.system
        if process == with_ended_children:
            total += times.children_user + times.children_system
    return total
