"""What is served at its times of the day only, over HTTP: shown, ordered, planned, refused."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.core import clock
from tests.support.floor import Floor, order_body
from tests.support.menu_building import add_category, add_item, availability, if_match, ok
from tests.support.shops import Json, Shop

FRIDAY_LUNCH = {"weekday": 5, "start": "11:00", "end": "14:30"}


def seoul(text: str) -> datetime:
    """A time on Friday, 26 November 2027, or on the day that is named."""
    return datetime.fromisoformat(f"{text if 'T' in text else '2027-11-26T' + text}:00+09:00")


@pytest.fixture
def floor(shop: Shop) -> Iterator[Floor]:
    """The clock stands still while the store is made, so that its credentials are good then."""
    with clock.held_at(seoul("11:30")):
        yield Floor(shop)


def change(shop: Shop, path: str, wanted: Json) -> Json:
    version = ok(shop.manager.get("/menu/categories"))["data"][0]["version"]
    if "/items/" in path:
        version = ok(shop.manager.get(path))["version"]
    return ok(shop.manager.patch(path, json=wanted, headers=if_match(version)))


def shown(shop: Shop, at: datetime) -> list[str]:
    menu = ok(shop.staff.get("/menu", params={"at": at.isoformat()}))
    return [item["id"] for category in menu["categories"] for item in category["items"]]


def test_guests_see_a_lunch_at_lunchtime_only(shop: Shop, floor: Floor) -> None:
    path, tablet = f"/menu/items/{floor.stew}", floor.tablet(1)
    changed = change(shop, path, {"dayparts": [FRIDAY_LUNCH]})
    assert changed["dayparts"] == [FRIDAY_LUNCH]

    with clock.held_at(seoul("11:35")):
        lunch = ok(tablet.get("/menu"))
        assert lunch["valid_until"] == "2027-11-26T05:30:00.000000Z"
        assert [item["id"] for item in lunch["categories"][0]["items"]] == [floor.stew]
    assert shown(shop, seoul("10:59")) == []
    assert shown(shop, seoul("11:00")) == [floor.stew]
    assert shown(shop, seoul("14:30")) == []
    # Staff keep it in their lists at any time.
    with clock.held_at(seoul("11:40")):
        assert [one["id"] for one in ok(shop.staff.get("/menu/items"))["data"]] == [floor.stew]


def test_a_tablets_menu_changes_at_the_boundary_by_itself(shop: Shop, floor: Floor) -> None:
    end = {"weekday": 5, "start": "11:00", "end": "11:33"}
    tablet = floor.tablet(1)
    change(shop, f"/menu/items/{floor.stew}", {"dayparts": [end]})
    before = shop.deeds()
    with clock.held_at(seoul("11:33") - timedelta(microseconds=1)):
        first = tablet.get("/menu")
        assert len(first.json()["categories"]) == 1
        again = tablet.get("/menu", headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
    with clock.held_at(seoul("11:33")):
        later = tablet.get("/menu", headers={"If-None-Match": first.headers["etag"]})
        assert (later.status_code, later.json()["categories"]) == (200, [])
        assert later.json()["valid_until"] == "2027-12-03T02:00:00.000000Z"
    assert shop.deeds() == before


def test_what_is_not_served_now_is_refused_with_its_reason(shop: Shop, floor: Floor) -> None:
    other = ok(shop.manager.get(f"/menu/items/{floor.stew}"))
    coffee = add_item(shop, {"id": other["category_id"]})
    tablet = floor.tablet(1)
    change(shop, f"/menu/items/{floor.stew}", {"dayparts": [FRIDAY_LUNCH]})
    body = {"lines": [*order_body(coffee["id"], 1)["lines"], *order_body(floor.stew, 1)["lines"]]}
    with clock.held_at(seoul("11:44")):
        tablet.get("/menu")
        change(shop, f"/menu/items/{floor.stew}", {"dayparts": [FRIDAY_LUNCH | {"end": "11:45"}]})
        assert tablet.post("/orders/quote", json=body).status_code == 200
        before = shop.deeds()
    with clock.held_at(seoul("11:45")):
        for path in ("/orders/quote", "/orders"):
            refused = tablet.post(path, json=body, headers=_key(path))
            assert (refused.status_code, refused.json()["code"]) == (409, "item-unavailable")
            errors = [(one["pointer"], one["code"]) for one in refused.json()["errors"]]
            assert errors == [("/lines/1/item_id", "not-now")]
        assert shop.deeds() == before
        assert shop.rows("SELECT count(*) FROM orders WHERE store_id = %(store)s") == [(0,)]


def _key(path: str) -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())} if path == "/orders" else {}


def test_an_order_at_the_last_instant_of_a_window_is_accepted(shop: Shop, floor: Floor) -> None:
    tablet, body, key = floor.tablet(1), order_body(floor.stew, 1), _key("/orders")
    change(shop, f"/menu/items/{floor.stew}", {"dayparts": [FRIDAY_LUNCH | {"end": "11:45"}]})
    last = seoul("11:45") - timedelta(microseconds=1)
    with clock.held_at(last):
        placed = tablet.post("/orders", json=body, headers=key)
        assert placed.status_code == 201
        assert datetime.fromisoformat(placed.json()["created_at"]) == last
    with clock.held_at(seoul("11:45")):
        again = tablet.post("/orders", json=body, headers=key)
        assert (again.status_code, again.content) == (201, placed.content)
        assert tablet.post("/orders", json=body, headers=_key("/orders")).status_code == 409


def test_an_item_is_served_when_its_category_is_too(shop: Shop, floor: Floor) -> None:
    category = ok(shop.manager.get("/menu/categories"))["data"][0]
    evening = {"weekday": 5, "start": "14:00", "end": "22:00"}
    changed = change(shop, f"/menu/categories/{category['id']}", {"dayparts": [evening]})
    assert changed["dayparts"] == [evening]
    change(shop, f"/menu/items/{floor.stew}", {"dayparts": [FRIDAY_LUNCH]})
    served = [at for at in ("13:59", "14:00", "14:29", "14:30") if shown(shop, seoul(at))]
    assert served == ["14:00", "14:29"]


def test_a_holiday_has_windows_of_its_own(shop: Shop, floor: Floor) -> None:
    short = {"date": "2027-11-26", "windows": [{"start": "12:00", "end": "13:00"}]}
    closed = {"date": "2027-12-03", "windows": []}
    wanted = {"dayparts": [FRIDAY_LUNCH], "daypart_exceptions": [short, closed]}
    changed = change(shop, f"/menu/items/{floor.stew}", wanted)
    assert changed["daypart_exceptions"] == [short, closed]
    assert [at for at in ("11:30", "12:30", "13:30") if shown(shop, seoul(at))] == ["12:30"]
    assert shown(shop, seoul("2027-12-03T12:30")) == []
    assert shown(shop, seoul("2027-12-10T12:30")) == [floor.stew]


def test_no_windows_mean_always(shop: Shop, floor: Floor) -> None:
    path = f"/menu/items/{floor.stew}"
    nothings: list[list[Json] | None] = [None, []]
    for nothing in nothings:
        change(shop, path, {"dayparts": [FRIDAY_LUNCH]})
        changed = change(shop, path, {"dayparts": nothing})
        assert (changed["dayparts"], changed["daypart_exceptions"]) == (None, [])
        assert shown(shop, seoul("20:00")) == [floor.stew]


def test_a_new_item_may_have_its_times_at_once(shop: Shop, floor: Floor) -> None:
    category = add_category(shop, dayparts=[FRIDAY_LUNCH])
    item = add_item(shop, category, dayparts=[FRIDAY_LUNCH | {"end": "12:00"}])
    assert category["dayparts"] == [FRIDAY_LUNCH]
    assert item["id"] in shown(shop, seoul("11:59"))
    assert item["id"] not in shown(shop, seoul("12:00"))


def test_changed_times_are_published_and_bump_the_catalog(shop: Shop, floor: Floor) -> None:
    seq, catalog = shop.counters()
    change(shop, f"/menu/items/{floor.stew}", {"dayparts": [FRIDAY_LUNCH]})
    change(shop, f"/menu/items/{floor.stew}", {"dayparts": [FRIDAY_LUNCH]})
    assert shop.counters() == (seq + 1, catalog + 1)
    [(kind, data)] = shop.events(seq)
    assert (kind, data["item"]["dayparts"]) == ("menu.changed", [FRIDAY_LUNCH])


def test_a_sold_out_lunch_comes_back_as_one(shop: Shop, floor: Floor) -> None:
    change(shop, f"/menu/items/{floor.stew}", {"dayparts": [FRIDAY_LUNCH]})
    back = {"status": "sold_out", "until": seoul("13:00").isoformat()}
    availability(shop, {"id": floor.stew}, back)
    menu = ok(floor.tablet(1).get("/menu"))
    assert menu["valid_until"] == "2027-11-26T04:00:00.000000Z"


WRONG: list[tuple[Any, str]] = [
    ({"dayparts": "always"}, "/dayparts"),
    ({"dayparts": [FRIDAY_LUNCH | {"weekday": 0}]}, "/dayparts/0/weekday"),
    ({"dayparts": [FRIDAY_LUNCH | {"weekday": 8}]}, "/dayparts/0/weekday"),
    ({"dayparts": [FRIDAY_LUNCH | {"weekday": "5"}]}, "/dayparts/0/weekday"),
    ({"dayparts": [FRIDAY_LUNCH | {"start": "24:00"}]}, "/dayparts/0/start"),
    ({"dayparts": [FRIDAY_LUNCH | {"start": "9:00"}]}, "/dayparts/0/start"),
    ({"dayparts": [FRIDAY_LUNCH | {"end": "14:30:00"}]}, "/dayparts/0/end"),
    ({"dayparts": [FRIDAY_LUNCH | {"end": "14:30\n"}]}, "/dayparts/0/end"),
    ({"dayparts": [FRIDAY_LUNCH | {"end": "11:00"}]}, "/dayparts/0"),
    ({"dayparts": [FRIDAY_LUNCH | {"zone": "UTC"}]}, "/dayparts/0/zone"),
    ({"dayparts": [{"weekday": 1, "start": "11:00"}]}, "/dayparts/0/end"),
    ({"dayparts": [FRIDAY_LUNCH] * 71}, "/dayparts"),
    (
        {"daypart_exceptions": [{"date": "2027-02-29", "windows": []}]},
        "/daypart_exceptions/0/date",
    ),
    (
        {"daypart_exceptions": [{"date": "20271225", "windows": []}]},
        "/daypart_exceptions/0/date",
    ),
    (
        {"daypart_exceptions": [{"date": "9999-12-31", "windows": []}]},
        "/daypart_exceptions/0/date",
    ),
    (
        {"daypart_exceptions": [{"date": "2027-12-25"}]},
        "/daypart_exceptions/0/windows",
    ),
    (
        {"daypart_exceptions": [{"date": "2027-12-25", "windows": []}] * 2},
        "/daypart_exceptions",
    ),
]


@pytest.mark.parametrize(("wanted", "pointer"), WRONG, ids=lambda value: str(value)[:50])
def test_what_times_can_not_be(shop: Shop, floor: Floor, wanted: Json, pointer: str) -> None:
    category = ok(shop.manager.get("/menu/categories"))["data"][0]
    before = shop.counters()
    for path in (f"/menu/items/{floor.stew}", f"/menu/categories/{category['id']}"):
        answer = shop.manager.patch(path, json=wanted, headers=if_match(1))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
        assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert shop.counters() == before


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1999-12-31T23:59:59Z"]
)
def test_a_menu_is_planned_for_times_that_calendars_know(shop: Shop, floor: Floor, at: str) -> None:
    change(shop, f"/menu/items/{floor.stew}", {"dayparts": [FRIDAY_LUNCH]})
    answer = shop.staff.get("/menu", params={"at": at})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
