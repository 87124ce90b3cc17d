"""A new zone or cut-off: from the next business day on, and nothing of today is dated anew."""

from datetime import UTC, datetime, timedelta

import pytest

from app.local.processes import wait_until
from tests.support.floor import Floor
from tests.support.menu_building import ok
from tests.support.shops import Json, Shop
from tests.support.switches import order, placed, refused, store, time_at, turn

# 23:00 of Thursday in Seoul, whose business day ends at 05:00: 20:00 UTC.
EVENING = datetime(2027, 11, 25, 14, 0, tzinfo=UTC)
SWITCH = datetime(2027, 11, 25, 20, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"


def sell(shop: Shop, floor: Floor, at: datetime) -> tuple[str, int]:
    """One order at this time: its business date and number."""
    with time_at(shop, at):
        one = placed(order(floor.tablet(1), floor))
    return one["business_date"], one["number"]


@pytest.fixture
def floor(shop: Shop) -> Floor:
    """A store that has sold something this evening."""
    with time_at(shop, EVENING - timedelta(minutes=1)):
        made = Floor(shop)
        assert placed(order(made.tablet(1), made))["business_date"] == "2027-11-25"
    return made


def plan(shop: Shop, at: datetime, **calendar: str) -> Json:
    with time_at(shop, at):
        return turn(shop, **calendar)


def test_a_store_that_sold_nothing_changes_at_once(shop: Shop) -> None:
    with time_at(shop, EVENING):
        floor = Floor(shop)
        changed = turn(shop, timezone=EAST, business_day_start="00:00")
        assert (changed["timezone"], changed["business_day_start"]) == (EAST, "00:00")
        assert changed["pending_calendar"] is None
        # 04:00 of Friday there.
        assert placed(order(floor.tablet(1), floor))["business_date"] == "2027-11-26"
        assert ok(floor.tablet(1).get("/menu"))["store"]["timezone"] == EAST


@pytest.mark.parametrize(
    ("zone", "next_date", "after"),
    [
        # 10:00 of Friday there when the day ends in Seoul.
        (EAST, "2027-11-26", datetime(2027, 11, 26, 15, 0, tzinfo=UTC)),
        # 09:00 of Thursday there: Friday begins now, and ends when it ends there.
        (WEST, "2027-11-26", datetime(2027, 11, 27, 16, 0, tzinfo=UTC)),
    ],
)
def test_a_new_zone_applies_from_the_next_business_day(
    shop: Shop, floor: Floor, zone: str, next_date: str, after: datetime
) -> None:
    planned = plan(shop, EVENING, timezone=zone)

    assert planned["timezone"] == "Asia/Seoul"
    assert planned["pending_calendar"] == {
        "timezone": zone,
        "business_day_start": "05:00",
        "effective_from": "2027-11-25T20:00:00.000000Z",
        "first_business_date": next_date,
    }
    assert sell(shop, floor, SWITCH - SECOND) == ("2027-11-25", 2)
    assert sell(shop, floor, SWITCH) == (next_date, 1)
    assert sell(shop, floor, after - SECOND) == (next_date, 2)
    assert sell(shop, floor, after) == ("2027-11-27", 1)
    with time_at(shop, after):
        shown = store(shop)
        assert (shown["timezone"], shown["pending_calendar"]) == (zone, None)


def test_dates_are_the_same_before_and_after_it_is_told(shop: Shop, floor: Floor) -> None:
    plan(shop, EVENING, timezone=WEST)
    seq, catalog = shop.counters()
    with time_at(shop, SWITCH):
        before = placed(order(floor.tablet(1), floor))
        assert wait_until(lambda: shop.counters()[1] > catalog, 4)
        after = placed(order(floor.tablet(1), floor))
    told = [data["store"] for kind, data in shop.events(seq) if kind == "menu.changed"]
    assert [one["timezone"] for one in told] == [WEST]
    dates = before["business_date"], after["business_date"]
    assert dates == ("2027-11-26", "2027-11-26")
    assert [one["number"] for one in (before, after)] == [1, 2]


def test_a_later_cut_off_makes_the_next_day_longer_at_its_end(shop: Shop, floor: Floor) -> None:
    plan(shop, EVENING, business_day_start="09:00")

    assert sell(shop, floor, SWITCH) == ("2027-11-26", 1)
    assert sell(shop, floor, datetime(2027, 11, 26, 23, 59, tzinfo=UTC)) == ("2027-11-26", 2)
    assert sell(shop, floor, datetime(2027, 11, 27, 0, 0, tzinfo=UTC)) == ("2027-11-27", 1)


def test_a_planned_change_can_be_changed_and_taken_back(shop: Shop, floor: Floor) -> None:
    plan(shop, EVENING, timezone=EAST)
    again = plan(shop, EVENING, business_day_start="06:00")["pending_calendar"]
    assert (again["timezone"], again["business_day_start"]) == (EAST, "06:00")

    back = plan(shop, EVENING, timezone="Asia/Seoul", business_day_start="05:00")

    assert (back["pending_calendar"], back["timezone"]) == (None, "Asia/Seoul")
    assert sell(shop, floor, SWITCH) == ("2027-11-26", 1)


def test_hours_of_the_menu_follow_the_zone_in_force(shop: Shop, floor: Floor) -> None:
    with time_at(shop, EVENING):
        path = f"/menu/items/{floor.stew}"
        version = ok(shop.manager.get(path))["version"]
        # Friday from 10:00: in Kiritimati, that is when Thursday ends in Seoul.
        lunch = {"dayparts": [{"weekday": 5, "start": "10:00", "end": "11:00"}]}
        ok(shop.manager.patch(path, json=lunch, headers={"If-Match": f'"{version}"'}))
        turn(shop, timezone=EAST)
        shown = ok(floor.tablet(1).get("/menu"))
        assert (shown["categories"], shown["store"]["timezone"]) == ([], "Asia/Seoul")
        assert shown["valid_until"] == "2027-11-25T20:00:00.000000Z"
    with time_at(shop, SWITCH - SECOND):
        refused(shop, order(floor.tablet(1), floor), 409, "item-unavailable")
    with time_at(shop, SWITCH):
        shown = ok(floor.tablet(1).get("/menu"))
        assert (len(shown["categories"]), shown["store"]["timezone"]) == (1, EAST)
        assert shown["valid_until"] == "2027-11-25T21:00:00.000000Z"
        placed(order(floor.tablet(1), floor))


def test_what_asks_for_the_business_day_asks_the_calendar(shop: Shop, floor: Floor) -> None:
    plan(shop, EVENING, timezone=WEST)
    session = shop.rows("SELECT id FROM table_sessions WHERE store_id = %(store)s")[0][0]
    with time_at(shop, EVENING):
        body = {"status": "sold_out", "until": "business_day_end"}
        sold_out = ok(shop.staff.put(f"/menu/items/{floor.stew}/availability", json=body))
        assert sold_out["availability"]["until"] == "2027-11-25T20:00:00.000000Z"
        ok(shop.manager.post(f"/sessions/{session}/close", json={"force": True, "reason": "끝"}))
    with time_at(shop, SWITCH):
        # Thursday there, but what was closed on Thursday here is of a day that is over.
        reopened = shop.manager.post(f"/sessions/{session}/reopen", json={"reason": "실수"})
        refused(shop, reopened, 409, "business-day-over")
        opened = ok(shop.staff.post(f"/tables/{floor.table(2)}/sessions", json={}), 201)
        for day, found in (("2027-11-25", str(session)), ("2027-11-26", opened["id"])):
            listed = ok(shop.staff.get("/sessions", params={"business_date": day}))["data"]
            assert [one["id"] for one in listed] == [found]
        for day in ("0001-01-01", "9999-12-31"):
            assert ok(shop.staff.get("/sessions", params={"business_date": day}))["data"] == []


def test_numbers_stay_unique_however_often_the_calendar_changes(shop: Shop, floor: Floor) -> None:
    seen = [("2027-11-25", 1)]
    now = EVENING
    for turn_ in range(12):
        zone, start = ((EAST, "00:00"), (WEST, "23:00"), ("Asia/Seoul", "05:00"))[turn_ % 3]
        plan(shop, now, timezone=zone, business_day_start=start)
        for _ in range(3):
            now += timedelta(hours=5)
            seen.append(sell(shop, floor, now))
    assert len(set(seen)) == len(seen)
    assert seen == sorted(seen)
    for day, numbers in {day: [n for d, n in seen if d == day] for day, _ in seen}.items():
        assert numbers == list(range(1, len(numbers) + 1)), day
