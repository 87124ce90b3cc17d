"""Which `Host` is answered, and which `Origin` let in, however they are written."""

from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.main import create_app
from tests.support.server import live_server


@pytest.fixture(scope="module")
def named(database_url: str) -> Iterator[str]:
    """A service with a name, an address and pages elsewhere; its URL."""
    settings = Settings(
        database_url=SecretStr(database_url),
        allowed_hosts=["API.example", "[::1]"],
        cors_origins=["https://Order.example"],
    )
    with live_server(create_app(settings)) as url:
        yield url


def ask(url: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{url}/health/live", headers=headers, trust_env=False)


@pytest.mark.parametrize(
    "host",
    ["api.example", "api.example:8000", "API.Example", "Api.Example:443", "[::1]", "[::1]:8000"],
)
def test_its_own_names_are_answered(named: str, host: str) -> None:
    assert ask(named, Host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "other.example",
        "api.example.other",
        "api.example:8000:8000",
        "api.example:other",
        "[::2]",
        "[::1",
        "::1",
        "[::1]other",
        "api.example@other.example",
        ":8000",
    ],
)
def test_others_are_refused(named: str, host: str) -> None:
    refused = ask(named, Host=host)

    assert (refused.status_code, refused.json()["code"]) == (400, "bad-request")


def test_an_origin_is_let_in_as_browsers_write_it(named: str) -> None:
    origin = "https://order.example"
    answer = ask(named, Host="api.example", Origin=origin)

    assert answer.headers["Access-Control-Allow-Origin"] == origin
