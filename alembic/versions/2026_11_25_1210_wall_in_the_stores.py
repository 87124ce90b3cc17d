"""Wall in the stores: roles, row-level security, and the few look-ups that cross stores.

The API works as `table_order_app`: it owns nothing, bypasses nothing, and sees only the rows of
the store that its transaction names in `app.store_id`. What must be found before the store is
known (a pairing code) or across stores (event heads, ended sign-ins) goes through narrow SECURITY
DEFINER functions.

Revision ID: 20261125_1210
Revises: 20261125_1200
"""

from alembic import op

revision = "20261125_1210"
down_revision = "20261125_1200"
branch_labels = None
depends_on = None

APP, READONLY, BACKUP = "table_order_app", "table_order_readonly", "table_order_backup"

CHANGED = (
    "areas",
    "categories",
    "devices",
    "item_option_groups",
    "items",
    "option_groups",
    "options",
    "order_line_options",
    "order_lines",
    "orders",
    "pairing_codes",
    "refresh_tokens",
    "sign_ins",
    "staff",
    "store_counters",
    "stores",
    "table_sessions",
    "tables",
)
APPENDED = ("audit_entries", "events", "idempotency_records")
DELETED = ("item_option_groups", "pairing_codes", "refresh_tokens", "idempotency_records")
# Reports read all but what a credential could be made of: hashes, and answers as they were sent.
NOT_REPORTED = ("idempotency_records", "pairing_codes", "refresh_tokens", "staff")
STAFF_REPORTED = (
    "store_id, id, username, display_name, role, must_change_password, active, archived_at,"
    " created_at, updated_at, version"
)

# Roles are the cluster's, not the database's: another database, or an init script, may have made
# them, and two test runs may make them at once.
CREATE_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""

# The migrating login may serve the API too, on a developer's machine: it then does SET ROLE.
GRANT_TO_OWNER = """
DO $$ BEGIN
    IF current_user <> '{role}' THEN EXECUTE 'GRANT {role} TO CURRENT_USER'; END IF;
EXCEPTION WHEN insufficient_privilege OR unique_violation OR internal_error THEN NULL;
END $$
"""

ROLE_SETTINGS = f"""
DO $$ BEGIN
    ALTER ROLE {APP} SET lock_timeout = '2s';
    ALTER ROLE {APP} SET statement_timeout = '5s';
    ALTER ROLE {APP} SET idle_in_transaction_session_timeout = '10s';
EXCEPTION WHEN insufficient_privilege OR unique_violation OR internal_error THEN
    RAISE NOTICE 'the time-outs of {APP} are left to whoever may alter it';
END $$
"""

FUNCTIONS = (
    """
    CREATE FUNCTION current_store_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT NULLIF(current_setting('app.store_id', true), '')::uuid $$
    """,
    """
    CREATE FUNCTION find_pairing_code_store(p_code_hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
    $$ SELECT store_id FROM pairing_codes WHERE code_hash = p_code_hash
       ORDER BY expires_at DESC LIMIT 1 $$
    """,
    """
    CREATE FUNCTION event_heads(p_stores uuid[])
    RETURNS TABLE (store_id uuid, event_seq bigint, catalog_version bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
    $$ SELECT c.store_id, c.event_seq, c.catalog_version FROM store_counters c
       WHERE c.store_id = ANY (p_stores) $$
    """,
    """
    CREATE FUNCTION events_after(p_stores uuid[], p_seqs bigint[], p_limit int)
    RETURNS SETOF events
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
    $$ SELECT e.* FROM unnest(p_stores, p_seqs) AS w(store_id, seq)
       CROSS JOIN LATERAL (
           SELECT * FROM events x WHERE x.store_id = w.store_id AND x.seq > w.seq
           ORDER BY x.seq LIMIT p_limit
       ) e ORDER BY e.store_id, e.seq $$
    """,
    """
    CREATE FUNCTION revocations_since(p_since timestamptz)
    RETURNS TABLE (store_id uuid, sign_in_id uuid, revoked_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
    $$ SELECT s.store_id, s.id, s.revoked_at FROM sign_ins s WHERE s.revoked_at > p_since $$
    """,
)
SIGNATURES = (
    "find_pairing_code_store(bytea)",
    "event_heads(uuid[])",
    "events_after(uuid[], bigint[], int)",
    "revocations_since(timestamptz)",
)


def upgrade() -> None:
    for role in (APP, READONLY, BACKUP):
        op.execute(CREATE_ROLE.format(role=role))
    op.execute(GRANT_TO_OWNER.format(role=APP))
    op.execute(ROLE_SETTINGS)
    for function in FUNCTIONS:
        op.execute(function)
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP}, {READONLY}, {BACKUP}")
    # PostgreSQL 14 lets everybody create there; a warning and no more where another owns the schema.
    op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    # No default privileges: what a new table gives to whom is written in its own migration.
    op.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READONLY}, {BACKUP}")
    op.execute(f"REVOKE ALL ON {', '.join(NOT_REPORTED)} FROM {READONLY}")
    op.execute(f"GRANT SELECT ({STAFF_REPORTED}) ON staff TO {READONLY}")
    for table in (*CHANGED, *APPENDED):
        _wall_in(table)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(CHANGED)} TO {APP}")
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(APPENDED)} TO {APP}")
    op.execute(f"GRANT DELETE ON {', '.join(DELETED)} TO {APP}")
    op.execute(f"GRANT SELECT, INSERT ON store_directory TO {APP}")
    op.execute(f"GRANT SELECT ON alembic_version TO {APP}")
    for signature in SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}")


def _wall_in(table: str) -> None:
    own = "store_id = (SELECT current_store_id())"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_store ON {table} TO {APP} USING ({own}) WITH CHECK ({own})")
    op.execute(
        f"CREATE POLICY owner_sees_all ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)"
    )
    op.execute(
        f"CREATE POLICY readers_see_all ON {table} FOR SELECT TO {READONLY}, {BACKUP} USING (true)"
    )


def downgrade() -> None:
    for table in (*CHANGED, *APPENDED):
        for policy in ("own_store", "owner_sees_all", "readers_see_all"):
            op.execute(f"DROP POLICY {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {APP}, {READONLY}, {BACKUP}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {APP}, {READONLY}, {BACKUP}")
    for signature in (*SIGNATURES, "current_store_id()"):
        op.execute(f"DROP FUNCTION {signature}")
