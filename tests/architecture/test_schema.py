"""What the catalogue must say about every table: autogenerate sees none of it."""

from typing import Any

import psycopg
import pytest

APP = "table_order_app"
READONLY = "table_order_readonly"
BACKUP = "table_order_backup"

# Not a store's own: which store a code names, which revision the schema has, buckets of attempts
# whose keys are hashes, and when the service's jobs ran.
REFERENCE = {"store_directory", "alembic_version", "throttles", "job_runs"}

READ = {"SELECT"}
APPEND = {"SELECT", "INSERT"}
CHANGE = {"SELECT", "INSERT", "UPDATE"}
REPLACE = {*CHANGE, "DELETE"}

# A new table fails here until somebody has decided what the API may do with it.
APP_MAY = {
    "alembic_version": READ,
    "api_keys": CHANGE,
    "areas": CHANGE,
    "audit_entries": APPEND,
    "basket_lines": REPLACE,
    "cancel_reason_lists": CHANGE,
    "categories": CHANGE,
    "devices": CHANGE,
    "events": APPEND,
    "idempotency_records": {*APPEND, "DELETE"},
    "item_option_groups": REPLACE,
    "items": CHANGE,
    "job_runs": {"SELECT", "UPDATE"},
    "line_cancellations": APPEND,
    "menu_clocks": CHANGE,
    "option_groups": CHANGE,
    "options": CHANGE,
    "order_line_options": CHANGE,
    "order_lines": CHANGE,
    "orders": CHANGE,
    "pairing_codes": REPLACE,
    "refresh_tokens": REPLACE,
    "service_request_items": APPEND,
    "service_request_types": CHANGE,
    "service_requests": CHANGE,
    "session_tables": {*APPEND, "DELETE"},
    "set_choices": REPLACE,
    "set_slots": CHANGE,
    "sign_ins": CHANGE,
    "staff": CHANGE,
    "store_counters": CHANGE,
    "store_directory": APPEND,
    "stores": CHANGE,
    "stream_tickets": {*APPEND, "DELETE"},
    "table_sessions": CHANGE,
    "table_access": CHANGE,
    "tables": CHANGE,
}

# Whoever reads for reports has no use for what a credential could be made of.
SECRET = {("staff", "password_hash"), ("refresh_tokens", "*"), ("pairing_codes", "*")}
# Answers are kept as they were sent, pairing codes among them.
SECRET |= {("idempotency_records", "*")}
SECRET |= {("table_access", "*"), ("table_sessions", "guest_pin")}
SECRET |= {("api_keys", "key_hash"), ("stream_tickets", "*"), ("throttles", "*")}

DEFINER_FUNCTIONS = {
    "event_heads",
    "events_after",
    "find_pairing_code_store",
    "find_table_token_store",
    "media_in_use",
    "prunable",
    "prune",
    "revocations_since",
    "sign_in_changes_since",
    "stores_with_due_clocks",
    "stores_with_returns",
    "throttle",
    "throttle_knows",
    "throttle_remember",
    "throttle_settle",
    "waiting_calls",
}

TENANT_KEYS = """
WITH own AS (
    SELECT c.oid, c.relname, a.attnum, a.attnotnull
    FROM pg_class c
    LEFT JOIN pg_attribute a
        ON a.attrelid = c.oid AND a.attname = 'store_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
      AND c.relname <> ALL (%(reference)s)
)
SELECT relname || ' has no NOT NULL store_id' FROM own WHERE attnotnull IS NOT TRUE
UNION ALL
SELECT relname || ' has no primary key' FROM own
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = own.oid AND k.contype = 'p')
UNION ALL
SELECT relname || ': unique index ' || i.indexrelid::regclass || ' does not begin with store_id'
FROM own JOIN pg_index i ON i.indrelid = own.oid
WHERE i.indisunique AND i.indkey[0] IS DISTINCT FROM own.attnum
UNION ALL
SELECT relname || ': ' || k.conname || ' does not begin with store_id'
FROM own JOIN pg_constraint k ON k.conrelid = own.oid
WHERE k.contype IN ('f', 'x') AND k.conkey[1] IS DISTINCT FROM own.attnum
UNION ALL
SELECT relname || ': ' || k.conname || ' refers to another store''s rows'
FROM own JOIN pg_constraint k ON k.conrelid = own.oid AND k.contype = 'f'
JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = k.confkey[1]
WHERE a.attname <> 'store_id'
"""

Connection = psycopg.Connection[tuple[Any, ...]]


def values(connection: Connection, query: str, **parameters: Any) -> list[Any]:
    """The first column of every row."""
    return [row[0] for row in connection.execute(query.encode(), parameters).fetchall()]


def tables(connection: Connection) -> set[str]:
    return set(
        values(
            connection,
            "SELECT relname FROM pg_class"
            " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace",
        )
    )


def test_every_key_begins_with_its_store(owner_connection: Connection) -> None:
    assert values(owner_connection, TENANT_KEYS, reference=sorted(REFERENCE)) == []


def test_the_key_check_sees_a_table_that_breaks_it(owner_connection: Connection) -> None:
    owner_connection.execute(
        "CREATE TABLE loose (id uuid PRIMARY KEY, store_id uuid, code text UNIQUE)"
    )
    found = values(owner_connection, TENANT_KEYS, reference=sorted(REFERENCE))
    assert sorted(found) == [
        "loose has no NOT NULL store_id",
        "loose: unique index loose_code_key does not begin with store_id",
        "loose: unique index loose_pkey does not begin with store_id",
    ]


