"""Audit entries go after years, and the database itself keeps the last one."""

import psycopg
import pytest
from psycopg import errors

from tests.support.retention import execute, prune, write_down, written
from tests.support.shops import Shop


def test_audit_entries_are_kept_for_years(shop: Shop, other_shop: Shop) -> None:
    write_down(shop, 1, 400, 1_824, 1_826, 3_000)
    write_down(other_shop, 2, 1_900)
    prune(shop, audit_retention_days=0)
    assert written(shop) == [1, 400, 1_824, 1_826, 3_000]
    others = prune(shop, dry_run=True)["audit_entries"]
    assert prune(shop, retention_batch=1)["audit_entries"] == others == 3
    assert (written(shop), written(other_shop)) == ([1, 400, 1_824], [2])
    prune(shop, audit_retention_days=365)
    assert written(shop) == [1]


def test_an_entry_goes_by_its_time_where_a_clock_was_set(shop: Shop) -> None:
    write_down(shop, 1_826)
    execute(
        shop,
        "UPDATE audit_entries SET at = at + interval '2 days'"
        " WHERE store_id = %(store)s AND target_kind = 'days'",
    )
    prune(shop)
    assert written(shop) == [1_826]


def test_the_database_keeps_a_year_of_the_audit_log(shop: Shop) -> None:
    """Whoever has the API's password can't hide what they did."""
    write_down(shop, 1, 300, 400)
    with psycopg.connect(shop.owner_url, options="-c role=table_order_app") as connection:
        for days in (1, 363):
            with pytest.raises(errors.InvalidParameterValue), connection.transaction():
                connection.execute(
                    "SELECT prune('audit_entries', %s, now() - make_interval(days => %s), 500)",
                    [shop.id, days],
                )
    assert written(shop) == [1, 300, 400]
