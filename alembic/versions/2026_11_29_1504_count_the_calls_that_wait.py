"""Count the calls that wait in all stores, and say since when.

The API's role sees one store at a time; this tells it two numbers and two times of all of them.

Revision ID: 20261129_1504
Revises: 20261129_1503
"""

from alembic import op

revision = "20261129_1504"
down_revision = "20261129_1503"
branch_labels = None
depends_on = None
# The service runs without it: two of its metrics are missing then.
required_by_code = False

APP = "table_order_app"
# By the partial index of the calls that wait; those are few, however many there ever were.
WAITING_CALLS = """
CREATE FUNCTION waiting_calls(
    OUT open bigint, OUT open_since timestamptz,
    OUT acknowledged bigint, OUT acknowledged_since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FILTER (WHERE status = 'open'),
           min(created_at) FILTER (WHERE status = 'open'),
           count(*) FILTER (WHERE status = 'acknowledged'),
           min(created_at) FILTER (WHERE status = 'acknowledged')
    FROM service_requests WHERE status IN ('open', 'acknowledged')
$$
"""


def upgrade() -> None:
    op.execute(WAITING_CALLS)
    op.execute("REVOKE ALL ON FUNCTION waiting_calls() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION waiting_calls() TO {APP}")


def downgrade() -> None:
    op.execute("DROP FUNCTION waiting_calls()")
