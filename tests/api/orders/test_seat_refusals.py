"""Where a party can't go, and what is left as it was: every row of the store, and of the other one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.core import clock
from app.core.security.permissions import Role
from tests.support.credentials import enter
from tests.support.floor import Floor
from tests.support.menu_building import ok
from tests.support.parties import act, merge, orders_of, seat
from tests.support.shops import Json, Shop
from tests.support.tenants import Furnished

Going = Callable[[Floor, str], httpx.Response]
SEOUL = ZoneInfo("Asia/Seoul")


def everything(*shops: Shop) -> list[Json]:
    """A digest of every row of the stores."""
    return [dict(Furnished(shop, "").deeds()) for shop in shops]


def moving(floor: Floor) -> Going:
    session = seat(floor, 1, 2)["id"]
    return lambda floor, table: act(floor.shop, session, "move", table_id=table)


def splitting(floor: Floor) -> Going:
    session = seat(floor, 1, 2)["id"]
    [line] = orders_of(floor.shop, session)[0]["lines"]
    lines = [{"line_id": line["id"], "quantity": 1}]
    return lambda floor, table: act(floor.shop, session, "split", lines=lines, table_id=table)


def unmerging(floor: Floor) -> Going:
    session, into = seat(floor, 1, 2)["id"], seat(floor, 2, 1)["id"]
    ok(merge(floor.shop, session, into))
    return lambda floor, table: act(floor.shop, session, "unmerge", table_id=table)


def linking(floor: Floor) -> Going:
    session = seat(floor, 1, 2)["id"]
    path = f"/sessions/{session}/tables"
    return lambda floor, table: floor.shop.staff.put(path, json={"table_ids": [table]})


WAYS = pytest.mark.parametrize("way", [moving, splitting, unmerging, linking])


@WAYS
@pytest.mark.parametrize("where", ["occupied", "archived", "foreign", "unknown"])
def test_where_nobody_can_sit_nobody_goes(
    shop: Shop, other_shop: Shop, way: Callable[[Floor], Going], where: str
) -> None:
    floor = Floor(shop)
    go, sitting = way(floor), seat(floor, 5)
    tables = {
        "occupied": str(floor.table(5)),
        "archived": str(floor.table(6)),
        "foreign": str(Floor(other_shop).table(1)),
        "unknown": str(uuid4()),
    }
    assert shop.manager.delete(f"/tables/{tables['archived']}").status_code == 204
    before = everything(shop, other_shop)

    refused = go(floor, tables[where])

    if where == "occupied":
        assert (refused.status_code, refused.json()["code"]) == (409, "table-occupied")
        assert refused.json()["session_id"] == sitting["id"]
    else:
        assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    assert everything(shop, other_shop) == before


@pytest.mark.parametrize("action", ["move", "merge", "split", "unmerge", "reopen", "close"])
def test_another_stores_party_is_out_of_reach(shop: Shop, other_shop: Shop, action: str) -> None:
    floor, others = Floor(shop), Floor(other_shop)
    theirs = seat(others, 1, 2)["id"]
    [line] = orders_of(other_shop, theirs)[0]["lines"]
    bodies = {
        "move": {"table_id": str(floor.table(2))},
        "merge": {"into_session_id": seat(floor, 1)["id"]},
        "split": {
            "table_id": str(floor.table(2)),
            "lines": [{"line_id": line["id"], "quantity": 1}],
        },
    }
    before = everything(shop, other_shop)
    refused = act(shop, theirs, action, **bodies.get(action, {}))
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    assert everything(shop, other_shop) == before


def test_a_party_is_not_reopened_where_its_table_is_gone(shop: Shop) -> None:
    floor = Floor(shop)
    session, into = seat(floor, 1)["id"], seat(floor, 2)["id"]
    merged = seat(floor, 3)["id"]
    ok(act(shop, session, "close"))
    ok(merge(shop, merged, into))
    assert shop.manager.delete(f"/tables/{floor.table(1)}").status_code == 204
    before = everything(shop)
    archived, absorbed = act(shop, session, "reopen"), act(shop, merged, "reopen")
    assert (archived.status_code, archived.json()["code"]) == (404, "not-found")
    assert (absorbed.status_code, absorbed.json()["code"]) == (409, "session-merged")
    assert absorbed.json()["merged_into_id"] == into
    assert everything(shop) == before


@pytest.mark.parametrize("undo", ["reopen", "unmerge"])
def test_a_party_comes_back_until_the_business_day_ends(shop: Shop, undo: str) -> None:
    """At the store's cut-off, not at midnight: an instant before it, and at it."""
    tomorrow = clock.now().astimezone(SEOUL).date() + timedelta(days=1)
    cut_off = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 5, tzinfo=SEOUL)
    with clock.held_at(cut_off - timedelta(minutes=10)):
        floor = Floor(shop)
        session, other = seat(floor, 1)["id"], seat(floor, 2)["id"]

        def end() -> httpx.Response:
            return merge(shop, session, other) if undo == "unmerge" else act(shop, session, "close")

        ok(end())
    with clock.held_at(cut_off - timedelta(microseconds=1)):
        assert ok(act(shop, session, undo))["status"] == "open"
        ok(end())
    before = everything(shop)
    with clock.held_at(cut_off):
        refused = act(shop, session, undo)
    assert (refused.status_code, refused.json()["code"]) == (409, "business-day-over")
    assert everything(shop) == before


def test_who_was_let_go_stays_out_whoever_sits_there_again(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1))
    session = guest.tokens["session_id"]
    ok(act(shop, session, "close"))
    ok(act(shop, session, "reopen"))
    key = {"Idempotency-Key": "late"}
    body = {"lines": [{"item_id": floor.stew, "quantity": 1}]}
    before = everything(shop)

    answers = [
        guest.http.get("/session"),
        guest.http.get("/orders"),
        guest.http.post("/orders", json=body, headers=key),
        guest.http.get("/session/basket"),
        guest.try_refresh(),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (410, "session-closed")
    ] * len(answers)
    assert everything(shop) == before
    assert shop.client(Role.STAFF).get(f"/sessions/{session}").json()["status"] == "open"
