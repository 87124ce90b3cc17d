"""What is remembered by a client's headers has a limit in bytes, not only in number."""

import gc
import tracemalloc
from collections.abc import Iterator

import pytest

from tests.support.floor import Floor
from tests.support.shops import Shop

MEGABYTE = 1_000_000
REQUESTS = 20


@pytest.fixture
def memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def held() -> int:
    """Bytes that this process, and the service in it, has taken and not given back."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.mark.parametrize("name", ["Accept-Encoding", "Accept-Language", "If-None-Match"])
def test_long_headers_are_not_kept(shop: Shop, memory: None, name: str) -> None:
    tablet = Floor(shop).tablet(1)
    tablet.get("/menu")
    before = held()

    for number in range(REQUESTS):
        answer = tablet.get("/menu", headers={name: f"x{number}-" + "a" * MEGABYTE})
        assert (answer.status_code, answer.json()["language"]) == (200, "ko")

    assert held() - before < REQUESTS * MEGABYTE / 4


def test_the_beginning_of_a_long_header_counts(shop: Shop) -> None:
    tablet = Floor(shop).tablet(1)
    header = "en, " + ", ".join(["ko"] * 1_000)

    assert tablet.get("/menu", headers={"Accept-Language": header}).json()["language"] == "en"
