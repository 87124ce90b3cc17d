"""How long tables waited: the database's percentiles against Python's."""

import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.security.permissions import Role
from tests.support.calls import CallFloor, answer
from tests.support.floor import created
from tests.support.menu_building import ok
from tests.support.shops import Json, Shop

PATH = "/service-requests/answer-times"
DAY = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}


def backdate(shop: Shop, call: Json, at: str, acknowledge: int | None, done: int | None) -> None:
    """Make the call one of the past that was answered after so many seconds."""
    steps = [
        f"{name}_at = %(at)s::timestamptz + make_interval(secs => {seconds})"
        for name, seconds in (("acknowledged", acknowledge), ("done", done))
        if seconds is not None
    ]
    sets = ", ".join(["created_at = %(at)s", *steps])
    shop.rows(
        f"UPDATE service_requests SET {sets} WHERE store_id = %(store)s AND id = %(id)s"
        " RETURNING id",
        at=at,
        id=call["id"],
    )


def answered(
    floor: CallFloor, table: int, at: str, seconds: tuple[int, int], **wanted: int
) -> None:
    call = floor.calls(floor.tablet(table), note=None, **wanted)
    ok(answer(floor.shop.staff, call, "done"))
    backdate(floor.shop, call, at, *seconds)


def groups(shop: Shop, group_by: str, **more: str) -> list[Json]:
    found: list[Json] = ok(shop.manager.get(PATH, params=DAY | {"group_by": group_by} | more))[
        "data"
    ]
    return found


def durations(median: int, p90: int, longest: int) -> Json:
    return {"median": median, "p90": p90, "longest": longest}


def test_by_type_table_and_hour(shop: Shop) -> None:
    floor = CallFloor(shop)
    answered(floor, 1, "2026-03-01T09:00:00Z", (10, 100), water=1, cutlery=1)
    answered(floor, 1, "2026-03-01T09:59:59Z", (30, 200), water=2)
    answered(floor, 2, "2026-03-01T10:00:00Z", (50, 300), water=1)
    call = floor.calls(floor.tablet(2), staff=1)
    ok(answer(shop.staff, call, "cancelled"))
    backdate(shop, call, "2026-03-01T10:30:00Z", None, None)
    for outside in ("2026-02-28T23:59:59Z", DAY["to"]):
        answered(floor, 1, outside, (1, 1), water=3)

    water, cutlery, staff = groups(shop, "type")
    assert (water["type"], water["count"]) == ({"id": floor.types["water"], "name": "물"}, 3)
    assert water["seconds_to_acknowledge"] == durations(30, 46, 50)
    assert water["seconds_to_done"] == durations(200, 280, 300)
    assert (cutlery["count"], cutlery["seconds_to_done"]) == (1, durations(100, 100, 100))
    assert (staff["count"], staff["acknowledged"], staff["done"], staff["cancelled"]) == (
        1,
        0,
        0,
        1,
    )
    assert (staff["seconds_to_acknowledge"], staff["seconds_to_done"]) == (None, None)

    one, two = groups(shop, "table")
    tables = {entry["table"]["number"]: entry for entry in (one, two)}
    assert (tables[1]["count"], tables[1]["seconds_to_done"]) == (2, durations(150, 190, 200))
    assert (tables[2]["count"], tables[2]["cancelled"]) == (2, 1)

    # In Seoul it is nine hours later.
    assert [(one["hour"], one["count"]) for one in groups(shop, "hour")] == [(18, 2), (19, 2)]
    shop.set(timezone="America/New_York")
    assert [(one["hour"], one["count"]) for one in groups(shop, "hour")] == [(4, 2), (5, 2)]


def test_the_percentiles_are_those_of_the_waits(shop: Shop) -> None:
    floor = CallFloor(shop)

    @settings(max_examples=12)
    @given(waits=st.lists(st.integers(0, 4_000), min_size=1, max_size=8))
    def check(waits: list[int]) -> None:
        shop.rows(
            "UPDATE service_requests SET created_at = '2020-01-01', acknowledged_at = '2020-01-01',"
            " done_at = '2020-01-01' WHERE store_id = %(store)s RETURNING id"
        )
        for seconds in waits:
            answered(floor, 1, "2026-03-01T09:00:00Z", (seconds, seconds), water=1)

        [water] = groups(shop, "type")

        took = water["seconds_to_done"]
        ordered = sorted(waits)
        low = int(0.9 * (len(ordered) - 1))
        share = 0.9 * (len(ordered) - 1) - low
        p90 = ordered[low] + share * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])
        assert (water["count"], took["longest"]) == (len(waits), ordered[-1])
        assert abs(took["median"] - statistics.median(waits)) <= 0.5
        assert abs(took["p90"] - p90) <= 0.51

    check()


def test_without_dates_it_is_the_last_week(shop: Shop) -> None:
    floor = CallFloor(shop)
    ok(answer(shop.staff, floor.calls(floor.tablet(1), water=1), "done"))
    answered(floor, 1, "2026-03-01T09:00:00Z", (1, 1), water=2)
    assert [one["count"] for one in ok(shop.manager.get(PATH))["data"]] == [1]


@pytest.mark.parametrize(
    "params",
    [
        {"from": DAY["to"], "to": DAY["from"]},
        {"from": DAY["from"], "to": DAY["from"]},
        {"from": "2024-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
        {"group_by": "waiter"},
        {"from": "yesterday"},
    ],
)
def test_a_range_that_makes_no_sense(shop: Shop, params: dict[str, str]) -> None:
    refused = shop.manager.get(PATH, params=params)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")


def test_they_are_for_managers_and_reports(shop: Shop) -> None:
    assert shop.staff.get(PATH).status_code == 403
    assert CallFloor(shop).tablet(1).get(PATH).status_code == 403
    key = {"name": "BI", "scopes": ["reports:read"]}
    made = created(shop.client(Role.OWNER), "/api-keys", key)
    assert shop.connect(f"Bearer {made['key']}").get(PATH).is_success
