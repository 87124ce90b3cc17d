"""Guessing slows down; a full house that signs in at once does not."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from app.cli.store import open_store
from app.core.config import Settings
from app.main import create_app
from app.schemas.store import StoreInput
from app.services.store.opening import OpenedStore
from tests.support.floor import Floor
from tests.support.server import live_server
from tests.support.shops import Shop

BURST = 5
HOUSE = 60


@pytest.fixture(scope="module")
def proxied_url(database_url: str) -> Iterator[str]:
    """A service that believes its neighbour's `X-Forwarded-For`: tests come from anywhere."""
    settings = Settings(
        database_url=SecretStr(database_url),
        trusted_proxies="127.0.0.1",  # type: ignore[arg-type]
    )
    with live_server(create_app(settings)) as url:
        yield f"{url}/api/v1"


@pytest.fixture
def store(database_url: str) -> OpenedStore:
    wanted = StoreInput(
        code=f"throttled-{uuid4().hex[:12]}",
        name="한옥식당",
        timezone="Asia/Seoul",
        currency="KRW",
        default_language="ko",
        languages=["ko"],
        owner="owner",
    )
    return open_store(Settings(database_url=SecretStr(database_url)), wanted)


@pytest.fixture
def client(proxied_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=proxied_url, trust_env=False, timeout=30) as opened:
        yield opened


def new_address() -> str:
    """One of the 16 million of 10/8: tests share a database."""
    return ".".join(["10", *(str(byte) for byte in os.urandom(3))])


def sign_in(
    client: httpx.Client,
    store: OpenedStore,
    address: str,
    *,
    password: str | None = None,
    username: str | None = None,
    device_id: str | None = None,
) -> httpx.Response:
    body = {
        "store_code": store.code,
        "username": username or store.owner,
        "password": password or store.owner_password,
        "device_id": device_id,
    }
    return client.post("/auth/login", json=body, headers={"X-Forwarded-For": address})


def patiently(send: Callable[[], httpx.Response]) -> int:
    """The status in the end: a slow machine may say 503 "busy" for want of connections."""
    for _ in range(10):
        answer = send()
        if answer.status_code != 503:
            break
        time.sleep(float(answer.headers["Retry-After"]))
    return answer.status_code


def an_hour_passes(database_url: str) -> None:
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE throttles SET tat = tat - interval '1 hour'")


def seconds_pass(database_url: str, seconds: float) -> None:
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE throttles SET tat = tat - make_interval(secs => %s)", (seconds,))


def test_a_guesser_waits_longer_with_each_failure(
    client: httpx.Client, store: OpenedStore, database_url: str
) -> None:
    address = new_address()
    guesses = [sign_in(client, store, address, password="wrong") for _ in range(BURST)]
    waits = []
    for _ in range(5):
        refused = sign_in(client, store, address, password="wrong")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate-limited")
        waits.append(int(refused.headers["Retry-After"]))
        seconds_pass(database_url, waits[-1])
        assert sign_in(client, store, address, password="wrong").status_code == 401

    assert {guess.status_code for guess in guesses} == {401}
    # 2, 4, 8, 16, 32; the time that the test takes counts too, so a wait may be shorter.
    assert all(later > sooner for sooner, later in pairwise(waits))
    assert 24 <= waits[-1] <= 32


def test_the_right_password_is_not_even_looked_at_while_a_guesser_must_wait(
    client: httpx.Client, store: OpenedStore, database_url: str
) -> None:
    address = new_address()
    for _ in range(BURST):
        sign_in(client, store, address, password="wrong")

    assert sign_in(client, store, address).status_code == 429
    an_hour_passes(database_url)
    assert sign_in(client, store, address).status_code == 200


def test_an_account_that_signed_in_from_an_address_is_not_hurt_by_failures_elsewhere(
    client: httpx.Client, store: OpenedStore
) -> None:
    at_work = new_address()
    assert sign_in(client, store, at_work).status_code == 200
    for _ in range(BURST):
        assert sign_in(client, store, new_address(), password="wrong").status_code == 401

    assert sign_in(client, store, new_address()).status_code == 429
    assert [sign_in(client, store, at_work).status_code for _ in range(3)] == [200] * 3


def test_a_device_that_signed_in_before_is_not_hurt_by_a_guesser_beside_it(
    client: httpx.Client, store: OpenedStore
) -> None:
    """The guesser is a guest in the store's own network: the address alone can't tell them apart."""
    address, device = new_address(), uuid4().hex
    assert sign_in(client, store, address, device_id=device).status_code == 200
    guesses = [sign_in(client, store, address, password="wrong") for _ in range(BURST + 1)]
    assert guesses[-1].status_code == 429

    assert sign_in(client, store, address, device_id=uuid4().hex).status_code == 429
    assert sign_in(client, store, address, device_id=device).status_code == 200
    assert sign_in(client, store, new_address(), device_id=device).status_code == 200
    own = [sign_in(client, store, address, password="wrong", device_id=device) for _ in range(6)]
    assert [guess.status_code for guess in own] == [401] * BURST + [429]


@pytest.mark.parametrize(
    "device", ["short", "x" * 129, "with a space in it", "한국어한국어한국어한국어"]
)
def test_a_device_id_is_long_and_plain(
    client: httpx.Client, store: OpenedStore, device: str
) -> None:
    assert sign_in(client, store, new_address(), device_id=device).status_code == 422


