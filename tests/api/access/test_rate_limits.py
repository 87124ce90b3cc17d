"""The general limit over HTTP: per credential, per address only for who has none."""

from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.main import create_app
from tests.support.floor import Floor
from tests.support.server import live_server
from tests.support.shops import Shop, open_shop

LIMIT = 20


@pytest.fixture(scope="module")
def small(database_url: str) -> Iterator[Shop]:
    """A shop of a service with small limits."""
    settings = Settings(
        database_url=SecretStr(database_url),
        trusted_proxies="127.0.0.1",  # type: ignore[arg-type]
        rate_limit_per_minute=LIMIT,
        address_limit_per_minute=LIMIT,
    )
    app = create_app(settings)
    with live_server(app) as url:
        opened = open_shop(url, app.state.runtime, database_url)
        yield opened
        opened.close()


def from_address(shop: Shop, address: str) -> httpx.Client:
    headers = {"X-Forwarded-For": address}
    return httpx.Client(base_url=f"{shop.url}/api/v1", headers=headers, trust_env=False)


def test_answers_say_what_is_left_and_a_runaway_client_is_stopped(small: Shop) -> None:
    answers = [small.kitchen.get("/store") for _ in range(LIMIT + 1)]
    first, last = answers[0], answers[-1]

    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert first.headers["RateLimit-Policy"] == f'"credential";q={LIMIT};w=60'
    assert first.headers["RateLimit"] == f'"credential";r={LIMIT - 1};t=3'
    assert (last.status_code, last.json()["code"]) == (429, "rate-limited")
    assert 1 <= int(last.headers["Retry-After"]) <= 3
    assert last.json()["retry_after"] == int(last.headers["Retry-After"])
    assert last.headers["RateLimit"].startswith('"credential";r=0;t=')
    assert last.headers["Content-Language"] == "ko"


def test_the_menu_counts_too_whoever_answers_it_and_each_request_once(small: Shop) -> None:
    tablet = Floor(small).tablet(1)
    answers = [tablet.get("/menu") for _ in range(LIMIT + 1)]

    left = [answer.headers["RateLimit"].split(";")[1] for answer in answers]
    assert left == [f"r={max(0, LIMIT - 1 - turn)}" for turn in range(LIMIT + 1)]
    assert [answer.status_code for answer in answers] == [200] * LIMIT + [429]


def test_tablets_behind_one_address_do_not_share_a_limit(small: Shop) -> None:
    floor = Floor(small)

    answers = [floor.tablet(number).get("/store") for number in range(100, 103) for _ in range(15)]

    assert {answer.status_code for answer in answers} == {200}


def test_without_a_good_credential_the_address_counts(small: Shop) -> None:
    with from_address(small, "198.51.100.1") as stranger, from_address(small, "198.51.100.2") as o:
        bad = {"Authorization": "Bearer tok_000000000000_nonsense"}
        answers = [stranger.get("/store", headers=bad) for _ in range(LIMIT + 1)]
        refresh = stranger.post("/auth/refresh", json={"refresh_token": "x"})

        assert [answer.status_code for answer in answers] == [401] * LIMIT + [429]
        assert answers[0].headers["RateLimit-Policy"] == f'"address";q={LIMIT};w=60'
        assert refresh.status_code == 429
        assert o.get("/store", headers=bad).status_code == 401


def test_a_good_credential_works_from_an_address_that_is_spent(small: Shop) -> None:
    with from_address(small, "198.51.100.3") as stranger:
        for _ in range(LIMIT + 1):
            stranger.get("/store")
        good = {"Authorization": small.staff.headers["Authorization"]}

        assert stranger.get("/store").status_code == 429
        assert stranger.get("/store", headers=good).status_code == 200


def test_health_is_never_limited(small: Shop) -> None:
    with from_address(small, "198.51.100.4") as stranger:
        answers = [stranger.get("/health/live") for _ in range(LIMIT + 5)]

    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers


def test_the_limit_is_that_of_all_workers_of_all_copies(database_url: str) -> None:
    settings = Settings(
        database_url=SecretStr(database_url),
        address_limit_per_minute=LIMIT,
        workers=5,
        replicas=2,
    )
    with live_server(create_app(settings)) as url:
        answer = httpx.get(f"{url}/api/v1/store", trust_env=False)

    assert answer.headers["RateLimit-Policy"] == f'"address";q={LIMIT // 10};w=60'
