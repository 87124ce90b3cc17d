"""No filter of the history reads or sorts a store's whole past."""

from datetime import date
from itertools import combinations
from typing import Any

import pytest

from app.core.keyset import NumberPlace
from bench.history import FIRST
from bench.numbers import ITEM, SESSION, TABLE, made
from tests.plans.conftest import GONE, NEVER_USED, ORDERS, RARE
from tests.plans.watching import SMALL, Plan, Watched

LIMIT = 20
READ, SORTED = ORDERS * 0.15, ORDERS * 0.05
"""The most that a page may look at, and sort. One in 500 orders is of the POS, so one in 100
sessions has such an order, and a page of them passes some 2,000 sessions with five orders each."""

WANTED: dict[str, dict[str, str]] = {
    "everything": {},
    "table": {"table_id": str(made(TABLE, 7))},
    "session": {"session_id": str(made(SESSION, FIRST + 40))},
    "live": {"status": "pending,preparing"},
    "ready": {"status": "ready"},
    "cancelled": {"status": "cancelled"},
    "served": {"status": "served"},
    "tablet": {"channel": "tablet"},
    "pos": {"channel": "pos"},
    "item": {"item_id": str(made(ITEM, 9))},
    "no_item": {"item_id": str(made(ITEM, 9_999))},
    "rare": {"item_id": str(made(ITEM, RARE))},
    "gone": {"item_id": str(made(ITEM, GONE))},
    "never_used": {"table_id": str(made(TABLE, NEVER_USED))},
    "unfinished": {"status": "preparing"},
    "long_ago": {"to": "2026-01-01T00:00:00Z"},
    "day": {"business_date": "2026-11-02"},
    "days": {"business_date_from": "2026-10-05", "business_date_to": "2026-11-02"},
    "times": {"from": "2026-10-10T00:00:00Z", "to": "2026-10-20T00:00:00Z"},
    "changes": {"updated_after": "2026-10-10T00:00:00Z"},
    "changes_of_today": {"updated_after": "2026-11-20T12:10:00Z"},
}
ALONE = [(name,) for name in WANTED]
KINDS = ("table", "cancelled", "live", "pos", "item", "day", "days", "times", "changes")
TOGETHER = [pair for pair in combinations(KINDS, 2) if set(pair) != {"cancelled", "live"}]
TOGETHER += [
    *[("rare", other) for other in ("day", "pos", "table", "cancelled", "changes")],
    *[("gone", other) for other in ("day", "pos", "table", "cancelled", "days", "long_ago")],
    *[("never_used", other) for other in ("item", "cancelled", "served", "changes", "days")],
    *[("unfinished", other) for other in ("item", "table", "pos", "days")],
    *[("long_ago", other) for other in ("table", "item", "cancelled", "pos")],
]
SESSIONS = [
    *[("rare",), ("gone",), ("gone", "table"), ("pos", "table"), ("pos", "item"), ("long_ago",)],
    *[("never_used",), ("never_used", "item")],
    *[(name,) for name in ("everything", "table", "item", "pos", "tablet", "day", "days", "times")],
    *[("changes",), ("changes_of_today",), ("table", "days"), ("table", "item"), ("item", "times")],
]


def query(names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for one in names for name, value in WANTED[one].items()}


def assert_small(plans: list[Plan]) -> None:
    for plan in plans:
        assert plan.scans() == [], plan.text
        assert plan.rows_read() <= READ, (plan.rows_read(), plan.text)
        assert plan.rows_sorted() <= SORTED, (plan.rows_sorted(), plan.text)


@pytest.mark.parametrize("names", [*ALONE, *TOGETHER], ids="+".join)
def test_orders(watched: Watched, names: tuple[str, ...]) -> None:
    _, plans = watched.get("/orders", limit=LIMIT, **query(names))
    assert_small(plans)


@pytest.mark.parametrize("names", [("everything",), ("table",), ("cancelled",), ("changes",)])
def test_a_page_in_the_middle_of_orders(watched: Watched, names: tuple[str, ...]) -> None:
    cursor: Any = None
    wanted = query(names) | {"limit": "100"}
    for _ in range(3):
        page, _ = watched.get("/orders", **wanted, **({"cursor": cursor} if cursor else {}))
        cursor = page["next_cursor"]
    _, plans = watched.get("/orders", **wanted, cursor=cursor)
    assert_small(plans)


@pytest.mark.parametrize("status", [None, "open", "closed"])
@pytest.mark.parametrize("names", SESSIONS, ids="+".join)
def test_sessions(watched: Watched, names: tuple[str, ...], status: str | None) -> None:
    wanted = query(names) | ({"status": status} if status else {})
    _, plans = watched.get("/sessions", limit=LIMIT, **wanted)
    assert_small(plans)


@pytest.mark.parametrize("names", [("item",), ("served",), ("tablet",), ("cancelled", "table")])
def test_the_last_page_of_a_long_walk(watched: Watched, names: tuple[str, ...]) -> None:
    oldest = str(NumberPlace(date(2025, 12, 9), 100))
    _, plans = watched.get("/orders", limit=LIMIT, cursor=oldest, **query(names))
    assert_small(plans)


def test_the_board_reads_what_is_open(watched: Watched) -> None:
    _, plans = watched.get("/tables/board")
    assert_small(plans)


def test_the_check_sees_a_past_that_is_read_whole() -> None:
    node = {"Relation Name": "orders", "Actual Rows": 1.0, "Actual Loops": 1}
    scan = Plan("", node | {"Node Type": "Seq Scan", "Rows Removed by Filter": 2 * SMALL})
    filtered = Plan("", node | {"Node Type": "Index Scan", "Rows Removed by Filter": ORDERS})
    for plan in (scan, filtered):
        with pytest.raises(AssertionError):
            assert_small([plan])
