"""Let old rows go, and keep hot ones compact.

`prune` deletes one batch of one kind in one store; the API's role may call it and still can't
delete an event by itself. The function refuses whatever is younger than a day, whoever asks.
`job_runs` says when a job began last: of all workers on all hosts one claims each run.

Storage parameters only tell the server when to vacuum and how full to pack new pages.

Revision ID: 20261129_1120
Revises: 20261129_1061
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261129_1120"
down_revision = "20261129_1061"
branch_labels = None
depends_on = None
# The service runs without it: its job waits until the table is there.
required_by_code = False

APP, READONLY, BACKUP = "table_order_app", "table_order_readonly", "table_order_backup"

# Kind: table, key, condition, order. A batch takes the oldest rows that nobody holds.
KINDS = {
    "idempotency_records": ("scope, key", "r.created_at < p_before", "r.created_at"),
    "refresh_tokens": ("id", "r.expires_at < p_before", "r.expires_at"),
    # Tokens go before their family, as refreshing locks them.
    "sign_ins": (
        "id",
        "r.expires_at < p_before AND NOT EXISTS (SELECT FROM refresh_tokens t"
        " WHERE t.store_id = r.store_id AND t.sign_in_id = r.id)",
        "r.expires_at",
    ),
    "pairing_codes": ("id", "r.expires_at < p_before", "r.expires_at"),
    "stream_tickets": ("ticket_hash", "r.expires_at < p_before", "r.expires_at"),
}

BATCH = """
        WHEN '{table}' THEN
            DELETE FROM {table} d WHERE d.store_id = p_store AND ({keys}) IN (
                SELECT {key} FROM {table} r WHERE r.store_id = p_store AND {condition}
                ORDER BY {order} LIMIT p_limit FOR UPDATE SKIP LOCKED);"""

COUNT = """
        WHEN '{table}' THEN
            SELECT count(*) INTO v_count FROM {table} r
                WHERE r.store_id = p_store AND {condition};"""

# Events go from the front only: readers take the oldest one's number for the beginning of all
# that is kept. Buckets are of no store; they are forgotten once they would forgive everything.
PRUNE = """
CREATE FUNCTION prune(p_kind text, p_store uuid, p_before timestamptz, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_count int;
BEGIN
    IF p_before > now() - interval '23 hours' THEN
        RAISE EXCEPTION 'what is younger than a day is kept' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock(7340022) THEN
        RETURN NULL;
    END IF;
    CASE p_kind
        WHEN 'events' THEN
            WITH front AS (
                SELECT e.seq, e.occurred_at FROM events e
                WHERE e.store_id = p_store ORDER BY e.seq LIMIT p_limit
            )
            DELETE FROM events d WHERE d.store_id = p_store
                AND d.seq <= (SELECT max(seq) FROM front)
                AND d.seq < coalesce((SELECT min(seq) FROM front WHERE occurred_at >= p_before),
                                     9223372036854775807);
        WHEN 'throttles' THEN
            DELETE FROM throttles d WHERE d.key IN (
                SELECT t.key FROM throttles t WHERE t.tat < p_before
                ORDER BY t.tat LIMIT p_limit FOR UPDATE SKIP LOCKED);<batches>
    END CASE;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$
"""

PRUNABLE = """
CREATE FUNCTION prunable(p_kind text, p_store uuid, p_before timestamptz) RETURNS int
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_count int;
BEGIN
    CASE p_kind
        WHEN 'events' THEN
            SELECT count(*) INTO v_count FROM events e
                WHERE e.store_id = p_store AND e.occurred_at < p_before;
        WHEN 'throttles' THEN
            SELECT count(*) INTO v_count FROM throttles t WHERE t.tat < p_before;<counts>
    END CASE;
    RETURN v_count;
END $$
"""
SIGNATURES = ("prune(text, uuid, timestamptz, int)", "prunable(text, uuid, timestamptz)")

# Rows that change many times a day: room for the next version on the same page (HOT), and a
# vacuum after hundreds of dead rows rather than after a fifth of the table.
HOT = {
    "store_counters": {"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "500"},
    "orders": {"autovacuum_vacuum_scale_factor": "0.02"},
    "order_lines": {"fillfactor": "85", "autovacuum_vacuum_scale_factor": "0.02"},
    "table_sessions": {"fillfactor": "85", "autovacuum_vacuum_scale_factor": "0.02"},
    "sign_ins": {"fillfactor": "80", "autovacuum_vacuum_scale_factor": "0.05"},
    "refresh_tokens": {"fillfactor": "80", "autovacuum_vacuum_scale_factor": "0.05"},
    "throttles": {"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.05"},
    # What is added at one end and pruned at the other.
    "events": {"autovacuum_vacuum_scale_factor": "0.02"},
    "idempotency_records": {"autovacuum_vacuum_scale_factor": "0.02"},
}


def _cases(template: str) -> str:
    return "".join(
        template.format(
            table=table,
            keys=", ".join(f"d.{name}" for name in key.split(", ")),
            key=", ".join(f"r.{name}" for name in key.split(", ")),
            condition=condition,
            order=order,
        )
        for table, (key, condition, order) in KINDS.items()
    )


def upgrade() -> None:
    op.create_table(
        "job_runs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )
    op.execute("INSERT INTO job_runs (name, progress) VALUES ('retention', '{}')")
    op.execute(f"GRANT SELECT, UPDATE ON job_runs TO {APP}")
    op.execute(f"GRANT SELECT ON job_runs TO {READONLY}, {BACKUP}")
    op.execute(PRUNE.replace("<batches>", _cases(BATCH)))
    op.execute(PRUNABLE.replace("<counts>", _cases(COUNT)))
    for signature in SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}")
    for table, options in HOT.items():
        values = ", ".join(f"{name} = {value}" for name, value in options.items())
        op.execute(f"ALTER TABLE {table} SET ({values})")


def downgrade() -> None:
    for table, options in HOT.items():
        op.execute(f"ALTER TABLE {table} RESET ({', '.join(options)})")
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_table("job_runs")
