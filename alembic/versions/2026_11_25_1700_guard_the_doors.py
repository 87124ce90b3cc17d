"""Guard the doors: API keys, stream tickets, and buckets that slow guessing down.

Revision ID: 20261125_1700
Revises: 20261125_1600
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261125_1700"
down_revision = "20261125_1600"
branch_labels = None
depends_on = None

APP, READONLY, BACKUP = "table_order_app", "table_order_readonly", "table_order_backup"

SCOPES = (
    "'menu:read', 'menu:write', 'tables:read', 'tables:write', 'orders:read', 'orders:write',"
    " 'payments:write', 'events:read', 'reports:read'"
)
KEYS_REPORTED = (
    "store_id, id, name, scopes, prefix, last_used_at, expires_at, revoked_at, created_at,"
    " updated_at, version"
)

# A key that expires has ended like one that was revoked: streams and caches learn both here.
REVOCATIONS = """
CREATE OR REPLACE FUNCTION revocations_since(p_since timestamptz)
RETURNS TABLE (store_id uuid, sign_in_id uuid, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT s.store_id, s.id, s.revoked_at FROM sign_ins s WHERE s.revoked_at > p_since
   UNION ALL
   SELECT k.store_id, k.id, k.revoked_at FROM api_keys k WHERE k.revoked_at > p_since
   UNION ALL
   SELECT k.store_id, k.id, k.expires_at FROM api_keys k
   WHERE k.expires_at > p_since AND k.expires_at <= now() $$
"""

REVOCATIONS_BEFORE = """
CREATE OR REPLACE FUNCTION revocations_since(p_since timestamptz)
RETURNS TABLE (store_id uuid, sign_in_id uuid, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT s.store_id, s.id, s.revoked_at FROM sign_ins s WHERE s.revoked_at > p_since $$
"""

# GCRA. The upsert decides and charges in one statement, so that of parallel attempts exactly the
# burst is let in. A charge doubles with each failure beyond the burst, up to p_longest; a failure
# is forgiven for each p_longest in which nothing happened. What was refused charges nothing.
THROTTLE = """
CREATE FUNCTION throttle(
    p_key bytea, p_burst int, p_base double precision, p_longest double precision
) RETURNS TABLE (wait double precision, charge double precision)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_slack interval := make_interval(secs => p_base * (p_burst - 1));
BEGIN
    IF random() < 0.002 THEN
        DELETE FROM throttles WHERE key IN (
            SELECT t.key FROM throttles t WHERE t.tat < v_now - interval '1 day'
            LIMIT 500 FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY INSERT INTO throttles AS t (key, tat, failures)
        VALUES (p_key, v_now + make_interval(secs => p_base), 1)
        ON CONFLICT (key) DO UPDATE SET (tat, failures) = (
            SELECT greatest(t.tat, v_now) + make_interval(secs => least(
                    p_longest, p_base * power(2, least(30, greatest(0, f.before + 1 - p_burst))))),
                f.before + 1
            FROM (SELECT greatest(0, t.failures - floor(greatest(0,
                extract(epoch FROM v_now - t.tat)) / p_longest)::int) AS before) f)
        WHERE t.tat <= v_now + v_slack
        RETURNING 0::double precision, least(
            p_longest, p_base * power(2, least(30, greatest(0, t.failures - p_burst))));
    IF NOT FOUND THEN
        RETURN QUERY SELECT
            greatest(0.001, extract(epoch FROM t.tat - v_slack - v_now))::double precision,
            0::double precision
            FROM throttles t WHERE t.key = p_key;
    END IF;
END $$
"""

FUNCTIONS = (
    THROTTLE,
    # The attempt was right: give its charge back, or empty the bucket (no charge named).
    """
    CREATE FUNCTION throttle_settle(p_key bytea, p_charge double precision) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DELETE FROM throttles WHERE key = p_key AND (p_charge IS NULL OR failures <= 1);
        UPDATE throttles SET tat = tat - make_interval(secs => p_charge), failures = failures - 1
            WHERE key = p_key;
    $$
    """,
    """
    CREATE FUNCTION throttle_remember(p_key bytea, p_seconds double precision) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        INSERT INTO throttles AS t (key, tat, failures)
            VALUES (p_key, clock_timestamp() + make_interval(secs => p_seconds), 0)
            ON CONFLICT (key) DO UPDATE SET tat = excluded.tat
    $$
    """,
    """
    CREATE FUNCTION throttle_knows(p_key bytea) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT EXISTS (SELECT FROM throttles WHERE key = p_key AND tat > clock_timestamp())
    $$
    """,
)
SIGNATURES = (
    "throttle(bytea, int, double precision, double precision)",
    "throttle_settle(bytea, double precision)",
    "throttle_remember(bytea, double precision)",
    "throttle_knows(bytea)",
)


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            f"cardinality(scopes) > 0 AND scopes <@ ARRAY[{SCOPES}]",
            name=op.f("ck_api_keys_scopes_known"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_api_keys_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("store_id", "prefix", name=op.f("uq_api_keys_store_id_prefix")),
    )
    for column in ("revoked_at", "expires_at"):
        op.create_index(
            f"ix_api_keys_{column}",
            "api_keys",
            [column],
            unique=False,
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_table(
        "stream_tickets",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=False),
        sa.Column("principal", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_stream_tickets_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "ticket_hash", name=op.f("pk_stream_tickets")),
    )
    op.create_index(
        "ix_stream_tickets_expires_at", "stream_tickets", ["store_id", "expires_at"], unique=False
    )
    op.create_table(
        "throttles",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("tat", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttles")),
    )
    op.create_index("ix_throttles_tat", "throttles", ["tat"], unique=False)

    for table in ("api_keys", "stream_tickets"):
        _wall_in(table)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON api_keys TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON stream_tickets TO {APP}")
    op.execute(f"GRANT SELECT ON api_keys, stream_tickets, throttles TO {BACKUP}")
    op.execute(f"GRANT SELECT ({KEYS_REPORTED}) ON api_keys TO {READONLY}")
    op.execute(REVOCATIONS)
    for function in FUNCTIONS:
        op.execute(function)
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
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute(REVOCATIONS_BEFORE)
    for table in ("throttles", "stream_tickets", "api_keys"):
        op.drop_table(table)
