"""The database over the network: TLS with a checked certificate, SCRAM, and named roles only.

On a PostgreSQL of the system's (TEST_TLS_POSTGRES, by default /usr/lib/postgresql/15/bin), since the
embedded one is built without TLS; with the role script and the pg_hba.conf that are shipped.
"""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import errors
from pydantic import SecretStr

from app.core.config import Settings
from app.local.processes import Account, start, stop, wait_until
from app.main import create_app
from tests.support import migration
from tests.support.server import live_server

DEPLOY = migration.ROOT / "deploy" / "postgres"
PROGRAMS = Path(os.environ.get("TEST_TLS_POSTGRES", "/usr/lib/postgresql/15/bin"))
SCRIPTS = ("10-roles.sh", "20-replication.sh", "40-pooler.sh")
PASSWORDS = {
    "DB_OWNER_PASSWORD": "of-the-owner",
    "DB_APP_PASSWORD": "of-the-api",
    "DB_MONITOR_PASSWORD": "of-the-monitoring",
    "DB_REPLICATION_PASSWORD": "of-the-standby",
    "DB_POOLER_PASSWORD": "of-the-pooler",
}

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Server:
    """A server with TLS: its folder, its port, and the certificate of the authority behind it."""

    home: Path
    port: int

    @property
    def authority(self) -> str:
        return str(self.home / "ca.crt")

    def log(self, rules: str) -> Path:
        """What it said while it ran with that file of rules."""
        return self.home / f"{rules}.log"

    def url(self, login: str, password: str, **options: str) -> str:
        words = {"sslmode": "verify-full", "sslrootcert": self.authority, **options}
        query = "&".join(f"{name}={value}" for name, value in words.items())
        return f"postgresql://{login}:{password}@localhost:{self.port}/table_order?{query}"


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_authority(folder: Path, name: str) -> None:
    openssl(
        folder,
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"),
        *("-keyout", f"{name}.key", "-out", f"{name}.crt"),
    )