def test_every_table_of_a_store_forces_row_level_security(owner_connection: Connection) -> None:
    walled = set(
        values(
            owner_connection,
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relrowsecurity AND relforcerowsecurity",
        )
    )
    assert walled == tables(owner_connection) - REFERENCE


def test_the_api_has_one_policy_per_table_and_it_names_the_store(
    owner_connection: Connection,
) -> None:
    policies = owner_connection.execute(
        "SELECT tablename, cmd, permissive, qual, with_check FROM pg_policies"
        " WHERE schemaname = 'public' AND (%(app)s = ANY (roles) OR 'public' = ANY (roles))",
        {"app": APP},
    ).fetchall()
    assert {table for table, *_ in policies} == tables(owner_connection) - REFERENCE
    assert len(policies) == len({table for table, *_ in policies})
    # In a sub-select it is evaluated once per statement, not once per row.
    own = "(store_id = ( SELECT current_store_id() AS current_store_id))"
    assert {tuple(rest) for _, *rest in policies} == {("ALL", "PERMISSIVE", own, own)}


def test_the_api_may_do_what_is_listed_and_no_more(owner_connection: Connection) -> None:
    granted: dict[str, set[str]] = {}
    for table, privilege in owner_connection.execute(
        "SELECT c.relname, p.privilege FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE',"
        " 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p(privilege)"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        " AND has_table_privilege(%(app)s, c.oid, p.privilege)",
        {"app": APP},
    ):
        granted.setdefault(table, set()).add(privilege)
    assert granted == APP_MAY


def test_the_api_owns_nothing_and_bypasses_nothing(owner_connection: Connection) -> None:
    row = owner_connection.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
        " has_schema_privilege(rolname, 'public', 'CREATE'),"
        " EXISTS (SELECT FROM pg_class WHERE relowner = r.oid),"
        " EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)"
        " FROM pg_roles r WHERE rolname = %(app)s",
        {"app": APP},
    ).fetchone()
    assert row == (False,) * 8


@pytest.mark.parametrize("role", [READONLY, BACKUP])
def test_readers_write_nowhere(owner_connection: Connection, role: str) -> None:
    writable = values(
        owner_connection,
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace = 'public'::regnamespace"
        " AND has_any_column_privilege(%(role)s, oid, 'INSERT, UPDATE')"
        " OR relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND has_table_privilege(%(role)s, oid, 'DELETE, TRUNCATE')",
        role=role,
    )
    assert writable == []


def test_a_backup_reads_everything_and_a_report_all_but_secrets(
    owner_connection: Connection,
) -> None:
    columns = owner_connection.execute(
        "SELECT c.relname, a.attname, has_column_privilege(%(readonly)s, c.oid, a.attnum, 'SELECT'),"
        " has_column_privilege(%(backup)s, c.oid, a.attnum, 'SELECT')"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        " AND a.attnum > 0 AND NOT a.attisdropped",
        {"readonly": READONLY, "backup": BACKUP},
    ).fetchall()
    assert [(table, column) for table, column, _, backup in columns if not backup] == []
    hidden = {(table, column) for table, column, readonly, _ in columns if not readonly}
    secret = {
        (table, column)
        for table, column, *_ in columns
        if (table, column) in SECRET or (table, "*") in SECRET
    }
    assert hidden == secret


def test_functions_that_see_all_stores_are_few_pinned_and_only_for_the_api(
    owner_connection: Connection,
) -> None:
    functions = owner_connection.execute(
        "SELECT proname, proconfig, has_function_privilege(%(app)s, oid, 'EXECUTE'),"
        " has_function_privilege(%(readonly)s, oid, 'EXECUTE')"
        " FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef",
        {"app": APP, "readonly": READONLY},
    ).fetchall()
    assert {name for name, *_ in functions} == DEFINER_FUNCTIONS
    assert {(tuple(config or ()), app, other) for _, config, app, other in functions} == {
        (("search_path=public, pg_temp",), True, False)
    }


def test_times_carry_their_zone(owner_connection: Connection) -> None:
    naive = values(
        owner_connection,
        "SELECT table_name || '.' || column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'",
    )
    assert naive == []


def test_money_is_counted_in_whole_units(owner_connection: Connection) -> None:
    inexact = values(
        owner_connection,
        "SELECT table_name || '.' || column_name FROM information_schema.columns"
        " WHERE table_schema = 'public'"
        " AND (data_type IN ('real', 'double precision', 'numeric', 'money')"
        "      OR column_name IN ('price', 'unit_price', 'options_total', 'total')"
        "         AND data_type <> 'bigint')",
    )
    assert inexact == []


def test_an_order_is_found_by_index_in_every_way_it_is_asked_for(
    owner_connection: Connection,
) -> None:
    """Each foreign key that points to a growing table's parent is the start of some index."""
    missing = values(
        owner_connection,
        "SELECT k.conname FROM pg_constraint k WHERE k.contype = 'f'"
        " AND k.conrelid = ANY (ARRAY['orders', 'order_lines', 'order_line_options',"
        " 'table_sessions', 'refresh_tokens']::regclass[])"
        " AND k.conname <> ALL (%(known)s)"
        " AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid"
        " AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] = k.conkey)",
        known=[
            # The history of a table goes through its sessions.
            "fk_orders_store_id_table_id",
            # Items, options and sessions are archived or closed, never deleted: nobody looks back.
            "fk_order_lines_store_id_item_id",
            "fk_order_line_options_store_id_option_id",
            "fk_orders_store_id_origin_session_id",
            # Asked of the later order only.
            "fk_orders_store_id_duplicate_of",
            # A set and its parts are read together, by their order.
            "fk_order_lines_store_id_parent_line_id",
            "fk_order_lines_store_id_slot_id",
        ],
    )
    assert missing == []