def test_a_known_address_does_not_help_a_guesser(client: httpx.Client, store: OpenedStore) -> None:
    address = new_address()
    sign_in(client, store, address)

    guesses = [sign_in(client, store, address, password="wrong") for _ in range(BURST + 2)]

    assert [guess.status_code for guess in guesses] == [401] * BURST + [429] * 2


def test_unknown_accounts_and_stores_are_slowed_like_known_ones(
    client: httpx.Client, store: OpenedStore
) -> None:
    address = new_address()

    guesses = [sign_in(client, store, address, username="nobody") for _ in range(BURST + 1)]

    assert [guess.status_code for guess in guesses] == [401] * BURST + [429]


def test_an_address_that_tries_many_accounts_is_slowed_as_one(
    client: httpx.Client, store: OpenedStore, database_url: str
) -> None:
    address = new_address()
    with ThreadPoolExecutor(8) as pool:
        guesses = list(
            pool.map(lambda turn: sign_in(client, store, address, username=f"u{turn}"), range(130))
        )

    # It drips one attempt a second meanwhile.
    refused = sum(guess.status_code == 429 for guess in guesses)
    assert 10 <= refused <= 30
    assert sign_in(client, store, new_address()).status_code == 200


def test_of_parallel_guesses_no_more_than_the_burst_is_looked_at(
    proxied_url: str, store: OpenedStore
) -> None:
    address = new_address()
    barrier = Barrier(80)

    def guess(_: int) -> int:
        with httpx.Client(base_url=proxied_url, trust_env=False, timeout=30) as fresh:
            barrier.wait(30)
            return sign_in(fresh, store, address, password="wrong").status_code

    with ThreadPoolExecutor(80) as pool:
        answers = list(pool.map(guess, range(80)))

    # On a slow machine the next one comes due meanwhile; below it is held still.
    assert answers.count(401) in (BURST, BURST + 1)
    assert answers.count(429) == 80 - answers.count(401)


def test_of_parallel_takes_exactly_the_burst_is_admitted(database_url: str) -> None:
    key, barrier = os.urandom(32), Barrier(80)

    def take(_: int) -> bool:
        options = "-c role=table_order_app"
        with psycopg.connect(database_url, options=options, autocommit=True) as connection:
            barrier.wait(30)
            row = connection.execute(
                "SELECT wait FROM throttle(%s, 5, 60.0, 600.0)", (key,)
            ).fetchone()
            return row == (0,)

    with ThreadPoolExecutor(80) as pool:
        admitted = list(pool.map(take, range(80)))

    assert sum(admitted) == 5


def test_a_full_house_behind_one_address_signs_in_at_once_while_somebody_guesses(
    proxied_url: str, store: OpenedStore
) -> None:
    address = new_address()
    barrier = Barrier(HOUSE)

    def open_up(turn: int) -> int:
        with httpx.Client(base_url=proxied_url, trust_env=False, timeout=60) as fresh:
            barrier.wait(30)
            if turn % 6 == 0:
                sign_in(fresh, store, address, password="wrong", username="guess").close()
            return patiently(lambda: sign_in(fresh, store, address))

    with ThreadPoolExecutor(HOUSE) as pool:
        answers = list(pool.map(open_up, range(HOUSE)))

    assert answers == [200] * HOUSE


def test_sixty_tablets_behind_one_address_are_paired_at_once(
    shop: Shop, proxied_url: str, database_url: str
) -> None:
    address, floor = new_address(), Floor(shop)
    tables: list[UUID] = [floor.table(number) for number in range(1, HOUSE + 1)]
    codes = [shop.staff.post(f"/tables/{table}/pairing-codes").json()["code"] for table in tables]
    barrier = Barrier(HOUSE)

    def pair(code: str) -> int:
        headers = {"X-Forwarded-For": address}
        with httpx.Client(base_url=proxied_url, trust_env=False, timeout=60) as fresh:
            barrier.wait(30)
            body = {"code": code, "device_name": "태블릿"}
            return patiently(lambda: fresh.post("/auth/pair", json=body, headers=headers))

    with ThreadPoolExecutor(HOUSE) as pool:
        answers = list(pool.map(pair, codes))

    assert answers == [200] * HOUSE


def test_who_guesses_pairing_codes_waits(client: httpx.Client) -> None:
    headers = {"X-Forwarded-For": new_address()}
    body = {"code": "WRXNGCDE", "device_name": "태블릿"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: client.post("/auth/pair", json=body, headers=headers), range(115))
        )

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)


def test_the_table_of_buckets_names_nobody(
    client: httpx.Client, store: OpenedStore, database_url: str
) -> None:
    """Those that this refusal has filled: other tests have buckets in the same table."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        began = owner.execute("SELECT clock_timestamp()").fetchone()
        sign_in(client, store, "10.99.98.97", password="wrong")
        rows = owner.execute(
            "SELECT t::text, length(key) FROM throttles t WHERE tat > %s", began
        ).fetchall()
    assert {length for _, length in rows} == {32}
    assert not any(store.code.encode().hex() in text for text, _ in rows)
