"""Find orders by each status, however many of them a store has.

The partial indexes were of statuses that few orders have: a store that never says "served" has all
of its past among the live ones, and one that never cancels was read whole to find nothing. One
index has them all, and is changed less often than two of which a change of status touches both.

Revision ID: 20261129_1505
Revises: 20261129_1504
"""

import sqlalchemy as sa

from alembic import op

revision = "20261129_1505"
down_revision = "20261129_1504"
branch_labels = None
depends_on = None
required_by_code = False

NUMBERED = ["store_id", "business_date", "number"]
NEW = [("ix_orders_status", ["store_id", "status", "business_date", "number"], None)]
OLD = [
    ("ix_orders_live", NUMBERED, "status IN ('pending', 'preparing', 'ready')"),
    ("ix_orders_cancelled", NUMBERED, "status = 'cancelled'"),
]
Wanted = tuple[str, list[str], str | None]


def upgrade() -> None:
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)


def _replace(old: list[Wanted], new: list[Wanted]) -> None:
    with op.get_context().autocommit_block():
        # Building waits for transactions that began before it, and nobody waits for it meanwhile.
        op.execute("SET lock_timeout = 0")
        for name, columns, condition in new:
            _drop(name)
            op.create_index(
                name,
                "orders",
                columns,
                unique=False,
                postgresql_concurrently=True,
                postgresql_where=None if condition is None else sa.text(condition),
            )
        # The old ones go last, so that no query is ever without an index.
        for name, *_ in old:
            _drop(name)
        op.execute("SET lock_timeout = '5s'")


def _drop(name: str) -> None:
    op.drop_index(name, table_name="orders", postgresql_concurrently=True, if_exists=True)
