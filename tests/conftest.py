"""One server and one migrated template per run, one clone per worker, one new store per test."""

import contextlib
import os
from collections.abc import Iterator

import hypothesis
import psycopg
import pytest

from app.local.processes import LocalError
from tests.support import database as databases

_RUN = contextlib.ExitStack()

# No test fails because the machine is slow.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Start the server once, in the process that starts the workers; they inherit the variables."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    try:
        url = _RUN.enter_context(databases.server())
        template = _RUN.enter_context(databases.template(url))
    except (LocalError, psycopg.OperationalError) as error:
        _RUN.close()
        raise pytest.UsageError(str(error)) from error
    except BaseException:
        _RUN.close()
        raise
    os.environ[databases.SERVER_VARIABLE] = url
    os.environ[databases.TEMPLATE_VARIABLE] = template


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _RUN.close()


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that the service runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def server_url() -> str:
    """The run's PostgreSQL server; the login may create databases and roles."""
    return os.environ[databases.SERVER_VARIABLE]


@pytest.fixture(scope="session")
def database_url(server_url: str) -> Iterator[str]:
    """This worker's own database, migrated and without stores; the login owns it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"table_order_test_{os.getpid()}_{worker}"
    with databases.database(server_url, name, os.environ[databases.TEMPLATE_VARIABLE]) as url:
        yield url
