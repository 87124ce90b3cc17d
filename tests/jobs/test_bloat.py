"""Rows that change with every order stay on their page: PostgreSQL counts such updates as HOT."""

from uuid import uuid4

from app.local.processes import wait_until
from tests.support.floor import Floor, order_body
from tests.support.shops import Shop

ORDERS = 40
UPDATES = (
    "SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
    " WHERE relname IN ('store_counters', 'order_lines')"
)


def updates(shop: Shop) -> dict[str, tuple[int, int]]:
    """All updates of each table so far, and how many of them were HOT."""
    return {name: (every, hot) for name, every, hot in shop.rows(UPDATES)}


def test_counters_and_lines_are_updated_in_place(shop: Shop) -> None:
    floor = Floor(shop)
    before = updates(shop)
    tablet = floor.tablet(1)
    for _ in range(ORDERS):
        key = {"Idempotency-Key": str(uuid4())}
        order = tablet.post("/orders", json=order_body(floor.stew, 1), headers=key).json()
        line = order["lines"][0]["id"]
        for status in ("preparing", "served"):
            path = f"/orders/{order['id']}/lines/{line}"
            assert shop.kitchen.patch(path, json={"status": status}).status_code == 200

    def new(table: str) -> tuple[int, int]:
        (every, hot), (every_before, hot_before) = updates(shop)[table], before[table]
        return every - every_before, hot - hot_before

    # Sessions report what they did when they are idle for a second.
    assert wait_until(lambda: new("store_counters")[0] >= 3 * ORDERS, 30)
    assert wait_until(lambda: new("order_lines")[0] >= 2 * ORDERS, 30)
    for table, share in (("store_counters", 0.95), ("order_lines", 0.8)):
        every, hot = new(table)
        assert hot >= share * every, table
