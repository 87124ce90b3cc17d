"""The store's own list of reasons for cancelling."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.core.security.permissions import Role
from tests.support.floor import Floor, order_body
from tests.support.menu_building import ok
from tests.support.racing import at_once
from tests.support.shops import Json, Shop

PATH = "/cancel-reasons"
USUAL = ["guest_request", "sold_out", "kitchen_error", "staff_error", "other"]
DROPPED = {"code": "dropped", "name": {"ko": "떨어뜨림", "en": "Dropped"}}
OTHER = {"code": "other", "name": {"ko": "그 밖에"}, "for_guests": True}


def put(client: httpx.Client, version: int, *reasons: Json) -> httpx.Response:
    return client.put(PATH, json={"reasons": list(reasons)}, headers={"If-Match": f'"{version}"'})


def codes(client: httpx.Client, **query: Any) -> list[str]:
    return [one["code"] for one in ok(client.get(PATH, params=query))["data"]]


def cancel(shop: Shop, order: Json, code: str) -> httpx.Response:
    path = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/cancel"
    return shop.staff.post(path, json={"reason_code": code, "quantity": 1})


def placed(shop: Shop, quantity: int = 3) -> Json:
    floor = Floor(shop)
    headers = {"Idempotency-Key": str(uuid4())}
    body = order_body(floor.stew, quantity)
    return ok(floor.tablet(1).post("/orders", json=body, headers=headers), 201)


def test_a_new_store_has_the_usual_reasons(shop: Shop) -> None:
    answer = shop.kitchen.get(PATH)

    assert [one["code"] for one in ok(answer)["data"]] == USUAL
    assert (answer.json()["version"], answer.headers["ETag"]) == (1, '"1"')
    for one in answer.json()["data"]:
        assert set(one["names"]) == {"ko", "en", "ja", "zh-Hans"}
        assert one["name"] == one["names"]["ko"]
    assert codes(shop.staff, archived="true") == []


def test_guests_get_what_they_may_say(shop: Shop) -> None:
    [one] = ok(Floor(shop).tablet(1).get(PATH, headers={"Accept-Language": "en"}))["data"]
    assert (one["code"], one["name"], one["names"]) == ("guest_request", "Guest's request", None)


def test_a_manager_sets_the_list(shop: Shop) -> None:
    order = placed(shop)
    changed = put(shop.manager, 1, DROPPED, OTHER)

    assert [one["code"] for one in ok(changed)["data"]] == ["dropped", "other"]
    assert (changed.json()["version"], changed.headers["ETag"]) == (2, '"2"')
    assert ok(shop.staff.get(PATH)) == changed.json()
    assert codes(shop.staff, archived="true") == USUAL[:-1]
    cancelled = ok(cancel(shop, order, "dropped"))
    assert cancelled["lines"][0]["cancellations"][0]["reason_name"] == "떨어뜨림"
    [(details,)] = shop.rows(
        "SELECT details FROM audit_entries WHERE store_id = %(store)s"
        " AND action = 'cancel-reasons-changed'"
    )
    assert details == {"before": USUAL, "after": ["dropped", "other"]}


def test_an_archived_code_is_refused_and_what_names_it_stays(shop: Shop) -> None:
    order = placed(shop)
    ok(cancel(shop, order, "sold_out"))
    ok(put(shop.manager, 1, DROPPED))
    before, counters = ok(shop.staff.get(f"/orders/{order['id']}")), shop.counters()

    refused = [cancel(shop, order, code) for code in ("sold_out", "never_was")]

    for one in refused:
        assert (one.status_code, one.json()["code"]) == (422, "invalid-request")
        [error] = one.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/reason_code", "unknown")
    assert ok(shop.staff.get(f"/orders/{order['id']}")) == before
    assert shop.counters() == counters
    [kept] = before["lines"][0]["cancellations"]
    assert (kept["reason_code"], kept["reason_name"]) == ("sold_out", "품절")


def test_a_code_may_come_back(shop: Shop) -> None:
    ok(put(shop.manager, 1, DROPPED))
    ok(put(shop.manager, 2, OTHER))
    assert "dropped" in codes(shop.staff, archived="true")

    ok(put(shop.manager, 3, OTHER, DROPPED))

    assert codes(shop.staff) == ["other", "dropped"]
    assert "dropped" not in codes(shop.staff, archived="true")


def test_a_guest_gives_only_a_reason_for_guests(shop: Shop) -> None:
    shop.set(guest_cancel_allowed=True)
    order, tablet = placed(shop), None
    [(table_id,)] = shop.rows("SELECT id FROM tables WHERE store_id = %(store)s")
    tablet = shop.tablet(table_id)
    path, counters = f"/orders/{order['id']}/cancel", shop.counters()

    refused = tablet.post(path, json={"reason_code": "kitchen_error"})

    assert refused.status_code == 422
    assert shop.counters() == counters
    assert ok(tablet.post(path, json={"reason_code": "guest_request"}))["status"] == "cancelled"


def test_a_forced_close_needs_no_code_of_the_list(shop: Shop) -> None:
    order = placed(shop)
    ok(put(shop.manager, 1, DROPPED))
    force = {"force": True, "reason": "left"}
    ok(shop.manager.post(f"/sessions/{order['session_id']}/close", json=force))
    [line] = ok(shop.staff.get(f"/orders/{order['id']}"))["lines"]
    assert line["cancellations"][0]["reason_code"] == "staff_error"


WRONG: list[tuple[list[Json], str, str]] = [
    ([DROPPED, DROPPED], "/reasons/1/code", "repeated"),
    ([{"code": "dropped", "name": {"en": "Dropped"}}], "/reasons/0/name", "language-missing"),
    ([{"code": "Not A Code", "name": {"ko": "x"}}], "/reasons/0/code", ""),
    ([{"code": "dropped", "name": {}}], "/reasons/0/name", ""),
    ([], "/reasons", ""),
    ([DROPPED | {"price": 1}], "/reasons/0/price", ""),
]


@pytest.mark.parametrize(("reasons", "pointer", "code"), WRONG)
def test_a_list_that_is_wrong_changes_nothing(
    shop: Shop, reasons: list[Json], pointer: str, code: str
) -> None:
    before = ok(shop.staff.get(PATH))

    refused = put(shop.manager, 1, *reasons)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    [error] = refused.json()["errors"]
    assert error["pointer"] == pointer
    assert code in ("", error["code"])
    assert ok(shop.staff.get(PATH)) == before


def test_the_codes_that_a_store_ever_had_are_bounded(shop: Shop) -> None:
    for version in range(1, 5):
        names = [f"code_{version}_{place}" for place in range(48)]
        ok(put(shop.manager, version, *({"code": one, "name": {"ko": "x"}} for one in names)))
    before = ok(shop.staff.get(PATH))

    refused = put(shop.manager, 5, *({"code": f"more_{n}", "name": {"ko": "x"}} for n in range(9)))

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "too-many"
    assert ok(shop.staff.get(PATH)) == before


@pytest.mark.parametrize("role", [Role.STAFF, Role.KITCHEN])
def test_it_is_the_managers_list(shop: Shop, role: Role) -> None:
    before = ok(shop.staff.get(PATH))
    refused = [put(shop.client(role), 1, DROPPED), put(Floor(shop).tablet(1), 1, DROPPED)]
    assert [one.status_code for one in refused] == [403, 403]
    assert ok(shop.staff.get(PATH)) == before


def test_the_list_is_changed_by_who_has_read_it(shop: Shop) -> None:
    missing = shop.manager.put(PATH, json={"reasons": [DROPPED]})
    stale = put(shop.manager, 7, DROPPED)

    assert (missing.status_code, stale.status_code) == (428, 412)
    assert codes(shop.staff) == USUAL


def test_of_two_first_changes_at_once_one_wins(shop: Shop) -> None:
    manager, owner = shop.manager, shop.client(Role.OWNER)

    answers = at_once([lambda: put(manager, 1, DROPPED), lambda: put(owner, 1, OTHER)])

    assert sorted(one.status_code for one in answers) == [200, 412]
    [won] = [one.json() for one in answers if one.status_code == 200]
    assert ok(shop.staff.get(PATH)) == won
