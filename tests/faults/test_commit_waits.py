"""Commits wait for standbys that have just gone: who orders is told so, and nothing happens twice."""

from collections.abc import Callable

import httpx
import pytest

from tests.faults.test_database_away import assert_away, place, server, shop_at
from tests.support.floor import Floor
from tests.support.outage import OwnServer

__all__ = ["server"]


def still_busy(answer: httpx.Response) -> None:
    assert_away(answer, "busy")


def in_progress(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (409, "request-in-progress")
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("statement_timeout_ms", "told"), [(1_000, still_busy), (3_000, in_progress)]
)
def test_an_order_that_waits_for_its_commit_is_placed_once(
    server: OwnServer, statement_timeout_ms: int, told: Callable[[httpx.Response], None]
) -> None:
    """Whatever gives up first, the statement or its wait for the one before it."""
    with shop_at(server, statement_timeout_ms) as shop:
        floor = Floor(shop)
        tablet = floor.tablet(1)
        with server.holding_commits():
            assert_away(place(tablet, floor, "waits"))
            told(place(tablet, floor, "waits"))
            assert shop.staff.get("/orders").json()["data"] == []

        answer = place(tablet, floor, "waits")
        assert answer.status_code == 201
        assert answer.headers["Idempotent-Replayed"] == "true"
        assert place(tablet, floor, "next").json()["number"] == answer.json()["number"] + 1
