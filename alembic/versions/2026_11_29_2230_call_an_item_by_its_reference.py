"""Let an item be known by its reference: no two that are on a store's menu have the same one.

Where several have it, the first that was made keeps it; the others lose it, as a new version of
theirs. Imports take the first for the one that is meant, too. The index is built while the service
writes on; when somebody gives a reference twice meanwhile the build fails, and running the
migration again mends it: docs/operations/migrations.md.

Revision ID: 20261129_2230
Revises: 20261129_2212
"""

from alembic import op

revision = "20261129_2230"
down_revision = "20261129_2212"
branch_labels = None
depends_on = None
required_by_code = False

INDEX = "uq_items_live_external_ref"
LIVE = "external_ref IS NOT NULL AND archived_at IS NULL"

# Ids are of version 7: in the order in which the items were made.
CLEAR = """
UPDATE items i SET external_ref = NULL, version = i.version + 1, updated_at = now()
    WHERE i.external_ref IS NOT NULL AND i.archived_at IS NULL AND EXISTS (
        SELECT FROM items o WHERE o.store_id = i.store_id AND o.external_ref = i.external_ref
            AND o.archived_at IS NULL AND o.id < i.id)
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(CLEAR)
        # Building waits for transactions that began before it, and nobody waits for it meanwhile.
        op.execute("SET lock_timeout = 0")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.execute(
            f"CREATE UNIQUE INDEX CONCURRENTLY {INDEX} ON items (store_id, external_ref)"
            f" WHERE {LIVE}"
        )
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.execute("SET lock_timeout = '5s'")
