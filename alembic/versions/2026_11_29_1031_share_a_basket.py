"""Let the phones and tablets of a party fill one basket.

Lines only: the session's own lock is the basket's. They go when the basket is ordered or the
session closes.

Revision ID: 20261129_1031
Revises: 20261129_1030
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261129_1031"
down_revision = "20261129_1030"
branch_labels = None
depends_on = None

APP, READONLY, BACKUP = "table_order_app", "table_order_readonly", "table_order_backup"


def upgrade() -> None:
    op.create_table(
        "basket_lines",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("origin_session_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("seat", sa.Integer(), nullable=True),
        sa.Column("added_by", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 99", name=op.f("ck_basket_lines_quantity_in_range")
        ),
        sa.CheckConstraint("seat BETWEEN 1 AND 99", name=op.f("ck_basket_lines_seat_in_range")),
        sa.CheckConstraint(
            "origin_session_id <> session_id", name=op.f("ck_basket_lines_origin_is_elsewhere")
        ),
        _in_store("session_id", "table_sessions"),
        _in_store("origin_session_id", "table_sessions"),
        _in_store("item_id", "items"),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_basket_lines")),
    )
    op.create_index("ix_basket_lines_session", "basket_lines", ["store_id", "session_id"])
    _wall_in("basket_lines")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON basket_lines TO {APP}")
    op.execute(f"GRANT SELECT ON basket_lines TO {READONLY}, {BACKUP}")


def _in_store(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["store_id", column],
        [f"{target}.store_id", f"{target}.id"],
        name=op.f(f"fk_basket_lines_store_id_{column}"),
        ondelete="RESTRICT",
    )


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
    """What nobody has ordered yet is forgotten."""
    op.drop_table("basket_lines")