def make_certificates(folder: Path) -> None:
    """An authority, the server's certificate for `localhost`, and an authority of somebody else."""
    make_authority(folder, "ca")
    make_authority(folder, "stranger")
    openssl(
        folder,
        *("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
        *("-keyout", "server.key", "-out", "server.csr"),
    )
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl(
        folder,
        *("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key"),
        *("-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.crt"),
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("tls")
    make_certificates(home)
    for name in ("pg_hba.conf", *SCRIPTS):
        shutil.copy(DEPLOY / name, home)
    # Until the roles are there: the administrator by the socket, which is in a private folder.
    (home / "first.conf").write_text("local all all trust\n")
    account = Account.for_files(home)
    if account is not None:
        for path in (home, *home.iterdir()):
            account.own(path)
    (home / "server.key").chmod(0o600)
    run(
        home,
        account,
        PROGRAMS / "initdb",
        "-D",
        "data",
        "-U",
        "postgres",
        "--no-sync",
        "-E",
        "UTF8",
    )
    one = Server(home, free_port())
    with running(one, account, "first.conf"):
        (home / "service.conf").write_text(f"[roles]\nhost={home}\nport={one.port}\n")
        for name, password in PASSWORDS.items():
            (home / name).write_text(password)
        environment = {
            **{f"{name}_FILE": str(home / name) for name in PASSWORDS},
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "POSTGRES_USER": "postgres",
            "PGSERVICEFILE": str(home / "service.conf"),
            "PGSERVICE": "roles",
            "PGDATA": str(home / "data"),
            # All that is said to the server is logged, where a script does not forbid it.
            "PGOPTIONS": "-c log_min_duration_statement=0",
        }
        for script in SCRIPTS:
            ran = partial(subprocess.run, ["bash", home / script], env=environment)
            ran(check=True, capture_output=True)
            # Once more: the statements that make the roles fail.
            ran(check=False, capture_output=True)
    with running(one, account, "pg_hba.conf"):
        migration.upgrade(one.url("table_order_owner", PASSWORDS["DB_OWNER_PASSWORD"]))
        yield one


def run(home: Path, account: Account | None, *words: str | Path) -> None:
    process = start(
        ["env", "-C", home, *words],
        account=account,
        reaches=[PROGRAMS / "postgres", home],
        dies_with_us=signal.SIGTERM,
    )
    assert process.wait(120) == 0


class running:  # noqa: N801 - read as a word of the sentence
    """The server with one of the two files of rules, while the block runs."""

    def __init__(self, server: Server, account: Account | None, rules: str) -> None:
        settings = {
            "port": str(server.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(server.home),
            "hba_file": str(server.home / rules),
            "ssl": "on",
            "ssl_cert_file": str(server.home / "server.crt"),
            "ssl_key_file": str(server.home / "server.key"),
            "fsync": "off",
        }
        self._server = server
        self._rules = rules
        self._account = account
        self._words = [word for item in settings.items() for word in ("-c", "=".join(item))]

    def __enter__(self) -> None:
        home = self._server.home
        with self._server.log(self._rules).open("wb") as log:
            self._process = start(
                [PROGRAMS / "postgres", "-D", home / "data", *self._words],
                account=self._account,
                reaches=[PROGRAMS / "postgres", home],
                output=log,
                dies_with_us=signal.SIGQUIT,
            )
        assert wait_until(self._answers, 60), self._server.log(self._rules).read_text()

    def __exit__(self, *_error: object) -> None:
        pid = self._process.pid
        stop(pid, (signal.SIGINT, 20.0), gone=lambda: self._process.poll() is not None)

    def _answers(self) -> bool:
        program, port = str(PROGRAMS / "pg_isready"), str(self._server.port)
        words = [program, "-q", "-h", str(self._server.home), "-p", port]
        return subprocess.run(words, check=False).returncode == 0


def refusal(url: str) -> str:
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(url, connect_timeout=10)
    return str(refused.value)


APP = ("table_order_app", PASSWORDS["DB_APP_PASSWORD"])


def test_without_tls_nobody_gets_in(server: Server) -> None:
    for login, password in (APP, ("table_order_owner", PASSWORDS["DB_OWNER_PASSWORD"])):
        assert "no encryption" in refusal(server.url(login, password, sslmode="disable")) or (
            "rejects" in refusal(server.url(login, password, sslmode="disable"))
        )


def test_a_server_that_is_not_ours_gets_no_password(server: Server) -> None:
    stranger = str(server.home / "stranger.crt")
    assert "certificate verify failed" in refusal(server.url(*APP, sslrootcert=stranger))
    assert "does not match host name" in refusal(
        server.url(*APP).replace("@localhost:", "@127.0.0.1:")
    )


def test_only_named_roles_come_in_and_only_with_their_password(server: Server) -> None:
    assert "password authentication failed" in refusal(server.url(APP[0], "wrong"))
    for login in ("postgres", "table_order_readonly", "somebody"):
        refusal(server.url(login, "any"))
    with psycopg.connect(server.url(*APP)) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (APP[0],)
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE own (id int)")


def test_the_rules_are_read_without_an_error(server: Server) -> None:
    """By the monitoring's login, which may see what is going on and no store's rows."""
    url = server.url("table_order_monitor", PASSWORDS["DB_MONITOR_PASSWORD"])
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT pg_has_role('pg_monitor', 'member'), count(*) FROM pg_stat_activity"
            " WHERE query IS NOT NULL"
        ).fetchone()
        assert row is not None
        assert row[0]
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM orders")
    assert "pg_hba.conf" not in server.log("pg_hba.conf").read_text().split("ready to accept")[0]


def test_no_password_stands_in_the_servers_log(server: Server) -> None:
    log = server.log("first.conf").read_text()
    assert 'role "table_order_owner" already exists' in log
    for name, password in PASSWORDS.items():
        assert password not in log, name


def test_a_standbys_login_may_replicate_and_nothing_else(server: Server) -> None:
    password = PASSWORDS["DB_REPLICATION_PASSWORD"]
    url = server.url("table_order_replication", password)
    refusal(url)
    with psycopg.connect(f"{url}&replication=true", autocommit=True) as connection:
        identity = psycopg.ClientCursor(connection).execute("IDENTIFY_SYSTEM").fetchone()
    assert identity is not None


def test_the_whole_service_speaks_tls_in_production(server: Server, tmp_path: Path) -> None:
    plain: dict[str, Any] = {"environment": "production", "jwt_keys": "k1:" + "s" * 40}
    settings = Settings(
        _env_file=None,
        **plain,
        allowed_hosts=["127.0.0.1"],
        database_url=SecretStr(server.url(*APP).partition("?")[0]),
        database_app_role="",
        database_sslmode="verify-full",
        database_sslrootcert=server.authority,
        data_dir=tmp_path,
    )
    with live_server(create_app(settings)) as address:
        assert httpx.get(f"{address}/health/ready", trust_env=False).status_code == 200
        found = encryption(server)
    assert found
    assert set(found) == {True}


def encryption(server: Server) -> list[bool]:
    """Whether each connection of the service is encrypted."""
    url = server.url("table_order_monitor", PASSWORDS["DB_MONITOR_PASSWORD"])
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)"
            " WHERE a.application_name = 'table-order-api'"
        )
        return [row[0] for row in rows.fetchall()]
