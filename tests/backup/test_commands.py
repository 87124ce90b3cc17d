"""`db backup`, `list`, `check`, `verify`: what they do, and what they say when they can't."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from app.core import clock
from tests.backup.house import PASS, House

OTHER_PASS = "another-pass-phrase-0123456789-0123456789"


def labels(house: House) -> list[str]:
    """What the repository holds, read without its program."""
    return sorted(path.name for path in (house.repository / "backup" / "table-order").iterdir())


def test_the_list_says_what_there_is(house: House) -> None:
    made = house.db("backup", "--type=incr").strip()

    told = json.loads(house.db("list", "--json"))

    first, *_, last = told["backups"]
    assert (first["type"], last["type"], last["label"]) == ("full", "incr", made)
    assert first["label"] in last["needs"]
    assert last["database_bytes"] > last["repository_bytes"] > 0
    assert first["wal"]["start"] <= first["wal"]["stop"] < last["wal"]["start"]
    assert told["wal"]["oldest"] <= first["wal"]["start"]
    assert "newest" in last["kept_as"]
    assert made in house.db("list")


def test_check_sends_the_log(house: House) -> None:
    before = json.loads(house.db("list", "--json"))["wal"]["newest"]
    house.db("check")
    assert json.loads(house.db("list", "--json"))["wal"]["newest"] > before


def test_verify_brings_everything_back(house: House) -> None:
    with psycopg.connect(house.url("postgres")) as admin:
        admin.execute(
            "INSERT INTO stores (store_id, code, name, timezone, currency, default_language,"
            " languages, business_day_start, ordering_paused, settlement_required, created_at,"
            " updated_at, version) VALUES (gen_random_uuid(), 'late', 'late', 'Asia/Seoul', 'KRW',"
            " 'ko', '{ko}', '05:00', false, false, now(), now(), 1)"
        )
    done = house.cli("db", "verify")
    assert done.returncode == 0, done.stderr
    assert "stores: 1" in done.stdout  # stored after the backup: it came from the archived log
    assert "warning" not in done.stderr
    assert not (house.folder / "home" / "scratch").exists()


def test_verify_leaves_the_running_servers_spool_alone(house: House) -> None:
    spool = house.folder / "home" / "spool" / "archive" / "table-order"
    house.db("check")
    mark = spool / "mark"  # not in a folder that sending tidies
    mark.touch()
    house.db("verify")
    assert mark.exists()
    mark.unlink()


def test_verify_needs_none_of_the_servers_own_configuration(house: House) -> None:
    """Debian's lies outside of the data, and does not come back with them."""
    away = [(house.data / name, house.folder / name) for name in ("postgresql.conf", "pg_hba.conf")]
    for file, elsewhere in away:
        file.rename(elsewhere)
    try:
        house.db("backup", "--type=full")
        house.db("verify")
    finally:
        for file, elsewhere in away:
            elsewhere.rename(file)


def test_verify_finds_a_rule_that_is_broken(house: House) -> None:
    with psycopg.connect(house.url("postgres"), autocommit=True) as admin:
        admin.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        admin.execute(
            "INSERT INTO events (store_id, seq, type, occurred_at, actor, data)"
            " VALUES (gen_random_uuid(), 7, 'store.updated', now(), '{}', '{}')"
        )
        try:
            assert "an event newer than its store's counter" in house.refused("verify")
        finally:
            admin.execute("DELETE FROM events")
            admin.execute("ALTER TABLE events ENABLE TRIGGER ALL")
    house.db("verify")


AWAY = ({"BACKUP_REPOSITORY": "/nowhere/at/all"}, "is its disk mounted")
WRONG_PASS = ({"BACKUP_CIPHER_PASS": OTHER_PASS}, "BACKUP_CIPHER_PASS")


@pytest.mark.parametrize(
    ("command", "settings", "said"),
    [
        ("list", *WRONG_PASS),
        ("list", *AWAY),
        ("verify", *WRONG_PASS),
        ("restore", *WRONG_PASS),
        ("backup", *WRONG_PASS),
        ("backup", *AWAY),
        ("backup", {"BACKUP_STANZA": "unknown"}, "db backup-setup --stanza"),
        ("backup", {"PATH": "/nowhere"}, "pgBackRest is not installed"),
        ("backup", {"BACKUP_DATA_DIRECTORY": ""}, "BACKUP_DATA_DIRECTORY"),
        ("backup", {"BACKUP_SOCKET_DIRECTORY": "/nowhere"}, "Is the server up?"),
        ("check", {"BACKUP_STANZA": "unknown"}, "db backup-setup --stanza"),
    ],
)
def test_what_stands_in_the_way_is_said_in_one_line(
    house: House, command: str, settings: dict[str, str], said: str
) -> None:
    before = labels(house)
    # A home of its own: the server's archive_command goes on with the good configuration.
    home, words = house.folder / "other-home", [command]
    if command == "restore":
        words += ["--target", str(house.folder / "nothing")]
    assert said in house.refused(*words, **settings, BACKUP_HOME=str(home))
    assert labels(house) == before


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (clock.now() + timedelta(days=1), "is yet to come"),
        (clock.now() - timedelta(days=9), "can be restored from"),
    ],
)
def test_an_instant_without_a_backup_is_refused(house: House, at: datetime, said: str) -> None:
    target = house.folder / "never"
    assert said in house.refused(
        "restore", "--at", at.isoformat(), "--target", str(target), "--yes"
    )
    assert not target.exists()


def test_an_instant_needs_its_zone(house: House) -> None:
    done = house.cli("db", "restore", "--at", "2026-11-29 10:00:00", "--yes")
    assert done.returncode == 2
    assert "with its zone" in done.stderr


def test_no_secret_is_readable_or_printed(house: House) -> None:
    file = house.folder / "home" / "pgbackrest.conf"
    assert PASS in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    shown = house.cli("db", "list")
    assert PASS not in shown.stdout + shown.stderr
    for path in house.repository.rglob("*"):
        if path.is_file():
            assert b"PGDMP" not in path.read_bytes()
            assert b"table_order" not in path.read_bytes(), path  # encrypted


def test_secrets_come_from_files_and_are_required(house: House, tmp_path: Path) -> None:
    file = tmp_path / "pass"
    file.write_text(PASS + "\n")
    house.db("list", BACKUP_CIPHER_PASS="", BACKUP_CIPHER_PASS_FILE=str(file))
    done = house.cli("db", "list", BACKUP_CIPHER_PASS="", ENVIRONMENT="staging")
    assert done.returncode == 2
    assert "BACKUP_CIPHER_PASS must be set in staging" in done.stderr
