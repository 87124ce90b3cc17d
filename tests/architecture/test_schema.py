"""What the database itself must hold, also for tables that are not written yet."""

import psycopg
import pytest

REFERENCE = ("alembic_version", "store_directory")

WITHOUT_WALL = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relname = ANY (%s)
  AND (NOT c.relrowsecurity OR NOT c.relforcerowsecurity
       OR NOT EXISTS (SELECT FROM pg_policies p
                      WHERE p.tablename = c.relname AND p.policyname = 'own_store'))
"""
KEYS_WITHOUT_STORE = """
SELECT i.indexrelid::regclass::text FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND i.indisunique AND NOT c.relname = ANY (%s)
  AND i.indkey[0] <> (SELECT a.attnum FROM pg_attribute a
                      WHERE a.attrelid = c.oid AND a.attname = 'store_id')
"""
REFERENCES_WITHOUT_STORE = """
SELECT k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND NOT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attname = 'store_id' AND a.attnum = ANY (k.conkey))
"""


@pytest.mark.parametrize("query", [WITHOUT_WALL, KEYS_WITHOUT_STORE])
def test_every_table_belongs_to_a_store(database_url: str, query: str) -> None:
    with psycopg.connect(database_url) as owner:
        assert owner.execute(query, (list(REFERENCE),)).fetchall() == []


def test_every_reference_stays_in_its_store(database_url: str) -> None:
    with psycopg.connect(database_url) as owner:
        assert owner.execute(REFERENCES_WITHOUT_STORE).fetchall() == []


@pytest.mark.parametrize("table", ["audit_entries", "events"])
@pytest.mark.parametrize("change", ["UPDATE {} SET store_id = store_id", "DELETE FROM {}"])
def test_the_service_can_not_rewrite_history(database_url: str, table: str, change: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE table_order_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(change.format(table))
