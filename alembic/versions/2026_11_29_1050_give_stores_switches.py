"""Give stores switches: pauses that end, last orders, limits, acceptance, prefixes, calendars.

Constant defaults: no table is rewritten. Checks and references of the large tables are added NOT
VALID and validated afterwards: the new columns are empty, and no writer waits for a scan.
`guest_first_order_held` stays for workers of the version before; `order_acceptance` replaces it.

Revision ID: 20261129_1050
Revises: 20261129_1040
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from alembic import op

revision = "20261129_1050"
down_revision = "20261129_1040"
branch_labels = None
depends_on = None

AUTO = '{"pos": "auto", "guest": "auto", "tablet": "auto"}'
DUPLICATE = "fk_orders_store_id_duplicate_of"

STORE_CHECKS = {
    "paused_channels_known": "cardinality(paused_channels) > 0"
    " AND paused_channels <@ ARRAY['tablet', 'guest', 'staff', 'pos']",
    "until_is_of_a_pause": "ordering_paused OR paused_until IS NULL",
    "last_order_times_is_list": "jsonb_typeof(last_order_times) = 'array'",
    "past_calendars_is_list": "jsonb_typeof(past_calendars) = 'array'",
    "max_lines_in_range": "max_lines_per_order BETWEEN 1 AND 100",
    "max_quantity_in_range": "max_quantity_per_order BETWEEN 1 AND 9900",
    "minimum_items_in_range": "minimum_items_per_guest BETWEEN 1 AND 99",
    "minimum_amount_positive": "minimum_amount_per_guest > 0",
    "window_in_range": "duplicate_window_seconds BETWEEN 0 AND 3600",
    "duplicate_action_known": "duplicate_action IN ('flag', 'confirm')",
    "acceptance_known": "order_acceptance ->> 'tablet' IN ('auto', 'staff')"
    " AND order_acceptance ->> 'guest' IN ('auto', 'first_order', 'staff')"
    " AND order_acceptance ->> 'pos' IN ('auto', 'staff')",
    "calendar_is_whole": "num_nulls(calendar_from, calendar_first_date) IN (0, 2)",
    "next_calendar_is_whole": "num_nulls(next_timezone, next_business_day_start,"
    " next_calendar_from, next_first_date) IN (0, 4)",
}
WITH_RETURNS_BEFORE = """
CREATE OR REPLACE FUNCTION stores_with_returns(p_now timestamptz) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT array(
    (SELECT store_id FROM items WHERE sold_out_until <= p_now AND archived_at IS NULL
     UNION
     SELECT store_id FROM options WHERE sold_out_until <= p_now AND archived_at IS NULL<more>)
    LIMIT 100) $$
"""
STORES_TOO = """
     UNION
     SELECT store_id FROM stores WHERE paused_until <= p_now
     UNION
     SELECT store_id FROM stores WHERE next_calendar_from <= p_now"""


def _store_columns() -> list[sa.Column[object]]:
    moment, whole = sa.DateTime(timezone=True), sa.Integer()
    channels = "{tablet,guest,staff,pos}"
    return [
        sa.Column("paused_until", moment, nullable=True),
        sa.Column("paused_channels", ARRAY(sa.Text()), server_default=channels, nullable=False),
        sa.Column("pause_message", JSONB(), nullable=True),
        sa.Column("last_order_times", JSONB(), server_default="[]", nullable=False),
        sa.Column("max_lines_per_order", whole, nullable=True),
        sa.Column("max_quantity_per_order", whole, nullable=True),
        sa.Column("minimum_items_per_guest", whole, nullable=True),
        sa.Column("minimum_amount_per_guest", sa.BigInteger(), nullable=True),
        sa.Column("duplicate_window_seconds", whole, server_default=sa.text("0"), nullable=False),
        sa.Column("duplicate_action", sa.Text(), server_default="flag", nullable=False),
        sa.Column("order_acceptance", JSONB(), server_default=AUTO, nullable=False),
        sa.Column("order_number_prefixes", JSONB(), server_default="{}", nullable=False),
        sa.Column("calendar_from", moment, nullable=True),
        sa.Column("calendar_first_date", sa.Date(), nullable=True),
        sa.Column("past_calendars", JSONB(), server_default="[]", nullable=False),
        sa.Column("next_timezone", sa.Text(), nullable=True),
        sa.Column("next_business_day_start", sa.Time(), nullable=True),
        sa.Column("next_calendar_from", moment, nullable=True),
        sa.Column("next_first_date", sa.Date(), nullable=True),
    ]


def _order_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("number_prefix", sa.Text(), nullable=True),
        sa.Column("basket_digest", sa.LargeBinary(), nullable=True),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
    ]


def upgrade() -> None:
    for column in _store_columns():
        op.add_column("stores", column)
    op.execute(
        'UPDATE stores SET order_acceptance = order_acceptance || \'{"guest": "first_order"}\''
        " WHERE guest_first_order_held"
    )
    for name, condition in STORE_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_stores_{name}"), "stores", condition)
    _index("ix_stores_paused_until", "paused_until")
    _index("ix_stores_next_calendar", "next_calendar_from")
    op.execute(WITH_RETURNS_BEFORE.replace("<more>", STORES_TOO))
    for column in _order_columns():
        op.add_column("orders", column)
    op.add_column("order_lines", sa.Column("added_by", JSONB(), nullable=True))
    op.create_foreign_key(
        op.f(DUPLICATE),
        "orders",
        "orders",
        ["store_id", "duplicate_of"],
        ["store_id", "id"],
        ondelete="RESTRICT",
        postgresql_not_valid=True,
    )
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE orders VALIDATE CONSTRAINT {DUPLICATE}")


def _index(name: str, column: str) -> None:
    where = sa.text(f"{column} IS NOT NULL")
    op.create_index(name, "stores", [column], unique=False, postgresql_where=where)


def downgrade() -> None:
    """The switches are forgotten: every store takes all orders at once again."""
    op.execute("UPDATE stores SET guest_first_order_held = order_acceptance ->> 'guest' <> 'auto'")
    op.drop_constraint(op.f(DUPLICATE), "orders", type_="foreignkey")
    op.drop_column("order_lines", "added_by")
    for column in reversed(_order_columns()):
        op.drop_column("orders", column.name)
    op.execute(WITH_RETURNS_BEFORE.replace("<more>", ""))
    for name in ("ix_stores_next_calendar", "ix_stores_paused_until"):
        op.drop_index(name, table_name="stores")
    for name in STORE_CHECKS:
        op.drop_constraint(op.f(f"ck_stores_{name}"), "stores", type_="check")
    for column in reversed(_store_columns()):
        op.drop_column("stores", column.name)
