"""The PostgreSQL server of a test run, its migrated template, and a clone for each worker.

TEST_DATABASE_URL   a running server to use: a login that may create databases and roles
TEST_POSTGRES       otherwise which programs to start: `embedded` (the default), or the folder
                    that holds `postgres` and `initdb`, such as /usr/lib/postgresql/15/bin
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from app.local.postgres import Cluster
from tests.support.migration import upgrade

SERVER_VARIABLE = "TEST_DATABASE_URL"
TEMPLATE_VARIABLE = "TEST_DATABASE_TEMPLATE"

# Speed instead of safety: a machine that loses power in a test run starts the run again.
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}


def programs() -> Path | None:
    """The folder with the programs of the PostgreSQL to start; None for the embedded one."""
    named = os.environ.get("TEST_POSTGRES", "embedded")
    return None if named == "embedded" else Path(named)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The URL of a server for this run: the one that is named, or a private one that ends here."""
    if url := os.environ.get(SERVER_VARIABLE):
        yield url
        return
    home = Path(tempfile.mkdtemp(prefix="table-order-test-"))
    try:
        with Cluster(home, binaries=programs(), options=QUICK, dies_with_us=True) as cluster:
            yield cluster.url("postgres")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def template(server_url: str) -> Iterator[str]:
    """The name of a database that was made by the migrations, from empty to the newest."""
    name = f"table_order_template_{os.getpid()}"
    with database(server_url, name) as url:
        upgrade(url)
        yield name


@contextlib.contextmanager
def database(server_url: str, name: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new database, a copy of `template`; dropped afterwards."""
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    try:
        yield with_database(server_url, name)
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def with_database(url: str, name: str) -> str:
    """The same server and login, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
