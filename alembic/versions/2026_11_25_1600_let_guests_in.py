"""Let guests in: QR tokens, session PINs, held orders, screens, and tablets that move.

A token family of a guest belongs to a table session and ends with it. `outdated_at` makes the
access tokens of a family that were issued before it be exchanged: what they say no longer holds.
What opens a table (a password's hash, the token in its QR code) stands in a table of its own, which
reports can't read; each session has a PIN from its first moment, however it is opened.

Revision ID: 20261125_1600
Revises: 20261125_1300
"""

import sqlalchemy as sa

from alembic import op

revision = "20261125_1600"
down_revision = "20261125_1300"
branch_labels = None
depends_on = None

APP, READONLY, BACKUP = "table_order_app", "table_order_readonly", "table_order_backup"

# Four digits of the server's strong random numbers; random() could be guessed.
NEW_PIN = "lpad(((('x' || substr((gen_random_uuid())::text, 1, 7)))::bit(28)::integer % 10000)::text, 4, '0')"

SUBJECT_BEFORE = (
    "(kind = 'staff') = (staff_id IS NOT NULL) AND (kind = 'device') = (device_id IS NOT NULL)"
)
SUBJECT = f"{SUBJECT_BEFORE} AND (kind = 'guest') = (session_id IS NOT NULL)"

# All of a visit but its PIN.
SESSION_REPORTED = (
    "store_id, id, table_id, status, guest_count, note, opened_at, opened_by, closed_at,"
    " close_reason, merged_into_id, created_at, updated_at, version"
)

FUNCTIONS = (
    """
    CREATE FUNCTION find_table_token_store(p_token text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
    $$ SELECT store_id FROM table_access WHERE guest_token = p_token LIMIT 1 $$
    """,
    """
    CREATE FUNCTION sign_in_changes_since(p_since timestamptz)
    RETURNS TABLE (sign_in_id uuid, revoked_reason text, outdated_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
    $$ SELECT s.id, s.revoked_reason, s.outdated_at FROM sign_ins s
       WHERE s.revoked_at > p_since OR s.outdated_at > p_since $$
    """,
)
SIGNATURES = ("find_table_token_store(text)", "sign_in_changes_since(timestamptz)")


def upgrade() -> None:
    _extend_stores()
    _extend_sign_ins()
    _extend_pairing_codes()
    _add_table_access()
    op.add_column(
        "table_sessions",
        sa.Column("guest_pin", sa.Text(), server_default=sa.text(NEW_PIN), nullable=False),
    )
    op.execute(f"REVOKE ALL ON table_sessions FROM {READONLY}")
    op.execute(f"GRANT SELECT ({SESSION_REPORTED}) ON table_sessions TO {READONLY}")
    for function in FUNCTIONS:
        op.execute(function)
    for signature in SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}")


def _extend_stores() -> None:
    op.add_column("stores", sa.Column("ordering_url", sa.Text(), nullable=True))
    for name in ("guest_pin_required", "guest_first_order_held"):
        op.add_column(
            "stores",
            sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False),
        )


