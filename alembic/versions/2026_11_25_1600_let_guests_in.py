"""Let guests in: QR tokens, session PINs, held orders, screens, and tablets that move.

A token family of a guest belongs to a table session and ends with it. `outdated_at` makes the
access tokens of a family that were issued before it be exchanged: what they say no longer holds.
What opens a table (a password's hash, the token in its QR code) stands in a table of its own, which
reports can't read; each session has a PIN from its first moment, however it is opened.

Revision ID: 20261125_1600
Revises: 20261125_1500
"""

import sqlalchemy as sa

from alembic import op

revision = "20261125_1600"
down_revision = "20261125_1500"
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


# place_order(…) as it was, with the places at which a guest's order may be held.
PLACE_ORDER = """
CREATE FUNCTION place_order(
    p_store uuid, p_now timestamptz, p_business_date date, p_catalog bigint,
    p_scope text, p_key text, p_fingerprint bytea, p_actor jsonb, p_channel text,
    p_table uuid, p_session uuid, p_new_session uuid, p_order uuid,
    p_total bigint, p_currency text, p_note text, p_client_created_at timestamptz,
    p_answer jsonb, p_event jsonb, p_lines jsonb, p_options jsonb, p_stock jsonb, p_language text<parameter>
) RETURNS TABLE (replayed boolean, status int, body text)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_record record;
    v_session record;
    v_need record;
    v_opened boolean := false;
    v_left int;
    v_sold_out jsonb := '[]';
    v_seq bigint;
    v_number int;
    v_date date;
    v_events int := 1;
<declare>    v_place record;
    v_answer text;
BEGIN
    PERFORM set_config('app.store_id', p_store::text, true);

    -- One intent, one effect: a twin waits here for the first one's commit, then finds its record.
    BEGIN
        PERFORM pg_advisory_xact_lock(
            hashtextextended(p_store::text || ' ' || p_scope || ' ' || p_key, 0));
    EXCEPTION WHEN lock_not_available THEN
        RAISE EXCEPTION 'request in progress' USING ERRCODE = 'TO001';
    END;
    SELECT r.fingerprint, r.status, r.body INTO v_record FROM idempotency_records r
        WHERE r.store_id = p_store AND r.scope = p_scope AND r.key = p_key;
    IF FOUND THEN
        IF v_record.fingerprint <> p_fingerprint THEN
            RAISE EXCEPTION 'key reused' USING ERRCODE = 'TO002';
        END IF;
        RETURN QUERY SELECT true, v_record.status::int, v_record.body;
        RETURN;
    END IF;

<decide>    -- The session row is shared with other orders and with nobody who closes or moves it.
    FOR attempt IN 1..3 LOOP
        IF p_session IS NOT NULL THEN
            SELECT s.id, s.status, s.table_id, t.number INTO v_session
                FROM table_sessions s JOIN tables t ON t.store_id = s.store_id AND t.id = s.table_id
                WHERE s.store_id = p_store AND s.id = p_session FOR SHARE OF s;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'no such session' USING ERRCODE = 'TO003';
            ELSIF v_session.status <> 'open' THEN
                RAISE EXCEPTION 'session closed' USING ERRCODE = 'TO004';
            END IF;
        ELSE
            SELECT s.id, s.status, s.table_id, t.number INTO v_session
                FROM table_sessions s JOIN tables t ON t.store_id = s.store_id AND t.id = s.table_id
                WHERE s.store_id = p_store AND s.table_id = p_table AND s.status = 'open'
                FOR SHARE OF s;
        END IF;
        EXIT WHEN FOUND;
        SELECT p_new_session AS id, 'open' AS status, t.id AS table_id, t.number INTO v_session
            FROM tables t WHERE t.store_id = p_store AND t.id = p_table AND t.archived_at IS NULL
            FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no such table' USING ERRCODE = 'TO005';
        END IF;
        INSERT INTO table_sessions
                (store_id, id, table_id, status, opened_at, opened_by, created_at, updated_at, version)
            VALUES (p_store, p_new_session, p_table, 'open', p_now, p_actor, p_now, p_now, 1)
            ON CONFLICT (store_id, table_id) WHERE status = 'open' DO NOTHING;
        IF FOUND THEN
            v_opened := true;
            EXIT;
        END IF;
        v_session := NULL;
    END LOOP;
    IF v_session IS NULL THEN
        RAISE EXCEPTION 'sessions come and go' USING ERRCODE = '40001';
    END IF;

    -- Counted stock, items and options in one fixed order.
    FOR v_need IN
        SELECT n.kind, n.id, n.quantity FROM jsonb_to_recordset(p_stock)
            AS n(kind text, id uuid, quantity int) ORDER BY n.kind, n.id
    LOOP
        IF v_need.kind = 'item' THEN
            UPDATE items SET stock = stock - v_need.quantity
                WHERE store_id = p_store AND id = v_need.id AND stock >= v_need.quantity
                RETURNING stock INTO v_left;
        ELSE
            UPDATE options SET stock = stock - v_need.quantity
                WHERE store_id = p_store AND id = v_need.id AND stock >= v_need.quantity
                RETURNING stock INTO v_left;
        END IF;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'stock' USING ERRCODE = 'TO006', DETAIL = v_need.id::text;
        END IF;
        IF v_left = 0 THEN
            v_sold_out := v_sold_out || jsonb_build_object(v_need.kind || '_id', v_need.id,
                'availability', jsonb_build_object('status', 'sold_out', 'until', NULL, 'stock', 0));
        END IF;
    END LOOP;

    -- The counter, last of all locks. A menu that changed since the service priced the basket
    -- makes it do so again.
    v_events := 1 + v_opened::int + jsonb_array_length(v_sold_out);
    UPDATE store_counters c SET
            event_seq = c.event_seq + v_events,
            catalog_version = c.catalog_version + (jsonb_array_length(v_sold_out) > 0)::int,
            order_number = CASE WHEN c.business_date >= p_business_date THEN c.order_number + 1
                                ELSE 1 END,
            business_date = GREATEST(c.business_date, p_business_date)
        WHERE c.store_id = p_store AND c.catalog_version = p_catalog
        RETURNING c.event_seq - v_events, c.order_number, c.business_date
        INTO v_seq, v_number, v_date;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'catalog changed' USING ERRCODE = 'TO007';
    END IF;

    INSERT INTO orders (store_id, id, number, business_date, session_id, table_id, channel, status,
            total, currency, note, client_created_at, placed_by, created_at, updated_at, version<column>)
        VALUES (p_store, p_order, v_number, v_date, v_session.id, v_session.table_id, p_channel,
            'pending', p_total, p_currency, p_note, p_client_created_at, p_actor, p_now, p_now, 1<value>);
    INSERT INTO order_lines (store_id, id, order_id, position, item_id, names, quantity,
            cancelled_quantity, unit_price, options_total, note, seat, status, total,
            created_at, updated_at, version)
        SELECT p_store, l.id, p_order, l.position, l.item_id, l.names, l.quantity, 0, l.unit_price,
            l.options_total, l.note, l.seat, 'pending', l.total, p_now, p_now, 1
        FROM jsonb_to_recordset(p_lines) AS l(id uuid, position int, item_id uuid, names jsonb,
            quantity int, unit_price bigint, options_total bigint, note text, seat int, total bigint);
    IF p_options <> '[]' THEN
        INSERT INTO order_line_options (store_id, id, order_line_id, position, option_id,
                group_names, names, quantity, price, created_at, updated_at, version)
            SELECT p_store, o.id, o.order_line_id, o.position, o.option_id, o.group_names, o.names,
                o.quantity, o.price, p_now, p_now, 1
            FROM jsonb_to_recordset(p_options) AS o(id uuid, order_line_id uuid, position int,
                option_id uuid, group_names jsonb, names jsonb, quantity int, price bigint);
    END IF;

    v_answer := (p_answer || jsonb_build_object(<shown>'number', v_number, 'business_date', v_date,
        'session_id', v_session.id,
        'table', jsonb_build_object('id', v_session.table_id, 'number', v_session.number)))::text;
    IF v_opened THEN
        v_seq := v_seq + 1;
        INSERT INTO events (store_id, seq, type, occurred_at, actor, table_id, session_id, data)
            VALUES (p_store, v_seq, 'session.opened', p_now, p_actor, v_session.table_id,
                v_session.id, jsonb_build_object(
                    'id', v_session.id,
                    'table', jsonb_build_object('id', v_session.table_id, 'number', v_session.number),
                    'status', 'open', 'guest_count', NULL, 'note', NULL,
                    'opened_at', p_answer -> 'created_at', 'closed_at', NULL,
                    'order_count', 1, 'total', p_total, 'version', 1,
                    'created_at', p_answer -> 'created_at', 'updated_at', p_answer -> 'created_at'));
    END IF;
    v_seq := v_seq + 1;
    INSERT INTO events (store_id, seq, type, occurred_at, actor, table_id, session_id, data)
        VALUES (p_store, v_seq, 'order.created', p_now, p_actor, v_session.table_id, v_session.id,
            p_event || jsonb_build_object(<shown>'number', v_number, 'business_date', v_date,
                'session_id', v_session.id,
                'table', jsonb_build_object('id', v_session.table_id, 'number', v_session.number)));
    FOR v_place IN SELECT value FROM jsonb_array_elements(v_sold_out) LOOP
        v_seq := v_seq + 1;
        INSERT INTO events (store_id, seq, type, occurred_at, actor, table_id, session_id, data)
            VALUES (p_store, v_seq, 'item.availability_changed', p_now, p_actor, NULL, NULL,
                v_place.value);
    END LOOP;

    INSERT INTO idempotency_records
            (store_id, scope, key, fingerprint, status, body, headers, created_at)
        VALUES (p_store, p_scope, p_key, p_fingerprint, 201, v_answer,
            jsonb_build_object('etag', '"1"', 'content-language', p_language), p_now);
    RETURN QUERY SELECT false, 201, v_answer;
END $$
"""
BEFORE = dict.fromkeys(("parameter", "declare", "decide", "column", "value", "shown"), "")
HOLDING = {
    # The default lets workers of the version before go on while the new ones start.
    "parameter": ", p_holding uuid DEFAULT NULL",
    "declare": "    v_held boolean := false;\n",
    # Asked only for guests, and only where the store wants to see their first order.
    "decide": """    IF p_holding IS NOT NULL THEN
        v_held := NOT EXISTS (SELECT FROM sign_ins g WHERE g.store_id = p_store
            AND g.id = p_holding AND g.accepted_at IS NOT NULL);
    END IF;

""",
    "column": ", held",
    "value": ", v_held",
    "shown": "'held', v_held, ",
}


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
    op.add_column(
        "orders",
        sa.Column("held", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    _replace_place_order(HOLDING)
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


def _replace_place_order(places: dict[str, str]) -> None:
    text = PLACE_ORDER
    for name, filling in places.items():
        text = text.replace(f"<{name}>", filling)
    op.execute("DROP FUNCTION place_order")
    op.execute(text)
    op.execute("REVOKE ALL ON FUNCTION place_order FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION place_order TO {APP}")


def _replace_check(table: str, name: str, condition: str) -> None:
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, condition)


def downgrade() -> None:
    """Guests' sign-ins, and codes for screens, have no place in the older schema: they go."""
    _replace_place_order(BEFORE)
    op.drop_column("orders", "held")
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
