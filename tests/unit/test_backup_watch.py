"""The watch over backups goes on, whatever happens in one of its looks."""

import errno
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.backup.metrics import BackupMetrics
from app.backup.pgbackrest import BackupError, PgBackRest
from app.backup.runs import BackupRuns
from app.backup.settings import BackupSettings
from app.backup.state import State
from app.backup.watch import RETRY, Watch
from app.core import clock


def away(*_: Any) -> bool:
    raise BackupError("the repository is away")


def full(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = BackupSettings(_env_file=None, home=tmp_path, data_directory=tmp_path)
    program = PgBackRest(settings)
    watch = Watch(program, BackupMetrics(program))
    monkeypatch.setattr(BackupRuns, "known", away)
    for module in ("watch", "metrics"):
        monkeypatch.setattr(f"app.backup.{module}.read_catalogue", away)

    with monkeypatch.context() as context:
        context.setattr(PgBackRest, "write", full)
        watch.look()
    assert State(program).last("backup") is None
    with clock.held_at(clock.now() + RETRY + timedelta(seconds=1)):
        watch.look()

    noted = State(program).last("backup")
    assert noted is not None
    assert noted.error == "the repository is away"