def _extend_sign_ins() -> None:
    op.add_column("sign_ins", sa.Column("session_id", sa.Uuid(), nullable=True))
    op.add_column("sign_ins", sa.Column("outdated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_ins", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    _replace_check("sign_ins", "ck_sign_ins_kind_known", "kind IN ('staff', 'device', 'guest')")
    _replace_check("sign_ins", "ck_sign_ins_subject_fits_kind", SUBJECT)
    op.create_foreign_key(
        op.f("fk_sign_ins_store_id_session_id"),
        "sign_ins",
        "table_sessions",
        ["store_id", "session_id"],
        ["store_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_index(
        "ix_sign_ins_session",
        "sign_ins",
        ["store_id", "session_id"],
        unique=False,
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )
    op.create_index(
        "ix_sign_ins_device",
        "sign_ins",
        ["store_id", "device_id"],
        unique=False,
        postgresql_where=sa.text("device_id IS NOT NULL"),
    )
    op.create_index(
        "ix_sign_ins_outdated_at",
        "sign_ins",
        ["outdated_at"],
        unique=False,
        postgresql_where=sa.text("outdated_at IS NOT NULL"),
    )


def _extend_pairing_codes() -> None:
    op.add_column(
        "pairing_codes",
        sa.Column("kind", sa.Text(), server_default=sa.text("'table'"), nullable=False),
    )
    op.alter_column("pairing_codes", "table_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_pairing_codes_kind_known"),
        "pairing_codes",
        "kind IN ('table', 'board', 'kitchen')",
    )
    op.create_check_constraint(
        op.f("ck_pairing_codes_table_fits_kind"),
        "pairing_codes",
        "(kind = 'table') = (table_id IS NOT NULL)",
    )


def _add_table_access() -> None:
    op.create_table(
        "table_access",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("guest_token", sa.Text(), nullable=True),
        sa.Column("guest_token_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(guest_token IS NULL) = (guest_token_at IS NULL)",
            name=op.f("ck_table_access_token_has_time"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "table_id"],
            ["tables.store_id", "tables.id"],
            name=op.f("fk_table_access_store_id_table_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "table_id", name=op.f("pk_table_access")),
    )
    op.create_index("ix_table_access_guest_token", "table_access", ["guest_token"], unique=False)
    own = "store_id = (SELECT current_store_id())"
    op.execute("ALTER TABLE table_access ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE table_access FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_store ON table_access TO {APP} USING ({own}) WITH CHECK ({own})")
    op.execute(
        "CREATE POLICY owner_sees_all ON table_access TO CURRENT_USER USING (true) WITH CHECK (true)"
    )
    op.execute(
        f"CREATE POLICY readers_see_all ON table_access FOR SELECT TO {READONLY}, {BACKUP} USING (true)"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON table_access TO {APP}")
    op.execute(f"GRANT SELECT ON table_access TO {BACKUP}")


def _replace_check(table: str, name: str, condition: str) -> None:
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, condition)


def downgrade() -> None:
    """Guests' sign-ins, and codes for screens, have no place in the older schema: they go."""
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute(f"REVOKE ALL ON table_sessions FROM {READONLY}")
    op.execute(f"GRANT SELECT ON table_sessions TO {READONLY}")
    op.drop_column("table_sessions", "guest_pin")
    op.drop_table("table_access")
    op.execute("DELETE FROM pairing_codes WHERE kind <> 'table'")
    for name in ("ck_pairing_codes_table_fits_kind", "ck_pairing_codes_kind_known"):
        op.drop_constraint(op.f(name), "pairing_codes", type_="check")
    op.drop_column("pairing_codes", "kind")
    op.alter_column("pairing_codes", "table_id", nullable=False)
    op.execute(
        "DELETE FROM refresh_tokens r USING sign_ins s WHERE s.store_id = r.store_id"
        " AND s.id = r.sign_in_id AND s.kind = 'guest'"
    )
    op.execute("DELETE FROM sign_ins WHERE kind = 'guest'")
    for name in ("outdated_at", "device", "session"):
        op.drop_index(f"ix_sign_ins_{name}", table_name="sign_ins")
    op.drop_constraint(op.f("fk_sign_ins_store_id_session_id"), "sign_ins", type_="foreignkey")
    _replace_check("sign_ins", "ck_sign_ins_subject_fits_kind", SUBJECT_BEFORE)
    _replace_check("sign_ins", "ck_sign_ins_kind_known", "kind IN ('staff', 'device')")
    for name in ("accepted_at", "outdated_at", "session_id"):
        op.drop_column("sign_ins", name)
    for name in ("guest_first_order_held", "guest_pin_required", "ordering_url"):
        op.drop_column("stores", name)
