"""Orders that staff accept, by channel; who added a line; what an order is called."""

from typing import Any

import pytest

from tests.support.credentials import enter
from tests.support.floor import Floor
from tests.support.menu_building import ok
from tests.support.shops import Shop
from tests.support.switches import order, placed, pos, refused, turn

AUTO = {"tablet": "auto", "guest": "auto", "pos": "auto"}


def clients(shop: Shop, floor: Floor) -> dict[str, tuple[Any, dict[str, str]]]:
    """A client of each channel, and what it says of the table."""
    table = {"table_id": str(floor.table(1))}
    return {
        "tablet": (floor.tablet(1), {}),
        "guest": (enter(shop, floor.table(1)).http, {}),
        "staff": (shop.staff, table),
        "pos": (pos(shop), table),
    }


@pytest.mark.parametrize("channel", ["tablet", "guest", "pos"])
def test_staff_accept_each_order_of_a_channel(shop: Shop, channel: str) -> None:
    floor = Floor(shop)
    turn(shop, order_acceptance=AUTO | {channel: "staff"})
    for name, (client, where) in clients(shop, floor).items():
        first = placed(order(client, floor, **where))
        assert first["held"] == (name == channel)
        if not first["held"]:
            continue
        path = f"/orders/{first['id']}"
        assert shop.kitchen.patch(path, json={"status": "preparing"}).status_code == 409
        accepted = ok(shop.staff.post(f"{path}/accept"))
        assert accepted["held"] is False
        assert ok(shop.kitchen.patch(path, json={"status": "preparing"}))["status"] == "preparing"
        # Unlike after a guest's first order, the next one waits as well.
        assert placed(order(client, floor, 2, **where))["held"] is True


def test_who_placed_an_order_does_not_accept_it(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, order_acceptance={"tablet": "staff", "guest": "auto", "pos": "staff"})
    till, table = pos(shop), {"table_id": str(floor.table(1))}
    own = f"/orders/{placed(order(till, floor, **table))['id']}"
    theirs = f"/orders/{placed(order(floor.tablet(1), floor, 2))['id']}"
    before = shop.counters()

    refused(shop, till.post(f"{own}/accept"), 403, "own-order")

    assert shop.counters() == before
    assert ok(shop.staff.get(own))["held"] is True
    # Many houses take orders on at the screen of their point of sale.
    assert ok(till.post(f"{theirs}/accept"))["held"] is False
    assert ok(shop.staff.post(f"{own}/accept"))["held"] is False


def test_a_refused_order_says_why(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, order_acceptance=AUTO | {"guest": "staff"})
    guest = enter(shop, floor.table(1)).http
    first = placed(order(guest, floor))
    assert (first["cancel_reason_code"], first["cancel_reason"]) == (None, None)
    reason = {"reason_code": "sold_out", "reason": "재료가 떨어졌습니다"}

    ok(shop.staff.post(f"/orders/{first['id']}/cancel", json=reason))

    read = ok(guest.get(f"/orders/{first['id']}"))
    assert (read["status"], read["cancel_reason_code"]) == ("cancelled", "sold_out")
    # Nobody is to accept it any more, and nobody can.
    assert read["held"] is False
    [entry] = ok(shop.staff.get("/tables/board"))["tables"]
    assert entry["newest_orders"][0]["held"] is False
    refused(shop, shop.staff.post(f"/orders/{first['id']}/accept"), 409, "transition-invalid")
    assert read["cancel_reason"] == reason["reason"]
    type_, data = shop.events()[-1]
    assert (type_, data["cancel_reason"]) == ("order.cancelled", reason["reason"])
    assert data["held"] is False


def test_the_reason_of_a_cancelled_portion_is_not_the_orders(shop: Shop) -> None:
    floor = Floor(shop)
    first = placed(order(floor.tablet(1), floor, 2))
    path = f"/orders/{first['id']}/lines/{first['lines'][0]['id']}/cancel"

    part = ok(shop.staff.post(path, json={"quantity": 1, "reason_code": "kitchen_error"}))
    whole = ok(shop.staff.post(path, json={"quantity": 1, "reason_code": "guest_request"}))

    assert (part["cancel_reason_code"], whole["cancel_reason_code"]) == (None, "guest_request")


def test_each_line_names_who_added_it_to_staff_alone(shop: Shop) -> None:
    floor = Floor(shop)
    for name, (client, where) in clients(shop, floor).items():
        first = placed(order(client, floor, 1, 1, **where))
        read = ok(shop.staff.get(f"/orders/{first['id']}"))
        shown = [line["added_by"] for line in read["lines"]]
        kind = {"pos": "api_key"}.get(name, name)
        assert [one["kind"] for one in shown] == [kind, kind]
        assert shop.events()[-1] == ("order.created", read)
        own = ok(client.get(f"/orders/{first['id']}"))
        for line in (*own["lines"], *first["lines"]):
            assert line["added_by"] == (shown[0] if where else None)
    nobody = "SELECT count(*) FROM order_lines WHERE store_id = %(store)s AND added_by IS NULL"
    assert shop.rows(nobody) == [(0,)]


def test_older_lines_were_added_by_who_placed_the_order(shop: Shop) -> None:
    floor = Floor(shop)
    first = placed(order(shop.staff, floor, table_id=str(floor.table(1))))
    actor = first["lines"][0]["added_by"]
    with_nobody = "UPDATE order_lines SET added_by = NULL WHERE store_id = %(store)s RETURNING true"
    assert shop.rows(with_nobody) == [(True,)]

    read = ok(shop.staff.get(f"/orders/{first['id']}"))

    assert read["lines"][0]["added_by"] == actor
    assert (actor["kind"], actor["name"]) == ("staff", "staff")


def test_an_order_is_called_by_its_channel(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, order_number_prefixes={"tablet": "T", "guest": "손님", "pos": "P"})
    called = []
    for client, where in clients(shop, floor).values():
        first = placed(order(client, floor, **where))
        called.append((first["number"], first["display_number"]))
        read = ok(shop.staff.get(f"/orders/{first['id']}"))
        assert read["display_number"] == first["display_number"]
        assert shop.events()[-1][1]["display_number"] == first["display_number"]
    assert called == [(1, "T-1"), (2, "손님-2"), (3, "3"), (4, "P-4")]
    [entry] = ok(shop.staff.get("/tables/board"))["tables"]
    assert [one["display_number"] for one in entry["newest_orders"]] == ["P-4", "3", "손님-2"]
    blocked = shop.staff.post(f"/sessions/{entry['session']['id']}/close", json={}).json()
    assert {one["display_number"] for one in blocked["blockers"]} == {one for _, one in called}


def test_a_new_prefix_renames_no_order(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, order_number_prefixes={"tablet": "T"})
    first = placed(order(floor.tablet(1), floor))

    shown = turn(shop, order_number_prefixes={"tablet": "A", "staff": "S"})

    prefixes = {"tablet": "A", "guest": None, "staff": "S", "pos": None}
    assert shown["order_number_prefixes"] == prefixes
    assert ok(shop.staff.get(f"/orders/{first['id']}"))["display_number"] == "T-1"
    assert placed(order(floor.tablet(1), floor))["display_number"] == "A-2"
