"""Every constraint of sessions, orders, baskets, calls and keys refuses what it is there to refuse.

The service asks first, so over HTTP most of them are never reached: they are for the race that
nobody thought of. Each is broken by one statement, and must be the one that objects.
"""

from collections.abc import Iterator

import psycopg
import pytest
from fastapi import FastAPI
from psycopg import sql
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table

from app.models.base import Model
from tests.support.baskets import filled
from tests.support.calls import CallFloor
from tests.support.menu_building import ok
from tests.support.parties import merge, seat
from tests.support.sets import REASON, Diner
from tests.support.shops import Shop, open_shop

GUARDED = (
    *("table_sessions", "session_tables", "orders", "order_lines", "order_line_options"),
    *("line_cancellations", "basket_lines", "service_requests", "service_request_items"),
    *("store_counters", "idempotency_records", "events"),
)
OPEN, CLOSED = "status = 'open'", "status = 'closed'"
DISH, PART = "parent_line_id IS NULL", "parent_line_id IS NOT NULL"
ITSELF = "origin_session_id = session_id"

# By constraint: what is set in which row.
BREAKING = {
    "ck_table_sessions_status_known": ("status = 'gone'", OPEN),
    "ck_table_sessions_closed_has_time": ("closed_at = now()", OPEN),
    "ck_table_sessions_guest_count_positive": ("guest_count = 0", OPEN),
    "ck_table_sessions_not_merged_into_itself": ("merged_into_id = id", CLOSED),
    "ck_table_sessions_merged_is_closed": ("merged_into_id = gen_random_uuid()", OPEN),
    "ck_orders_status_known": ("status = 'lost'", "true"),
    "ck_orders_channel_known": ("channel = 'fax'", "true"),
    "ck_orders_origin_is_elsewhere": (ITSELF, "true"),
    "ck_orders_total_not_negative": ("total = -1", "true"),
    "ck_orders_number_positive": ("number = 0", "true"),
    "ck_order_lines_status_known": ("status = 'lost'", "cancelled_quantity = 0"),
    "ck_order_lines_quantity_in_range": (
        "quantity = 100, total = (unit_price + options_total) * (100 - cancelled_quantity)",
        f"{DISH} AND status <> 'cancelled'",
    ),
    "ck_order_lines_part_is_whole": ("set_share = NULL", PART),
    "ck_order_lines_cancelled_fits_status": ("status = 'cancelled'", "cancelled_quantity = 0"),
    "ck_order_lines_total_adds_up": ("total = total + 1", DISH),
    "ck_order_line_options_quantity_in_range": ("quantity = 0", "true"),
    "ck_line_cancellations_quantity_positive": ("quantity = 0", "true"),
    "ck_basket_lines_quantity_in_range": ("quantity = 0", "true"),
    "ck_basket_lines_seat_in_range": ("seat = 0", "true"),
    "ck_basket_lines_origin_is_elsewhere": (ITSELF, "true"),
    "ck_service_requests_status_known": (
        "status = 'lost', cancelled_at = now(), cancelled_by = '{}'",
        "true",
    ),
    "ck_service_requests_channel_known": ("channel = 'fax'", "true"),
    "ck_service_requests_origin_is_elsewhere": (ITSELF, "session_id IS NOT NULL"),
    "ck_service_requests_steps_have_actors": (
        "status = 'acknowledged', acknowledged_at = now()",
        OPEN,
    ),
    "ck_service_requests_steps_fit_status": ("status = 'done'", OPEN),
    "ck_service_request_items_quantity_in_range": ("quantity = 0", "true"),
}
TABLES = [Model.metadata.tables[name] for name in GUARDED]
CHECKS = sorted(
    (table.name, str(one.name))
    for table in TABLES
    for one in table.constraints
    if isinstance(one, CheckConstraint)
)
REFERENCES = sorted(
    (table.name, one.column_keys[-1], str(one.name))
    for table in TABLES
    for one in table.constraints
    # What leads to the store itself can't be broken alone: see the last test.
    if isinstance(one, ForeignKeyConstraint) and len(one.column_keys) > 1
)
NEVER_SET = ("duplicate_of",)
"""References that no row of the store below has."""
PARTIAL = [table for table in TABLES if any(one.unique for one in table.indexes)]


