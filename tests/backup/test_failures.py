"""Backups that fail: loud, and nothing that is good goes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from app.backup.metrics import BackupMetrics
from app.backup.pgbackrest import PgBackRest
from app.backup.settings import BackupSettings
from app.backup.watch import Watch
from app.core import clock
from tests.backup.house import House, opened_house


def labels(house: House) -> set[str]:
    names = {path.name for path in (house.repository / "backup" / "table-order").iterdir()}
    return {name for name in names if name[0] == "2"}


@pytest.fixture(scope="module")
def sparing() -> Iterator[House]:
    """A house that keeps one day and one week."""
    keep = {
        "BACKUP_KEEP_DAILY": "1",
        "BACKUP_KEEP_WEEKLY": "1",
        "BACKUP_KEEP_MONTHLY": "0",
        "BACKUP_KEEP_HOURS": "0",
    }
    with opened_house(**keep) as house:
        yield house


def test_a_good_backup_makes_old_ones_go_and_failed_ones_do_not(sparing: House) -> None:
    house = sparing
    first = house.db("backup", "--type=full").strip()
    second = house.db("backup", "--type=full").strip()
    assert first not in labels(house)
    assert second in labels(house)
    kept = labels(house)

    unreadable = house.data / "base" / "1" / "PG_VERSION"
    unreadable.chmod(0)
    try:
        assert "Permission denied" in house.refused("backup", "--type=full")
    finally:
        unreadable.chmod(0o600)
    assert second in labels(house)

    third = house.db("backup", "--type=full").strip()
    assert third in labels(house)
    assert not (kept - {second}) & labels(house)
    house.db("verify")


def test_a_damaged_database_makes_nothing_go(sparing: House) -> None:
    house = sparing
    with psycopg.connect(house.url("postgres"), autocommit=True) as admin:
        # Frozen and written out: nothing will write the page again over its damage.
        admin.execute("CREATE TABLE victim AS SELECT generate_series(1, 5000) AS n")
        admin.execute("VACUUM (FREEZE) victim")
        admin.execute("CHECKPOINT")
        row = admin.execute("SELECT pg_relation_filepath('victim')").fetchone()
    assert row is not None
    file = house.data / row[0]
    good = file.read_bytes()
    house.db("backup", "--type=full")
    before = labels(house)
    file.write_bytes(good[:4000] + b"\xff" * 64 + good[4064:])

    said = house.refused("backup", "--type=full")

    assert "wrong checksums. Nothing was removed" in said
    assert before <= labels(house)
    assert "DAMAGED" in house.db("list")
    file.write_bytes(good)
    house.db("backup", "--type=full")
    assert "DAMAGED" not in house.db("list")


@pytest.fixture
def watched(sparing: House, monkeypatch: pytest.MonkeyPatch) -> PgBackRest:
    for name, value in sparing.variables().items():
        if name.startswith("BACKUP_"):
            monkeypatch.setenv(name, value)
    return PgBackRest(BackupSettings())


def told(metrics: BackupMetrics) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(metrics)
    lines: Any = generate_latest(registry).decode().splitlines()
    pairs = (line.split() for line in lines if not line.startswith("#"))
    return {name.removeprefix("table_order_backup_"): float(value) for name, value in pairs}


def test_the_watch_makes_what_is_due_and_tells_when_it_fails(watched: PgBackRest) -> None:
    repository: Path = watched.settings.repository
    metrics = BackupMetrics(watched)
    watch = Watch(watched, metrics)

    watch.look()
    good = told(metrics)

    assert good["repository_up"] == 1
    assert good["last_success_timestamp_seconds"] > 0
    assert good["verify_last_success_timestamp_seconds"] > 0
    assert good["last_attempt_failed"] == 0
    count = good["count"]
    watch.look()
    assert told(metrics)["count"] == count  # made once

    away = repository.with_name("away")
    repository.rename(away)
    Watch(watched, metrics).look()
    bad = told(metrics)
    away.rename(repository)

    assert (bad["repository_up"], bad["last_attempt_failed"]) == (0, 1)
    assert "count" not in bad
    Watch(watched, metrics).look()
    back = told(metrics)
    assert (back["repository_up"], back["count"]) == (1, count)


def test_a_verification_that_found_no_store_is_not_left_at_that_for_a_week(
    watched: PgBackRest,
) -> None:
    """As on the day when the server is made: it has shown little."""
    metrics = BackupMetrics(watched)
    Watch(watched, metrics).look()
    tomorrow = clock.now() + timedelta(hours=25)
    with clock.held_at(tomorrow):
        Watch(watched, metrics).look()  # as after a restart
    assert told(metrics)["verify_last_success_timestamp_seconds"] == tomorrow.timestamp()
