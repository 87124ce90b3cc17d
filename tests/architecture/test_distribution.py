"""What a cluster that keeps each store's rows together (Citus) would refuse of this schema.

The rules are those of its sources (commands/policy.c, trigger.c, foreign_constraint.c,
create_distributed_table.c). What stands in the way is listed here with what becomes of it; all
else fails. `docs/operations/scaling.md` has the steps.
"""

from typing import Any

import psycopg
import pytest

from tests.architecture.test_schema import REFERENCE, values

Connection = psycopg.Connection[tuple[Any, ...]]

# Small, and the same for all stores: they stay on the coordinator.
KEPT_WHOLE = REFERENCE
# It fills `session_tables`, whose rows are with those of `table_sessions`: it may be allowed there.
OWN_STORE_TRIGGERS = {
    "table_sessions: trigger seat_session",
    "stores: trigger same_acceptance",
    "stores: trigger usual_service_request_types",
}
# From a table that stays whole to one that is spread: it goes before the spreading.
LEAVING_KEYS = {"store_directory: fk_store_directory_store_id leaves a table that stays whole"}

REFUSED = """
WITH spread AS (
    SELECT c.oid, c.relname, a.attnum, a.atttypid
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'store_id'
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
      AND c.relname <> ALL (%(whole)s)
), keys AS (
    SELECT k.*, s.attnum, s.relname FROM spread s JOIN pg_constraint k ON k.conrelid = s.oid
)
SELECT relname || ': store_id is no uuid' FROM spread WHERE atttypid <> 'uuid'::regtype
UNION ALL
SELECT s.relname || ': unique index ' || i.indexrelid::regclass || ' has no store_id'
FROM spread s JOIN pg_index i ON i.indrelid = s.oid
WHERE i.indisunique AND NOT s.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
UNION ALL
SELECT relname || ': ' || conname || ' has no store_id' FROM keys
WHERE contype IN ('p', 'u', 'x') AND NOT attnum = ANY (conkey)
UNION ALL
SELECT k.relname || ': ' || k.conname || ' does not join store_id with store_id'
FROM keys k LEFT JOIN spread other ON other.oid = k.confrelid
WHERE k.contype = 'f' AND (other.oid IS NULL OR array_position(k.conkey, k.attnum)
    IS DISTINCT FROM array_position(k.confkey, other.attnum))
UNION ALL
SELECT relname || ': ' || conname || ' would change store_id' FROM keys
WHERE contype = 'f' AND (confdeltype IN ('n', 'd') OR confupdtype IN ('c', 'n', 'd'))
UNION ALL
SELECT k.conrelid::regclass || ': ' || k.conname || ' leaves a table that stays whole'
FROM pg_constraint k JOIN spread s ON s.oid = k.confrelid
WHERE k.contype = 'f' AND k.conrelid NOT IN (SELECT oid FROM spread)
UNION ALL
SELECT s.relname || ': trigger ' || t.tgname
FROM spread s JOIN pg_trigger t ON t.tgrelid = s.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT s.relname || '.' || a.attname || ' is numbered by a sequence'
FROM spread s JOIN pg_attribute a ON a.attrelid = s.oid
WHERE a.attidentity <> '' OR pg_get_serial_sequence(s.oid::regclass::text, a.attname) IS NOT NULL
UNION ALL
SELECT s.relname || ': store_id is computed'
FROM spread s JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum = s.attnum
WHERE a.attgenerated <> ''
UNION ALL
SELECT s.relname || ' inherits' FROM spread s JOIN pg_inherits i ON s.oid IN (i.inhrelid, i.inhparent)
JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
UNION ALL
SELECT s.relname || ': rule ' || r.rulename FROM spread s JOIN pg_rewrite r ON r.ev_class = s.oid
UNION ALL
SELECT 'sequence ' || relname FROM pg_class
WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
"""


def refused(connection: Connection) -> set[str]:
    return set(values(connection, REFUSED, whole=sorted(KEPT_WHOLE)))


def test_what_stands_in_the_way_is_known(owner_connection: Connection) -> None:
    assert refused(owner_connection) == OWN_STORE_TRIGGERS | LEAVING_KEYS


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("CREATE SEQUENCE numbers", "sequence numbers"),
        ("ALTER TABLE orders ADD rank int UNIQUE", "orders: unique index orders_rank_key has no"),
        (
            "ALTER TABLE orders ADD place bigint GENERATED ALWAYS AS IDENTITY",
            "orders.place is numbered by a sequence",
        ),
        (
            "ALTER TABLE orders ADD CONSTRAINT crossed FOREIGN KEY (id, store_id)"
            " REFERENCES orders (store_id, id) NOT VALID",
            "orders: crossed does not join store_id with store_id",
        ),
        (
            "ALTER TABLE orders ADD CONSTRAINT named FOREIGN KEY (note)"
            " REFERENCES store_directory (code) NOT VALID",
            "orders: named does not join store_id with store_id",
        ),
        (
            "ALTER TABLE orders ADD CONSTRAINT emptied FOREIGN KEY (store_id, table_id)"
            " REFERENCES tables (store_id, id) ON DELETE SET NULL",
            "orders: emptied would change store_id",
        ),
        ("CREATE RULE quiet AS ON DELETE TO orders DO INSTEAD NOTHING", "orders: rule quiet"),
        ("CREATE TABLE old_orders () INHERITS (orders)", "orders inherits"),
        (
            "CREATE TRIGGER again AFTER INSERT ON orders FOR EACH ROW"
            " EXECUTE FUNCTION seat_session()",
            "orders: trigger again",
        ),
    ],
)
def test_the_check_sees_what_would_be_refused(
    owner_connection: Connection, change: str, found: str
) -> None:
    owner_connection.execute(change.encode())
    assert [text for text in refused(owner_connection) if text.startswith(found)]


def test_every_wall_would_be_written_without_its_sub_select(owner_connection: Connection) -> None:
    """Sub-selects in policies are refused; without, the function is asked for every row."""
    walls = owner_connection.execute(
        "SELECT DISTINCT qual, with_check FROM pg_policies WHERE qual LIKE '%SELECT%'"
        " OR with_check LIKE '%SELECT%'"
    ).fetchall()
    own = "(store_id = ( SELECT current_store_id() AS current_store_id))"
    assert walls == [(own, own)]
