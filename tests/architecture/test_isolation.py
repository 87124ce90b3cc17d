"""What the API's role can see and touch, tried with two stores: the wall behind the repositories."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

Connection = psycopg.Connection[tuple[Any, ...]]

ONE, OTHER = uuid4(), uuid4()

STORE = """
INSERT INTO stores (store_id, code, name, timezone, currency, default_language, languages,
    business_day_start, ordering_paused, settlement_required, created_at, updated_at, version)
VALUES (%(store)s, %(code)s, 'A store', 'Asia/Seoul', 'KRW', 'ko', '{ko}', '05:00', false, false,
    now(), now(), 1)
"""
AREA = """
INSERT INTO areas (store_id, id, name, position, created_at, updated_at, version)
VALUES (%(store)s, %(id)s, %(name)s, 0, now(), now(), 1)
"""
EVENT = """
INSERT INTO events (store_id, seq, type, occurred_at, actor, data)
VALUES (%(store)s, %(seq)s, 'store.updated', now(), '{}', '{}')
"""
AUDIT = """
INSERT INTO audit_entries (store_id, id, at, actor, action, target_kind, details)
VALUES (%(store)s, %(id)s, now(), '{}', 'test', 'store', '{}')
"""


def enter(connection: Connection, store: UUID | str) -> None:
    connection.execute("SELECT set_config('app.store_id', %s, true)", [str(store)])


def seen(connection: Connection, query: bytes) -> list[Any]:
    return [row[0] for row in connection.execute(query).fetchall()]


@pytest.fixture
def stores(app_connection: Connection) -> Connection:
    """Two stores with an area, three events and an audit entry each; the connection is in none."""
    for store, code in ((ONE, "one"), (OTHER, "other")):
        enter(app_connection, store)
        app_connection.execute(STORE, {"store": store, "code": code})
        app_connection.execute(AREA, {"store": store, "id": uuid4(), "name": code})
        app_connection.execute(
            "INSERT INTO store_counters (store_id, event_seq, catalog_version, order_number)"
            " VALUES (%s, 3, 7, 0)",
            [store],
        )
        for seq in (1, 2, 3):
            app_connection.execute(EVENT, {"store": store, "seq": seq})
        app_connection.execute(AUDIT, {"store": store, "id": uuid4()})
    enter(app_connection, "")
    return app_connection


def test_a_store_sees_its_own_rows_only(stores: Connection) -> None:
    enter(stores, ONE)
    assert seen(stores, b"SELECT name FROM areas") == ["one"]
    assert seen(stores, b"SELECT code FROM stores") == ["one"]
    enter(stores, OTHER)
    assert seen(stores, b"SELECT name FROM areas") == ["other"]


def test_in_no_store_nothing_is_seen(stores: Connection) -> None:
    assert seen(stores, b"SELECT name FROM areas") == []
    assert seen(stores, b"SELECT code FROM stores") == []


def test_the_store_ends_with_its_transaction(database_url: str) -> None:
    with psycopg.connect(
        database_url, options="-c role=table_order_app", autocommit=True
    ) as connection:
        with connection.transaction():
            enter(connection, ONE)
            assert seen(connection, b"SELECT current_store_id()") == [ONE]
        assert seen(connection, b"SELECT current_store_id()") == [None]


def test_another_stores_rows_are_not_changed(stores: Connection) -> None:
    enter(stores, ONE)
    changed = stores.execute(
        "UPDATE areas SET name = 'mine' WHERE store_id = %s RETURNING id", [OTHER]
    )
    assert changed.fetchall() == []
    enter(stores, OTHER)
    assert seen(stores, b"SELECT name FROM areas") == ["other"]


def test_a_row_is_not_put_into_another_store(stores: Connection) -> None:
    enter(stores, ONE)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        stores.execute(AREA, {"store": OTHER, "id": uuid4(), "name": "smuggled"})


def test_a_row_is_not_moved_to_another_store(stores: Connection) -> None:
    enter(stores, ONE)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        stores.execute("UPDATE areas SET store_id = %s", [OTHER])


def test_a_reference_stays_in_its_store(stores: Connection) -> None:
    enter(stores, OTHER)
    (area,) = seen(stores, b"SELECT id FROM areas")
    enter(stores, ONE)
    with pytest.raises(errors.ForeignKeyViolation, match="fk_tables_store_id_area_id"):
        stores.execute(
            "INSERT INTO tables (store_id, id, number, area_id, created_at, updated_at, version)"
            " VALUES (%s, %s, 1, %s, now(), now(), 1)",
            [ONE, uuid4(), area],
        )


@pytest.mark.parametrize(
    "statement",
    [
        b"UPDATE audit_entries SET action = 'nothing happened'",
        b"DELETE FROM audit_entries",
        b"TRUNCATE audit_entries",
        b"UPDATE events SET type = 'other'",
        b"DELETE FROM events",
        b"UPDATE idempotency_records SET status = 200",
        b"DELETE FROM orders",
        b"CREATE TABLE own (id int)",
        b"ALTER TABLE areas DISABLE ROW LEVEL SECURITY",
        b"DROP POLICY own_store ON areas",
        b"ALTER ROLE table_order_app BYPASSRLS",
    ],
)
def test_the_record_and_the_walls_are_out_of_reach(stores: Connection, statement: bytes) -> None:
    enter(stores, ONE)
    with pytest.raises(errors.InsufficientPrivilege):
        stores.execute(statement)


def test_heads_and_events_are_read_across_stores(stores: Connection) -> None:
    heads = stores.execute("SELECT * FROM event_heads(%s)", [[ONE, OTHER]]).fetchall()
    assert sorted(heads) == sorted([(ONE, 3, 7), (OTHER, 3, 7)])

    events = stores.execute(
        "SELECT store_id, seq FROM events_after(%s, %s, 2)", [[ONE, OTHER], [0, 2]]
    ).fetchall()
    assert events == sorted([(ONE, 1), (ONE, 2), (OTHER, 3)])


def test_the_owner_reads_all_stores_though_it_is_walled_in_too(
    owner_connection: Connection,
) -> None:
    for store, code in ((ONE, "one"), (OTHER, "other")):
        owner_connection.execute(STORE, {"store": store, "code": code})
    # Other tests of this worker left their stores in the same database.
    assert {ONE, OTHER} <= set(seen(owner_connection, b"SELECT store_id FROM stores"))
    owner_connection.execute("SET LOCAL ROLE table_order_app")
    assert seen(owner_connection, b"SELECT store_id FROM stores") == []
