"""Say who changed an availability, and when the clock changes a menu.

Items and options remember who set their availability and when. `menu_clocks` has for each store
up to when its changes by the clock are told and when the next one is due;
`stores_with_due_clocks` finds where one is, by an index of its own.

Revision ID: 20261129_1010
Revises: 20261125_1840
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "20261129_1010"
down_revision = "20261125_1840"
branch_labels = None
depends_on = None

APP, READONLY, BACKUP = "table_order_app", "table_order_readonly", "table_order_backup"
MARKED = ("items", "options")
WHOLE = "num_nulls(availability_by, availability_at) IN (0, 2)"

# Due at once where the clock has something to do: nobody has worked out yet when.
FIRST_CLOCKS = """
INSERT INTO menu_clocks (store_id, told_until, due_at)
SELECT store_id, now(), now() FROM stores
"""
STORES_WITH_DUE_CLOCKS = """
CREATE FUNCTION stores_with_due_clocks(p_now timestamptz) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT array(
    SELECT store_id FROM menu_clocks WHERE due_at <= p_now ORDER BY due_at LIMIT 100) $$
"""
SIGNATURE = "stores_with_due_clocks(timestamptz)"


def upgrade() -> None:
    for table in MARKED:
        op.add_column(table, sa.Column("availability_by", JSONB(none_as_null=True), nullable=True))
        op.add_column(
            table, sa.Column("availability_at", sa.DateTime(timezone=True), nullable=True)
        )
        name = f"ck_{table}_availability_change_whole"
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({WHOLE}) NOT VALID")
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    op.create_table(
        "menu_clocks",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_menu_clocks_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_menu_clocks")),
    )
    op.create_index(
        "ix_menu_clocks_due_at",
        "menu_clocks",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    _wall_in("menu_clocks")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON menu_clocks TO {APP}")
    op.execute(f"GRANT SELECT ON menu_clocks TO {READONLY}, {BACKUP}")
    op.execute(FIRST_CLOCKS)
    op.execute(STORES_WITH_DUE_CLOCKS)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {APP}")


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
    """Who set what is forgotten; the menu goes on following the clock without a word."""
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.drop_table("menu_clocks")
    for table in MARKED:
        op.drop_column(table, "availability_at")
        op.drop_column(table, "availability_by")
