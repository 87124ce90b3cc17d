"""A page of somebody's sign-ins costs what it shows, however often a script has signed in."""

from typing import Any

import psycopg
import pytest

from app.core.ids import uuid7
from bench.numbers import STORE, made
from tests.plans.conftest import LARGE, ORDERS
from tests.plans.test_history_plans import LIMIT, assert_small
from tests.plans.watching import Watched

HIRED = """
INSERT INTO staff (store_id, id, username, display_name, role, password_hash, must_change_password,
        active, created_at, updated_at, version)
    VALUES (%(store)s, %(staff)s, %(name)s, 'x', 'manager', '', false, true, now(), now(), 1)
"""
MADE = """
INSERT INTO sign_ins (store_id, id, kind, staff_id, expires_at, last_used_at, created_at, updated_at,
        version)
    SELECT %(store)s, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000'
        || lpad(to_hex(n), 16, '8'))::uuid, 'staff', %(staff)s, now() + interval '8 hours', at, at,
        at, 1
    FROM generate_series(1, %(count)s) n,
        LATERAL (SELECT now() - %(ago)s * interval '1 hour' - n * interval '0.05 seconds') a(at)
"""


@pytest.fixture(scope="module")
def busy(watched: Watched) -> Watched:
    """Two scripts have signed in without end: that of the manager first, then another one."""
    me: Any = watched.shop.manager.get("/auth/me").json()
    with psycopg.connect(watched.url, autocommit=True) as connection:
        for ago, name, staff in ((2, "first", me["id"]), (0, "then", uuid7())):
            values = {"store": made(STORE, LARGE), "staff": staff, "name": name, "ago": ago}
            connection.execute(HIRED.encode(), values)
            connection.execute(MADE.encode(), {**values, "count": ORDERS})
        connection.execute("VACUUM ANALYZE sign_ins")
    return watched


def test_a_page_of_sign_ins(busy: Watched) -> None:
    first, plans = busy.get("/auth/sessions", limit=LIMIT)
    assert_small(plans)
    _, plans = busy.get("/auth/sessions", limit=LIMIT, cursor=first["next_cursor"])
    assert_small(plans)
    assert max(plan.rows_read() for plan in plans) <= 2 * LIMIT
