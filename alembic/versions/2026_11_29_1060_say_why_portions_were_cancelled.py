"""Say why portions were cancelled, and let stores allow their guests to cancel.

What was cancelled before keeps its reasons in the audit log, by order: which of them belongs to
which portion can't be known for sure, so nothing is made up for those lines.

Revision ID: 20261129_1060
Revises: 20261129_1051
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261129_1060"
down_revision = "20261129_1051"
branch_labels = None
depends_on = None

APP, READONLY, BACKUP = "table_order_app", "table_order_readonly", "table_order_backup"
TABLES = ("cancel_reason_lists", "line_cancellations")


def upgrade() -> None:
    op.add_column(
        "stores",
        sa.Column(
            "guest_cancel_allowed",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
        ),
    )
    op.create_table(
        "cancel_reason_lists",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_cancel_reason_lists_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_cancel_reason_lists")),
    )
    op.create_table(
        "line_cancellations",
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("reason_names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_line_cancellations_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_line_id"],
            ["order_lines.store_id", "order_lines.id"],
            name=op.f("fk_line_cancellations_store_id_order_line_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_line_cancellations")),
    )
    op.create_index(
        "ix_line_cancellations_line",
        "line_cancellations",
        ["store_id", "order_line_id"],
        unique=False,
    )
    for table in TABLES:
        _wall_in(table)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON cancel_reason_lists TO {APP}")
    op.execute(f"GRANT SELECT, INSERT ON line_cancellations TO {APP}")
    op.execute(f"GRANT SELECT ON {', '.join(TABLES)} TO {READONLY}, {BACKUP}")


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
    """The portions stay cancelled; why is left in the audit log alone."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("stores", "guest_cancel_allowed")
