"""A restore into a cluster's member is finished before anybody starts it, and its log is whole."""

import socket
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from app.backup.configuration import configuration
from app.backup.settings import BackupSettings
from tests.backup.house import PASS, House


def note(house: House, text: str) -> None:
    with psycopg.connect(house.url("postgres")) as admin:
        admin.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
        admin.execute("INSERT INTO notes VALUES (%s)", [text])


def instant(house: House) -> str:
    with psycopg.connect(house.url("postgres")) as admin:
        row = admin.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        return str(row[0].isoformat())


def test_a_restored_member_has_recovered_and_archived_its_new_timeline(house: House) -> None:
    note(house, "kept")
    at = instant(house)
    note(house, "undone")
    house.db("check")
    house.stop()

    # A home of its own: this server's archive_command goes on with the other one.
    member = {
        "BACKUP_HOSTS": "db-1,db-2",
        "BACKUP_TLS_DIRECTORY": "/nowhere",
        "BACKUP_HOME": str(house.folder / "member"),
    }
    house.db("restore", "--at", at, "--yes", **member)

    # Patroni would take a server with either for a standby, and look for its log there.
    assert not (house.data / "recovery.signal").exists()
    settings = (house.data / "postgresql.auto.conf").read_text()
    assert "restore_command" not in settings
    assert "recovery_target" not in settings
    [history] = (house.repository / "archive" / "table-order").glob("*/00000002.history*")
    assert history.stat().st_size > 0

    house.start()
    with psycopg.connect(house.url("postgres")) as admin:
        assert admin.execute("SELECT text FROM notes").fetchall() == [("kept",)]
    # From the backup before it, through the new timeline, to now: nothing of the log is missing.
    note(house, "later")
    house.db("verify")


def test_a_member_is_not_restored_while_another_one_runs(house: House) -> None:
    house.stop()
    with socket.create_server(("127.0.0.1", 0)) as other:
        said = house.refused(
            *("restore", "--yes"),
            BACKUP_HOSTS="no-such-member,127.0.0.1",
            BACKUP_TLS_DIRECTORY="/nowhere",
            BACKUP_PORT=str(other.getsockname()[1]),
            BACKUP_HOME=str(house.folder / "member"),
        )
    assert "127.0.0.1 answers: stop every member" in said
    house.start()


def test_a_log_that_ends_too_early_is_said(house: House) -> None:
    house.db("backup", "--type=incr")
    note(house, "never archived")
    at = instant(house)
    with psycopg.connect(house.url("postgres"), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET archive_command = 'false'")
        admin.execute("SELECT pg_reload_conf()")
    house.stop()
    said = house.refused(
        "restore",
        *("--at", at, "--yes"),
        BACKUP_HOSTS="db-1",
        BACKUP_TLS_DIRECTORY="/nowhere",
        BACKUP_HOME=str(house.folder / "member"),
    )
    assert "later than this instant: choose an earlier one" in said
    assert "recovery ended before configured recovery target was reached" in said
    assert "not accepting connections" not in said


@pytest.mark.parametrize("hosts", ["db-1, db-2,db-3", ""])
def test_members_are_reached_over_tls_and_nobody_where_there_are_none(hosts: str) -> None:
    settings = BackupSettings(
        _env_file=None, cipher_pass=SecretStr(PASS), hosts=hosts, tls_directory=Path("/tls")
    )
    text = configuration(settings, Path("/data"), Path("/home"), settings.members)
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    members = {name: value for name, value in lines.items() if name.endswith("-host")}
    if not hosts:
        assert members == {}
        return
    assert members == {"pg1-host": "db-1", "pg2-host": "db-2", "pg3-host": "db-3"}
    assert {lines[f"{name}-type"] for name in members} == {"tls"}
    assert {lines[f"{name}-key-file"] for name in members} == {"/tls/key.pem"}
    assert {lines[f"pg{number}-path"] for number in (1, 2, 3)} == {"/data"}
