"""Know people and their sign-ins.

Where a sign-in was made is shown to its owner; a person's sign-ins, and what the audit log says
by actor or about one thing, are found by index.

Revision ID: 20261125_1500
Revises: 20261125_1300
"""

import sqlalchemy as sa

from alembic import op

revision = "20261125_1500"
down_revision = "20261125_1300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_ins", sa.Column("user_agent", sa.Text(), nullable=True))
    op.create_index("ix_sign_ins_staff", "sign_ins", ["store_id", "staff_id"])
    # An index on the expression itself would never be used: behind row-level security only
    # conditions whose operators are known to leak nothing reach an index, and `->>` is not.
    op.add_column(
        "audit_entries",
        sa.Column("actor_id", sa.Text(), sa.Computed("actor ->> 'id'", persisted=True)),
    )
    op.create_index("ix_audit_entries_actor", "audit_entries", ["store_id", "actor_id", "id"])
    op.create_index("ix_audit_entries_target", "audit_entries", ["store_id", "target_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_audit_entries_target", table_name="audit_entries")
    op.drop_index("ix_audit_entries_actor", table_name="audit_entries")
    op.drop_column("audit_entries", "actor_id")
    op.drop_index("ix_sign_ins_staff", table_name="sign_ins")
    op.drop_column("sign_ins", "user_agent")
