"""Let the menu follow the clock.

Dayparts, planned prices and happy hours are lists of the API's own shapes: they are read and written
whole, with the thing that they belong to. What is sold out until a time comes back by itself; `stores_with_returns` finds where, by two
partial indexes that hold only what is coming back.

Revision ID: 20261125_1800
Revises: 20261125_1700
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "20261125_1800"
down_revision = "20261125_1700"
branch_labels = None
depends_on = None

APP = "table_order_app"

PLANS = (
    ("categories", "dayparts"),
    ("categories", "daypart_exceptions"),
    ("items", "dayparts"),
    ("items", "daypart_exceptions"),
    ("items", "price_schedule"),
    ("items", "happy_hours"),
)

COMING_BACK = "sold_out_until IS NOT NULL AND archived_at IS NULL"
STORES_WITH_RETURNS = """
CREATE FUNCTION stores_with_returns(p_now timestamptz) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT array(
    (SELECT store_id FROM items WHERE sold_out_until <= p_now AND archived_at IS NULL
     UNION
     SELECT store_id FROM options WHERE sold_out_until <= p_now AND archived_at IS NULL)
    LIMIT 100) $$
"""
SIGNATURE = "stores_with_returns(timestamptz)"


def upgrade() -> None:
    for table, column in PLANS:
        # A constant default: the table is not rewritten. Only then is it checked, row by row.
        op.add_column(table, sa.Column(column, JSONB(), server_default="[]", nullable=False))
        name = f"ck_{table}_{column}_is_list"
        check = f"CHECK (jsonb_typeof({column}) = 'array')"
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {check} NOT VALID")
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    for table in ("items", "options"):
        op.create_index(
            f"ix_{table}_sold_out_until",
            table,
            ["sold_out_until"],
            unique=False,
            postgresql_where=sa.text(COMING_BACK),
        )
    op.execute(STORES_WITH_RETURNS)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {APP}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    for table in ("items", "options"):
        op.drop_index(f"ix_{table}_sold_out_until", table_name=table)
    for table, column in PLANS:
        op.drop_column(table, column)
