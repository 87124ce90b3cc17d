"""The embedded PostgreSQL: made once, kept, shared, and found again after a crash."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from app.local.postgres import Cluster
from app.local.processes import LocalError, wait_until
from tests.support.freezing import postmaster_of

HOLD = """
import sys, pathlib
from app.local.postgres import Cluster
with Cluster(pathlib.Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


def hold(home: Path) -> subprocess.Popen[bytes]:
    """Another process that uses the same folder until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.communicate(timeout=30)


def runs(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_keeps_its_data_and_stops(tmp_path: Path) -> None:
    with Cluster(tmp_path) as cluster, psycopg.connect(cluster.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        pid = postmaster_of(tmp_path)
    assert wait_until(lambda: not runs(pid), 5)
    with Cluster(tmp_path) as cluster, psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_is_closed_to_others(tmp_path: Path) -> None:
    with Cluster(tmp_path) as cluster:
        assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
        with psycopg.connect(cluster.url()) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = user")
            assert superuser.fetchone() == (False,)
        without_password = cluster.url().replace(
            cluster.url().split("@")[0], "postgresql://table_order"
        )
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(without_password)


def test_a_second_process_shares_it_and_the_last_one_stops_it(tmp_path: Path) -> None:
    other = hold(tmp_path)
    pid = postmaster_of(tmp_path)
    with Cluster(tmp_path) as cluster:
        assert postmaster_of(tmp_path) == pid
        end(other)
        psycopg.connect(cluster.url()).close()
    assert wait_until(lambda: not runs(pid), 5)


def test_who_only_came_along_says_nothing_when_it_goes(tmp_path: Path) -> None:
    """Each command of a terminal does so beside a server that runs."""
    lines: list[str] = []
    with Cluster(tmp_path), Cluster(tmp_path, say=lines.append):
        pass
    assert lines == []


def test_a_server_left_behind_is_taken_over(tmp_path: Path) -> None:
    other = hold(tmp_path)
    pid = postmaster_of(tmp_path)
    other.kill()
    end(other)
    with Cluster(tmp_path):
        assert postmaster_of(tmp_path) == pid
    assert wait_until(lambda: not runs(pid), 5)


def test_starts_again_after_kill_9_even_when_the_number_is_reused(tmp_path: Path) -> None:
    other = hold(tmp_path)
    os.kill(postmaster_of(tmp_path), signal.SIGKILL)
    other.kill()
    end(other)
    file = tmp_path / "cluster" / "postmaster.pid"
    _pid, *rest = file.read_text().split("\n")
    file.write_text("\n".join([str(os.getppid()), *rest]))
    with Cluster(tmp_path) as cluster:
        psycopg.connect(cluster.url()).close()


@pytest.mark.parametrize("name", ["a folder, with signs: +%&'é", "long" * 30])
def test_any_folder_will_do(tmp_path: Path, name: str) -> None:
    with Cluster(tmp_path / name) as cluster:
        psycopg.connect(cluster.url()).close()


def test_data_of_another_version_is_refused(tmp_path: Path) -> None:
    with Cluster(tmp_path):
        pass
    (tmp_path / "cluster" / "PG_VERSION").write_text("9\n")
    with pytest.raises(LocalError, match="was made by PostgreSQL 9"), Cluster(tmp_path):
        pass
