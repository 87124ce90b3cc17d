"""The service over TCP against a real database, and a new store for each test."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.core.config import Settings
from app.main import create_app
from tests.support.declared import Watch
from tests.support.server import live_server
from tests.support.shops import Shop, open_shop


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    data_dir = tmp_path_factory.mktemp("data")
    return create_app(Settings(database_url=SecretStr(database_url), data_dir=data_dir))


@pytest.fixture(scope="session")
def base_url(app: FastAPI) -> Iterator[str]:
    app.state.watch = Watch(app)
    with live_server(app.state.watch) as url:
        yield url


@pytest.fixture(autouse=True)
def _answers_are_declared(app: FastAPI, base_url: str) -> Iterator[None]:
    """Whatever a test is about: the OpenAPI document names each code that an operation answers."""
    undeclared = app.state.watch.undeclared
    undeclared.clear()
    yield
    assert undeclared == set()


@pytest.fixture
def shop(app: FastAPI, base_url: str, database_url: str) -> Iterator[Shop]:
    opened = open_shop(base_url, app.state.runtime, database_url)
    yield opened
    opened.close()


@pytest.fixture
def other_shop(app: FastAPI, base_url: str, database_url: str) -> Iterator[Shop]:
    opened = open_shop(base_url, app.state.runtime, database_url)
    yield opened
    opened.close()
