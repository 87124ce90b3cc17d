"""Find audit entries by what was done, and by the kind of thing it was done to.

Both filters read the whole log, of a store or of all of them. Each index ends in the list's order.

Revision ID: 20261129_2211
Revises: 20261129_2210
"""

from alembic import op

revision = "20261129_2211"
down_revision = "20261129_2210"
branch_labels = None
depends_on = None
required_by_code = False

INDEXES = {
    "ix_audit_entries_action": ["store_id", "action", "id"],
    "ix_audit_entries_target_kind": ["store_id", "target_kind", "id"],
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # Building waits for transactions that began before it, and nobody waits for it meanwhile.
        op.execute("SET lock_timeout = 0")
        for name, columns in INDEXES.items():
            _drop(name)
            op.create_index(
                name, "audit_entries", columns, unique=False, postgresql_concurrently=True
            )
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for name in INDEXES:
            _drop(name)
        op.execute("SET lock_timeout = '5s'")


def _drop(name: str) -> None:
    op.drop_index(name, table_name="audit_entries", postgresql_concurrently=True, if_exists=True)
