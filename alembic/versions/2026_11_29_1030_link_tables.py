"""Let one party sit at several tables.

`session_tables` has a row per table at which somebody sits, whichever way they came to it; its key
is what keeps two parties from one table. The rows of the sessions' own tables follow the sessions
by a trigger, so that whatever opens, moves or closes one keeps them, the workers of the version
before included. Linked tables are further rows, which go when the session closes.

Revision ID: 20261129_1030
Revises: 20261129_1010
"""

import sqlalchemy as sa

from alembic import op

revision = "20261129_1030"
down_revision = "20261129_1010"
branch_labels = None
depends_on = None

APP, READONLY, BACKUP = "table_order_app", "table_order_readonly", "table_order_backup"

SEAT_SESSION = """
CREATE FUNCTION seat_session() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status = 'open' THEN
        DELETE FROM session_tables WHERE store_id = OLD.store_id AND session_id = OLD.id
            AND (NEW.status <> 'open' OR table_id = OLD.table_id);
    END IF;
    IF NEW.status = 'open' THEN
        INSERT INTO session_tables (store_id, table_id, session_id)
            VALUES (NEW.store_id, NEW.table_id, NEW.id);
    END IF;
    RETURN NULL;
END $$
"""

# What place_order(…) publishes of a session that it has opened is what GET shows of it.
SHOWN, SHOWN_WITH_TABLES = (
    "'merged_into_id', NULL,",
    "'merged_into_id', NULL, 'linked_tables', '[]'::jsonb,",
)


def upgrade() -> None:
    op.create_table(
        "session_tables",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        _in_store("table_id", "tables"),
        _in_store("session_id", "table_sessions"),
        sa.PrimaryKeyConstraint("store_id", "table_id", name=op.f("pk_session_tables")),
    )
    op.create_index("ix_session_tables_session", "session_tables", ["store_id", "session_id"])
    _wall_in("session_tables")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON session_tables TO {APP}")
    op.execute(f"GRANT SELECT ON session_tables TO {READONLY}, {BACKUP}")
    op.execute(SEAT_SESSION)
    # From here to the commit nobody opens or closes a session: none is missed or taken twice.
    op.execute(
        "CREATE TRIGGER seat_session AFTER INSERT OR UPDATE OF status, table_id ON table_sessions"
        " FOR EACH ROW EXECUTE FUNCTION seat_session()"
    )
    op.execute(
        "INSERT INTO session_tables (store_id, table_id, session_id)"
        " SELECT store_id, table_id, id FROM table_sessions WHERE status = 'open'"
    )
    _rewrite_place_order(SHOWN, SHOWN_WITH_TABLES)


def _in_store(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["store_id", column],
        [f"{target}.store_id", f"{target}.id"],
        name=op.f(f"fk_session_tables_store_id_{column}"),
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


def _rewrite_place_order(old: str, new: str) -> None:
    """Exchange a part of the function as it stands; what calls it need not change."""
    op.execute(
        "DO $do$ BEGIN EXECUTE replace(pg_get_functiondef('place_order'::regproc),"
        f" $old${old}$old$, $new${new}$new$); END $do$"
    )


def downgrade() -> None:
    """Parties stay at their own table; which others were linked to it is forgotten."""
    _rewrite_place_order(SHOWN_WITH_TABLES, SHOWN)
    op.execute("DROP TRIGGER seat_session ON table_sessions")
    op.execute("DROP FUNCTION seat_session")
    op.drop_table("session_tables")
