"""The audit log: who did what, when and why; read by managers, changed by nobody."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from app.core.security.permissions import Role
from tests.support.floor import Floor, created, order_body
from tests.support.people import bearer, call, hired, login, settled
from tests.support.shops import Json, Shop


def log(shop: Shop, **wanted: Any) -> list[Json]:
    """The entries that a manager finds, newest first."""
    answer = shop.manager.get("/audit-log", params=wanted)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    entries: list[Json] = answer.json()["data"]
    return entries


def placed(floor: Floor, quantity: int = 1) -> Json:
    answer = floor.tablet(7).post(
        "/orders",
        json=order_body(floor.stew, quantity),
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 201, answer.text
    order: Json = answer.json()
    return order


def test_an_entry_says_who_did_what_to_what_when_and_why(shop: Shop) -> None:
    order = placed(Floor(shop))
    person = settled(shop, "kim")
    body = {"reason_code": "guest_request", "reason": "알레르기"}
    person.call("POST", f"/orders/{order['id']}/cancel", body)

    [entry] = log(shop, action="order-cancelled")

    assert set(entry) == {
        *("id", "at", "actor", "action", "target_kind", "target_id", "reason", "details"),
    }
    assert entry["actor"] == {"kind": "staff", "id": person.id, "name": "kim님"}
    assert (entry["target_kind"], entry["target_id"]) == ("order", order["id"])
    assert entry["reason"] == "알레르기"
    assert entry["details"] == {
        "reason_code": "guest_request",
        "lines": [{"line_id": order["lines"][0]["id"], "quantity": 1, "cancelled_quantity": 1}],
    }
    assert entry["at"].endswith("Z")


def test_what_must_leave_an_entry_does(shop: Shop) -> None:
    floor = Floor(shop)
    table = floor.table(7)
    one, other = placed(floor, 2), placed(floor)
    cancel = {"reason_code": "guest_request", "quantity": 1}
    line = f"/orders/{one['id']}/lines/{one['lines'][0]['id']}"
    created(shop.staff, f"/tables/{table}/pairing-codes", {})
    code = created(shop.staff, f"/tables/{table}/pairing-codes", {})["code"]
    paired = call(shop, "POST", "/auth/pair", {"code": code, "device_name": "7번"}).json()
    person = settled(shop, "kim")
    login(shop, "kim", "a wrong one")
    steps = [
        shop.staff.post(f"{line}/cancel", json=cancel),
        shop.staff.post(f"/orders/{other['id']}/cancel", json={"reason_code": "guest_request"}),
        shop.manager.post(
            f"/sessions/{one['session_id']}/close", json={"force": True, "reason": "left"}
        ),
        shop.staff.post(f"/tables/{table}/sessions", json={}),
        shop.manager.patch(
            f"/menu/items/{floor.stew}", json={"price": 9_500}, headers={"If-Match": "*"}
        ),
        shop.client(Role.OWNER).patch(
            person.path, json={"role": "manager"}, headers={"If-Match": "*"}
        ),
        call(shop, "POST", "/auth/logout", headers=bearer(paired)),
    ]
    assert {step.status_code // 100 for step in steps} == {2}
    opened = steps[3].json()["id"]
    assert shop.staff.post(f"/sessions/{opened}/close", json={}).status_code == 200

    found = [(entry["action"], entry["target_kind"]) for entry in reversed(log(shop, limit=200))]

    assert found == [
        ("pairing-code-made", "table"),
        ("pairing-code-made", "table"),
        ("device-paired", "device"),
        ("staff-added", "staff"),
        ("signed-in", "staff"),
        ("password-changed", "staff"),
        ("sign-in-refused", "staff"),
        ("order-cancelled", "order"),
        ("order-cancelled", "order"),
        ("order-cancelled", "order"),
        ("session-force-closed", "session"),
        ("price-changed", "item"),
        ("role-changed", "staff"),
        ("signed-out", "tablet"),
        ("session-closed", "session"),
    ]


def test_entries_are_found_by_what_is_asked_for(shop: Shop) -> None:
    kim, lee = settled(shop, "kim"), settled(shop, "lee")
    first = log(shop, actor_id=kim.id, action="password-changed")[0]
    last = log(shop, actor_id=lee.id, action="password-changed")[0]

    def found(**wanted: Any) -> list[tuple[str, str]]:
        return [(entry["action"], entry["target_id"]) for entry in log(shop, **wanted)]

    assert found(action="staff-added") == [("staff-added", lee.id), ("staff-added", kim.id)]
    assert found(actor_id=kim.id) == [("password-changed", kim.id), ("signed-in", kim.id)]
    assert found(target_id=lee.id, action="signed-in") == [("signed-in", lee.id)]
    assert found(target_kind="order") == []
    assert found(target_kind="staff", target_id=kim.id)[-1] == ("staff-added", kim.id)
    assert found(**{"from": last["at"]}) == [("password-changed", lee.id)]
    assert ("password-changed", kim.id) not in found(to=first["at"])
    between = {"from": first["at"], "to": last["at"]}
    assert found(**between)[-1] == ("password-changed", kim.id)
    assert ("password-changed", lee.id) not in found(**between)


def test_pages_go_back_to_the_first_entry_without_gap_or_repeat(shop: Shop) -> None:
    for number in range(5):
        hired(shop, f"person-{number}")
    seen: list[str] = []
    params: Json = {"limit": 2}
    while True:
        page = shop.manager.get("/audit-log", params=params).json()
        seen += [entry["details"]["username"] for entry in page["data"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
        hired(shop, f"later-{len(seen)}")

    assert seen == [f"person-{number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 201},
        {"limit": 0},
        {"cursor": "x"},
        {"action": "'; --"},
        {"actor_id": "kim"},
        {"from": "yesterday"},
        {"from_": "2026-11-25T00:00:00Z"},
    ],
)
def test_bad_questions_are_refused(shop: Shop, query: Json) -> None:
    assert shop.manager.get("/audit-log", params=query).status_code == 422


def test_managers_read_it_and_nobody_below(shop: Shop) -> None:
    floor = Floor(shop)
    readers = [shop.client(Role.OWNER), shop.manager]
    others = [shop.staff, shop.kitchen, floor.tablet(7)]

    assert [client.get("/audit-log").status_code for client in readers] == [200, 200]
    assert [client.get("/audit-log").status_code for client in others] == [403, 403, 403]


def test_a_store_reads_its_own_log_only(shop: Shop, other_shop: Shop) -> None:
    theirs = hired(other_shop, "canary")
    hired(shop, "kim")

    assert "canary" not in shop.manager.get("/audit-log").text
    assert log(shop, target_id=theirs.id) == []
    [entry] = log(other_shop, target_id=theirs.id)
    assert "canary" in entry["details"]["username"]


@pytest.mark.parametrize(
    "statement",
    [
        b"UPDATE audit_entries SET reason = 'another'",
        b"UPDATE audit_entries SET reason = 'another' WHERE false",
        b"DELETE FROM audit_entries",
        b"TRUNCATE audit_entries",
        b"ALTER TABLE audit_entries ADD COLUMN x int",
    ],
)
def test_the_services_role_can_not_change_what_is_written(shop: Shop, statement: bytes) -> None:
    hired(shop, "kim")
    before = log(shop)

    with psycopg.connect(shop.owner_url, options="-c role=table_order_app") as connection:
        connection.execute("SELECT set_config('app.store_id', %s, true)", (str(shop.id),))
        assert connection.execute("SELECT count(*) FROM audit_entries").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)

    assert log(shop) == before
