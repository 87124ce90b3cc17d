"""Find orders among millions: an index for each filter of the history, with the list's order in it.

Built beside the traffic, which no lock holds up; one that was left unfinished by an earlier attempt
is built anew. The old indexes go last, so that no query is ever without one.

Revision ID: 20261129_1061
Revises: 20261129_1060
"""

import sqlalchemy as sa

from alembic import op

revision = "20261129_1061"
down_revision = "20261129_1060"
branch_labels = None
depends_on = None

NUMBERED = ["store_id", "business_date", "number"]
NEW = [
    ("ix_orders_table", "orders", ["store_id", "table_id", "business_date", "number"], None),
    ("ix_orders_channel", "orders", ["store_id", "channel", "business_date", "number"], None),
    ("ix_orders_live", "orders", NUMBERED, "status IN ('pending', 'preparing', 'ready')"),
    ("ix_orders_cancelled", "orders", NUMBERED, "status = 'cancelled'"),
    ("ix_orders_updated", "orders", ["store_id", "updated_at", "id"], None),
    ("ix_order_lines_item", "order_lines", ["store_id", "item_id", "order_id"], None),
    (
        "ix_table_sessions_at_table",
        "table_sessions",
        ["store_id", "table_id", "opened_at", "id"],
        None,
    ),
    ("ix_table_sessions_opened", "table_sessions", ["store_id", "opened_at", "id"], None),
    ("ix_table_sessions_updated", "table_sessions", ["store_id", "updated_at", "id"], None),
    (
        "ix_table_sessions_open_opened",
        "table_sessions",
        ["store_id", "opened_at", "id"],
        "status = 'open'",
    ),
]
OLD = [
    ("ix_orders_updated_at", "orders", ["store_id", "updated_at"], None),
    ("ix_table_sessions_table", "table_sessions", ["store_id", "table_id", "id"], None),
    ("ix_table_sessions_opened_at", "table_sessions", ["store_id", "opened_at"], None),
]
Wanted = tuple[str, str, list[str], str | None]


def upgrade() -> None:
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)


def _replace(old: list[Wanted], new: list[Wanted]) -> None:
    with op.get_context().autocommit_block():
        # Building waits for transactions that began before it, and nobody waits for it meanwhile.
        op.execute("SET lock_timeout = 0")
        for name, table, columns, condition in new:
            _drop(name, table)
            op.create_index(
                name,
                table,
                columns,
                unique=False,
                postgresql_concurrently=True,
                postgresql_where=None if condition is None else sa.text(condition),
            )
        for name, table, *_ in old:
            _drop(name, table)
        op.execute("SET lock_timeout = '5s'")


def _drop(name: str, table: str) -> None:
    op.drop_index(name, table_name=table, postgresql_concurrently=True, if_exists=True)