@pytest.fixture(scope="module")
def full(app: FastAPI, base_url: str, database_url: str) -> Iterator[Shop]:
    """A store with a row of every kind."""
    shop = open_shop(base_url, app.state.runtime, database_url)
    diner, floor = Diner(shop), CallFloor(shop)
    lunch = diner.order(
        diner.choice(diner.main, "stew", 1, diner.hot), diner.choice(diner.side, "cola", 2)
    )
    ok(shop.staff.post(f"/orders/{lunch['id']}/cancel", json=REASON))
    diner.usual()
    left, kept = seat(floor, 2, 1), seat(floor, 3, 2)
    filled(floor, floor.tablet(2), 1)
    floor.calls(floor.tablet(2), water=1)
    ok(merge(shop, left["id"], kept["id"]))
    floor.calls(floor.tablet(4), water=1)
    yield shop
    shop.close()


def _objects(shop: Shop, statement: sql.Composed) -> str | None:
    """The constraint that refuses a statement; nothing of it stays in any case."""
    with psycopg.connect(shop.owner_url) as connection:
        try:
            found = connection.execute(statement, {"store": shop.id})
        except psycopg.errors.IntegrityError as error:
            return error.diag.constraint_name
        finally:
            connection.rollback()
        assert found.rowcount > 0, "the store has no such row"
    return None


def _update(table: str, changes: str, where: str) -> sql.Composed:
    return sql.SQL("UPDATE {} SET {} WHERE store_id = %(store)s AND {}").format(
        sql.Identifier(table),
        sql.SQL(changes),
        sql.SQL(where),
    )


@pytest.mark.parametrize(("table", "name"), CHECKS)
def test_a_check(full: Shop, table: str, name: str) -> None:
    assert _objects(full, _update(table, *BREAKING[name])) == name


@pytest.mark.parametrize(("table", "column", "name"), REFERENCES)
def test_a_reference_to_what_the_store_does_not_have(
    full: Shop, table: str, column: str, name: str
) -> None:
    change = f"{column} = gen_random_uuid()"
    # Where a check would object first, a row that has such a reference is needed.
    where = f"({column} IS NOT NULL OR {column in NEVER_SET})"

    assert _objects(full, _update(table, change, where)) == name


@pytest.mark.parametrize("table", TABLES, ids=GUARDED)
def test_a_row_that_is_there_twice(full: Shop, table: Table) -> None:
    columns = [one.name for one in table.columns if one.computed is None]

    assert _objects(full, _copied(table, columns, columns)) == table.primary_key.name


@pytest.mark.parametrize("table", PARTIAL, ids=[one.name for one in PARTIAL])
def test_an_open_one_that_is_there_twice(full: Shop, table: Table) -> None:
    columns = [one.name for one in table.columns]
    [index] = [one for one in table.indexes if one.unique]
    values = ["gen_random_uuid()" if name == "id" else name for name in columns]

    assert _objects(full, _copied(table, columns, values, OPEN)) == index.name


def test_a_number_that_is_there_twice(full: Shop) -> None:
    table = Model.metadata.tables["orders"]
    columns = [one.name for one in table.columns]
    values = ["gen_random_uuid()" if name == "id" else name for name in columns]

    found = _objects(full, _copied(table, columns, values))

    assert found == "uq_orders_store_id_business_date_number"


def _copied(
    table: Table, columns: list[str], values: list[str], where: str = "true"
) -> sql.Composed:
    return sql.SQL(
        "INSERT INTO {} ({}) SELECT {} FROM {} WHERE store_id = %(store)s AND {} LIMIT 1"
    ).format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(sql.Identifier(name) for name in columns),
        sql.SQL(", ".join(values)),
        sql.Identifier(table.name),
        sql.SQL(where),
    )


def test_each_constraint_of_the_models_is_in_the_database(full: Shop) -> None:
    known = {str(one.name) for table in TABLES for one in table.constraints}

    stored = {row[0] for row in full.rows("SELECT conname FROM pg_constraint")}

    assert known - stored == set()
