"""The staff screen shows what has just happened, however often it was read before."""

from uuid import uuid4

from tests.support.floor import Floor, order_body
from tests.support.shops import Shop


def test_the_board_follows_every_change(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(7)
    empty = shop.staff.get("/tables/board").json()
    assert shop.staff.get("/tables/board").json() == empty

    order = tablet.post(
        "/orders", json=order_body(floor.stew, 2), headers={"Idempotency-Key": str(uuid4())}
    ).json()
    busy = shop.staff.get("/tables/board").json()
    shop.kitchen.patch(f"/orders/{order['id']}", json={"status": "served"})
    served = shop.staff.get("/tables/board").json()
    shop.staff.post(f"/sessions/{order['session_id']}/close", json={})
    closed = shop.staff.get("/tables/board").json()

    assert empty["tables"][0]["session"] is None
    [entry] = busy["tables"]
    assert (entry["table"]["state"], entry["total"]) == ("occupied", 18_000)
    assert entry["orders_by_status"]["pending"] == 1
    assert entry["newest_orders"][0]["id"] == order["id"]
    assert busy["event_seq"] == empty["event_seq"] + 2
    assert served["tables"][0]["orders_by_status"]["served"] == 1
    assert closed["tables"][0]["table"]["state"] == "free"
    assert closed["event_seq"] == shop.counters()[0]
