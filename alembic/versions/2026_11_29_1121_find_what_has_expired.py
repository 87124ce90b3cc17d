"""Find by index which refresh tokens have expired.

Built while the service writes on: CONCURRENTLY, outside of a transaction. A build that was broken
off leaves an index that is marked invalid; running the migration again replaces it.

Revision ID: 20261129_1121
Revises: 20261129_1120
"""

from alembic import op

revision = "20261129_1121"
down_revision = "20261129_1120"
branch_labels = None
depends_on = None
required_by_code = False

INDEX = "ix_refresh_tokens_expires_at"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # It waits for every transaction that is open now, and blocks nobody meanwhile.
        op.execute("SET lock_timeout = 0")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.execute(f"CREATE INDEX CONCURRENTLY {INDEX} ON refresh_tokens (store_id, expires_at)")
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.execute("SET lock_timeout = '5s'")
