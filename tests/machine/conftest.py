"""The same service as the tests of the API, but for limits: a machine is quicker than any phone."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.core.config import Settings
from app.main import create_app
from tests.support.server import live_server


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(
        Settings(
            database_url=SecretStr(database_url),
            data_dir=tmp_path_factory.mktemp("data"),
            rate_limit_per_minute=0,
            address_limit_per_minute=0,
        )
    )


@pytest.fixture(scope="session")
def base_url(app: FastAPI) -> Iterator[str]:
    with live_server(app) as url:
        yield url
