"""Sell sets: items of items, the lines of their parts, and what each line contains.

A part's line carries its share of the set's price, whole for one portion of the set, so that the
parts sum to the set exactly however many portions there are. Each line keeps the allergens of the
dish as it was configured.

Revision ID: 20261125_1810
Revises: 20261125_1800
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261125_1810"
down_revision = "20261125_1800"
branch_labels = None
depends_on = None

APP, READONLY, BACKUP = "table_order_app", "table_order_readonly", "table_order_backup"

PART_COLUMNS = ("parent_line_id", "slot_id", "slot_names", "per_set", "set_share")

QUANTITY_BEFORE = "quantity BETWEEN 1 AND 99"
QUANTITY = "quantity >= 1 AND (parent_line_id IS NOT NULL OR quantity <= 99)"
TOTAL_BEFORE = (
    "unit_price + options_total >= 0"
    " AND total = (unit_price + options_total) * (quantity - cancelled_quantity)"
)
TOTAL = (
    f"CASE WHEN parent_line_id IS NULL THEN {TOTAL_BEFORE}"
    " ELSE per_set >= 1 AND set_share >= 0 AND total >= 0"
    " AND quantity % per_set = 0 AND cancelled_quantity % per_set = 0"
    " AND total = (set_share + options_total * per_set)"
    " * ((quantity - cancelled_quantity) / per_set) END"
)
PART_IS_WHOLE = "num_nulls(parent_line_id, slot_id, slot_names, per_set, set_share) IN (0, 5)"

# place_order(…) as it was, with the places at which a line's new columns stand. Its parameters
# stay as they are: workers of the version before send lines without these fields.
PLACE_ORDER = """
CREATE OR REPLACE FUNCTION place_order(
    p_store uuid, p_now timestamptz, p_business_date date, p_catalog bigint,
    p_scope text, p_key text, p_fingerprint bytea, p_actor jsonb, p_channel text,
    p_table uuid, p_session uuid, p_new_session uuid, p_order uuid,
    p_total bigint, p_currency text, p_note text, p_client_created_at timestamptz,
    p_answer jsonb, p_event jsonb, p_lines jsonb, p_options jsonb, p_stock jsonb, p_language text, p_holding uuid DEFAULT NULL
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
    v_held boolean := false;
    v_place record;
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

    IF p_holding IS NOT NULL THEN
        v_held := NOT EXISTS (SELECT FROM sign_ins g WHERE g.store_id = p_store
            AND g.id = p_holding AND g.accepted_at IS NOT NULL);
    END IF;

    -- The session row is shared with other orders and with nobody who closes or moves it.
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
            total, currency, note, client_created_at, placed_by, created_at, updated_at, version, held)
        VALUES (p_store, p_order, v_number, v_date, v_session.id, v_session.table_id, p_channel,
            'pending', p_total, p_currency, p_note, p_client_created_at, p_actor, p_now, p_now, 1, v_held);
    INSERT INTO order_lines (store_id, id, order_id, position, item_id, names, quantity,
            cancelled_quantity, unit_price, options_total, note, seat, status, total,
            created_at, updated_at, version<columns>)
        SELECT p_store, l.id, p_order, l.position, l.item_id, l.names, l.quantity, 0, l.unit_price,
            l.options_total, l.note, l.seat, 'pending', l.total, p_now, p_now, 1<values>
        FROM jsonb_to_recordset(p_lines) AS l(id uuid, position int, item_id uuid, names jsonb,
            quantity int, unit_price bigint, options_total bigint, note text, seat int, total bigint<fields>);
    IF p_options <> '[]' THEN
        INSERT INTO order_line_options (store_id, id, order_line_id, position, option_id,
                group_names, names, quantity, price, created_at, updated_at, version)
            SELECT p_store, o.id, o.order_line_id, o.position, o.option_id, o.group_names, o.names,
                o.quantity, o.price, p_now, p_now, 1
            FROM jsonb_to_recordset(p_options) AS o(id uuid, order_line_id uuid, position int,
                option_id uuid, group_names jsonb, names jsonb, quantity int, price bigint);
    END IF;

    v_answer := (p_answer || jsonb_build_object('held', v_held, 'number', v_number, 'business_date', v_date,
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
                    'merged_into_id', NULL,
                    'order_count', 1, 'total', p_total, 'version', 1,
                    'created_at', p_answer -> 'created_at', 'updated_at', p_answer -> 'created_at'));
    END IF;
    v_seq := v_seq + 1;
    INSERT INTO events (store_id, seq, type, occurred_at, actor, table_id, session_id, data)
        VALUES (p_store, v_seq, 'order.created', p_now, p_actor, v_session.table_id, v_session.id,
            p_event || jsonb_build_object('held', v_held, 'number', v_number, 'business_date', v_date,
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
BEFORE = dict.fromkeys(("columns", "values", "fields"), "")
WITH_SETS = {
    "columns": """,
            allergens, parent_line_id, slot_id, slot_names, per_set, set_share""",
    "values": """,
            coalesce(l.allergens, '{}'), l.parent_line_id, l.slot_id, l.slot_names, l.per_set,
            l.set_share""",
    "fields": """,
            allergens text[], parent_line_id uuid, slot_id uuid, slot_names jsonb, per_set int,
            set_share bigint""",
}


def upgrade() -> None:
    _add_sets()
    _extend_lines()
    _replace_place_order(WITH_SETS)


def _add_sets() -> None:
    op.create_table(
        "set_slots",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("min_select", sa.Integer(), nullable=False),
        sa.Column("max_select", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "min_select >= 0 AND max_select >= min_select AND max_select BETWEEN 1 AND 99",
            name=op.f("ck_set_slots_selection_in_order"),
        ),
        _in_store("set_slots", "item_id", "items"),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_set_slots")),
    )
    op.create_index("ix_set_slots_item", "set_slots", ["store_id", "item_id"], unique=False)
    op.create_table(
        "set_choices",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("upcharge", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "upcharge BETWEEN 0 AND 1000000000000",
            name=op.f("ck_set_choices_upcharge_in_range"),
        ),
        _in_store("set_choices", "slot_id", "set_slots"),
        _in_store("set_choices", "item_id", "items"),
        sa.PrimaryKeyConstraint("store_id", "slot_id", "item_id", name=op.f("pk_set_choices")),
    )
    op.create_index("ix_set_choices_item", "set_choices", ["store_id", "item_id"], unique=False)
    for table in ("set_slots", "set_choices"):
        _wall_in(table)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON set_slots, set_choices TO {APP}")
    op.execute(f"GRANT DELETE ON set_choices TO {APP}")
    op.execute(f"GRANT SELECT ON set_slots, set_choices TO {READONLY}, {BACKUP}")


def _in_store(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["store_id", column],
        [f"{target}.store_id", f"{target}.id"],
        name=op.f(f"fk_{table}_store_id_{column}"),
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


def _extend_lines() -> None:
    op.add_column(
        "order_lines",
        sa.Column(
            "allergens",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    for name, kind in zip(
        PART_COLUMNS,
        (
            sa.Uuid(),
            sa.Uuid(),
            postgresql.JSONB(astext_type=sa.Text()),
            sa.Integer(),
            sa.BigInteger(),
        ),
        strict=True,
    ):
        op.add_column("order_lines", sa.Column(name, kind, nullable=True))
    for column, target in (("parent_line_id", "order_lines"), ("slot_id", "set_slots")):
        op.create_foreign_key(
            op.f(f"fk_order_lines_store_id_{column}"),
            "order_lines",
            target,
            ["store_id", column],
            ["store_id", "id"],
            ondelete="RESTRICT",
            postgresql_not_valid=True,
        )
        op.execute(f"ALTER TABLE order_lines VALIDATE CONSTRAINT fk_order_lines_store_id_{column}")
    _put_check("part_is_whole", PART_IS_WHOLE)
    _replace_check("quantity_in_range", QUANTITY)
    _replace_check("total_adds_up", TOTAL)


def _put_check(name: str, condition: str) -> None:
    """Old lines are read once, without keeping writers out a second time."""
    whole = f"ck_order_lines_{name}"
    op.create_check_constraint(op.f(whole), "order_lines", condition, postgresql_not_valid=True)
    op.execute(f"ALTER TABLE order_lines VALIDATE CONSTRAINT {whole}")


def _replace_check(name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_order_lines_{name}"), "order_lines", type_="check")
    _put_check(name, condition)


def _replace_place_order(places: dict[str, str]) -> None:
    text = PLACE_ORDER
    for name, filling in places.items():
        text = text.replace(f"<{name}>", filling)
    op.execute(text)


def downgrade() -> None:
    """Parts of sets have no place in the older schema: they go, the sets' own lines stay."""
    _replace_place_order(BEFORE)
    op.execute(
        "DELETE FROM order_line_options o USING order_lines l WHERE l.store_id = o.store_id"
        " AND l.id = o.order_line_id AND l.parent_line_id IS NOT NULL"
    )
    op.execute("DELETE FROM order_lines WHERE parent_line_id IS NOT NULL")
    _replace_check("total_adds_up", TOTAL_BEFORE)
    _replace_check("quantity_in_range", QUANTITY_BEFORE)
    op.drop_constraint(op.f("ck_order_lines_part_is_whole"), "order_lines", type_="check")
    for column in ("parent_line_id", "slot_id"):
        op.drop_constraint(
            op.f(f"fk_order_lines_store_id_{column}"), "order_lines", type_="foreignkey"
        )
    for column in (*PART_COLUMNS, "allergens"):
        op.drop_column("order_lines", column)
    op.drop_table("set_choices")
    op.drop_table("set_slots")
