"""The gauges of the calls that wait count those of all stores."""

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from app.core.config import Settings
from app.core.database import Database
from app.services.calls.watching import measure_calls
from tests.support.calls import CallFloor, answer
from tests.support.menu_building import ok
from tests.support.shops import Shop

STATUSES = ("open", "acknowledged")


async def waiting(database_url: str) -> list[float]:
    """How many wait now, by status."""
    database = Database(Settings(database_url=SecretStr(database_url)))
    try:
        await measure_calls(database)
    finally:
        await database.close()
    return [gauge("service_requests_waiting", status) for status in STATUSES]


def gauge(name: str, status: str) -> float:
    value = REGISTRY.get_sample_value(name, {"status": status})
    assert value is not None
    return value


@pytest.mark.anyio
async def test_what_waits_in_all_stores_is_counted_until_it_is_done(
    shop: Shop, other_shop: Shop, database_url: str
) -> None:
    before = await waiting(database_url)
    floors = [CallFloor(shop), CallFloor(other_shop)]
    calls = [floor.calls(floor.tablet(7), water=1) for floor in floors]
    a_day_ago = "UPDATE service_requests SET created_at = created_at - interval '1 day'"
    shop.rows(f"{a_day_ago} WHERE store_id = %(store)s RETURNING id")
    assert await waiting(database_url) == [before[0] + 2, before[1]]
    assert gauge("service_request_oldest_seconds", "open") >= 24 * 3600

    ok(answer(shop.staff, calls[0], "acknowledged"))
    ok(answer(other_shop.staff, calls[1], "done"))
    assert await waiting(database_url) == [before[0], before[1] + 1]

    ok(answer(shop.staff, calls[0], "done"))
    assert await waiting(database_url) == before
