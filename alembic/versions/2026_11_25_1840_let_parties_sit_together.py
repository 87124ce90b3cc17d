"""Let parties sit together and apart again.

A merge leaves in each order and each guest's sign-in where it came from, so that it can be undone
exactly. Checks and references are added NOT VALID and validated afterwards: the new columns are
empty, and no reader waits for a scan of the orders.

Revision ID: 20261125_1840
Revises: 20261125_1820
"""

import sqlalchemy as sa

from alembic import op

revision = "20261125_1840"
down_revision = "20261125_1820"
branch_labels = None
depends_on = None

MOVED = ("orders", "sign_ins")


def upgrade() -> None:
    for table in MOVED:
        op.add_column(table, sa.Column("origin_session_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{table}_store_id_origin_session_id"),
            table,
            "table_sessions",
            ["store_id", "origin_session_id"],
            ["store_id", "id"],
            ondelete="RESTRICT",
            postgresql_not_valid=True,
        )
        _check(table, f"ck_{table}_origin_is_elsewhere", "origin_session_id <> session_id")
    _check(
        "table_sessions",
        "ck_table_sessions_merged_is_closed",
        "merged_into_id IS NULL OR status = 'closed'",
    )
    op.create_index(
        "ix_table_sessions_merged_into",
        "table_sessions",
        ["store_id", "merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    with op.get_context().autocommit_block():
        for table in MOVED:
            _validate(table, f"fk_{table}_store_id_origin_session_id")
            _validate(table, f"ck_{table}_origin_is_elsewhere")
        _validate("table_sessions", "ck_table_sessions_merged_is_closed")


def _check(table: str, name: str, condition: str) -> None:
    op.create_check_constraint(op.f(name), table, condition, postgresql_not_valid=True)


def _validate(table: str, name: str) -> None:
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    """Parties that sit together stay so; which of them came from where is forgotten."""
    op.drop_index("ix_table_sessions_merged_into", table_name="table_sessions")
    op.drop_constraint(op.f("ck_table_sessions_merged_is_closed"), "table_sessions", type_="check")
    for table in reversed(MOVED):
        op.drop_constraint(op.f(f"ck_{table}_origin_is_elsewhere"), table, type_="check")
        op.drop_constraint(
            op.f(f"fk_{table}_store_id_origin_session_id"), table, type_="foreignkey"
        )
        op.drop_column(table, "origin_session_id")
