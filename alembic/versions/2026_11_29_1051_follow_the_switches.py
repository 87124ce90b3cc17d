"""Follow each store's switches when an order is placed.

`place_order` gets one more parameter, `p_rules`: what the store's switches say of this order. It
is null in a store without any, and for workers of the version before, whose calls stay as they are.
Each line remembers who added it; lines without a word of their own, the order's own actor.

Revision ID: 20261129_1051
Revises: 20261129_1050
"""

from alembic import op

revision = "20261129_1051"
down_revision = "20261129_1050"
branch_labels = None
depends_on = None

APP = "table_order_app"

# place_order(…) as it was, with the places at which the switches stand.
PLACE_ORDER = """
CREATE FUNCTION place_order(
    p_store uuid, p_now timestamptz, p_business_date date, p_catalog bigint,
    p_scope text, p_key text, p_fingerprint bytea, p_actor jsonb, p_channel text,
    p_table uuid, p_session uuid, p_new_session uuid, p_order uuid,
    p_total bigint, p_currency text, p_note text, p_client_created_at timestamptz,
    p_answer jsonb, p_event jsonb, p_lines jsonb, p_options jsonb, p_stock jsonb, p_language text,
    p_holding uuid DEFAULT NULL<parameter>
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
    v_held boolean := false;<variables>
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

<before>    IF p_holding IS NOT NULL THEN
        v_held := NOT EXISTS (SELECT FROM sign_ins g WHERE g.store_id = p_store
            AND g.id = p_holding AND g.accepted_at IS NOT NULL);
    END IF;

    -- The session row is shared with other orders and with nobody who closes or moves it.
    FOR attempt IN 1..3 LOOP
        IF p_session IS NOT NULL THEN
            SELECT s.id, s.status, s.table_id, t.number<guests> INTO v_session
                FROM table_sessions s JOIN tables t ON t.store_id = s.store_id AND t.id = s.table_id
                WHERE s.store_id = p_store AND s.id = p_session FOR SHARE OF s;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'no such session' USING ERRCODE = 'TO003';
            ELSIF v_session.status <> 'open' THEN
                RAISE EXCEPTION 'session closed' USING ERRCODE = 'TO004';
            END IF;
        ELSE
            SELECT s.id, s.status, s.table_id, t.number<guests> INTO v_session
                FROM table_sessions s JOIN tables t ON t.store_id = s.store_id AND t.id = s.table_id
                WHERE s.store_id = p_store AND s.table_id = p_table AND s.status = 'open'
                FOR SHARE OF s;
        END IF;
        EXIT WHEN FOUND;
        SELECT p_new_session AS id, 'open' AS status, t.id AS table_id, t.number<no_guests> INTO v_session
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

<checks>    -- Counted stock, items and options in one fixed order.
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
            total, currency, note, client_created_at, placed_by, created_at, updated_at, version, held<order_columns>)
        VALUES (p_store, p_order, v_number, v_date, v_session.id, v_session.table_id, p_channel,
            'pending', p_total, p_currency, p_note, p_client_created_at, p_actor, p_now, p_now, 1, v_held<order_values>);
    INSERT INTO order_lines (store_id, id, order_id, position, item_id, names, quantity,
            cancelled_quantity, unit_price, options_total, note, seat, status, total,
            created_at, updated_at, version,
            allergens, parent_line_id, slot_id, slot_names, per_set, set_share<columns>)
        SELECT p_store, l.id, p_order, l.position, l.item_id, l.names, l.quantity, 0, l.unit_price,
            l.options_total, l.note, l.seat, 'pending', l.total, p_now, p_now, 1,
            coalesce(l.allergens, '{}'), l.parent_line_id, l.slot_id, l.slot_names, l.per_set,
            l.set_share<values>
        FROM jsonb_to_recordset(p_lines) AS l(id uuid, position int, item_id uuid, names jsonb,
            quantity int, unit_price bigint, options_total bigint, note text, seat int, total bigint,
            allergens text[], parent_line_id uuid, slot_id uuid, slot_names jsonb, per_set int,
            set_share bigint<fields>);
    IF p_options <> '[]' THEN
        INSERT INTO order_line_options (store_id, id, order_line_id, position, option_id,
                group_names, names, quantity, price, created_at, updated_at, version)
            SELECT p_store, o.id, o.order_line_id, o.position, o.option_id, o.group_names, o.names,
                o.quantity, o.price, p_now, p_now, 1
            FROM jsonb_to_recordset(p_options) AS o(id uuid, order_line_id uuid, position int,
                option_id uuid, group_names jsonb, names jsonb, quantity int, price bigint);
    END IF;

    v_answer := (p_answer || jsonb_build_object('held', v_held, 'number', v_number,<shown> 'business_date', v_date,
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
                    'merged_into_id', NULL, 'linked_tables', '[]'::jsonb,
                    'order_count', 1, 'total', p_total, 'version', 1,
                    'created_at', p_answer -> 'created_at', 'updated_at', p_answer -> 'created_at'));
    END IF;
    v_seq := v_seq + 1;
    INSERT INTO events (store_id, seq, type, occurred_at, actor, table_id, session_id, data)
        VALUES (p_store, v_seq, 'order.created', p_now, p_actor, v_session.table_id, v_session.id,
            p_event || jsonb_build_object('held', v_held, 'number', v_number,<shown> 'business_date', v_date,
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
PLACES = (
    *("parameter", "variables", "before", "guests", "no_guests", "checks"),
    *("order_columns", "order_values", "shown", "columns", "values", "fields"),
)
BEFORE = dict.fromkeys(PLACES, "")
WITH_SWITCHES = {
    "parameter": ", p_rules jsonb DEFAULT NULL",
    "variables": """
    v_digest bytea;
    v_twin record;
    v_duplicate uuid;
    v_first boolean;
    v_guests int;
    v_items int;
    v_amount bigint;""",
    "before": """    v_held := coalesce((p_rules ->> 'held')::boolean, false);
""",
    "guests": ", s.guest_count",
    "no_guests": ", NULL::int AS guest_count",
    "checks": """    -- The first order of a party has the minimum for each guest; who is not counted is one.
    IF p_rules ? 'minimum' THEN
        v_first := v_opened OR NOT EXISTS (SELECT FROM orders o WHERE o.store_id = p_store
            AND o.session_id = v_session.id AND o.status <> 'cancelled');
        v_guests := greatest(coalesce(v_session.guest_count, 1), 1);
        v_items := (p_rules #>> '{minimum,items}')::int * v_guests;
        v_amount := (p_rules #>> '{minimum,amount}')::bigint * v_guests;
        IF v_first AND ((p_rules #>> '{minimum,quantity}')::int < v_items
                OR p_total < v_amount) THEN
            RAISE EXCEPTION 'minimum not met' USING ERRCODE = 'TO008',
                DETAIL = jsonb_build_object('guest_count', v_session.guest_count,
                    'minimum_items', v_items, 'minimum_amount', v_amount)::text;
        END IF;
    END IF;

    -- The same basket from the same device. Two that come at once wait for each other here.
    IF p_rules ? 'basket' THEN
        PERFORM pg_advisory_xact_lock(
            hashtextextended(p_store::text || ' basket ' || p_scope, 0));
        v_digest := decode(p_rules ->> 'basket', 'hex');
        SELECT o.id, o.number, o.number_prefix INTO v_twin FROM orders o
            WHERE o.store_id = p_store AND o.session_id = v_session.id
            AND o.basket_digest = v_digest AND o.status <> 'cancelled'
            AND o.placed_by ->> 'kind' = p_actor ->> 'kind'
            AND o.placed_by ->> 'id' = p_actor ->> 'id'
            AND o.created_at > p_now - make_interval(secs => (p_rules ->> 'window')::int)
            ORDER BY o.id DESC LIMIT 1;
        IF FOUND THEN
            v_duplicate := v_twin.id;
            IF (p_rules ->> 'ask')::boolean THEN
                RAISE EXCEPTION 'duplicate' USING ERRCODE = 'TO009',
                    DETAIL = jsonb_build_object('order_id', v_twin.id, 'number', v_twin.number,
                        'display_number', concat_ws('-', v_twin.number_prefix, v_twin.number))::text;
            END IF;
        END IF;
    END IF;

""",
    "order_columns": """,
            number_prefix, basket_digest, duplicate_of""",
    "order_values": """,
            p_rules ->> 'prefix', v_digest, v_duplicate""",
    "shown": """
            'display_number', concat_ws('-', p_rules ->> 'prefix', v_number),
            'duplicate_of', v_duplicate,""",
    "columns": ", added_by",
    "values": ", coalesce(l.added_by, p_actor)",
    "fields": ", added_by jsonb",
}


def upgrade() -> None:
    _replace_place_order(WITH_SWITCHES)


def downgrade() -> None:
    _replace_place_order(BEFORE)


def _replace_place_order(places: dict[str, str]) -> None:
    """Dropped and made anew in one transaction: no call finds none, and none finds two."""
    text = PLACE_ORDER
    for name, filling in places.items():
        text = text.replace(f"<{name}>", filling)
    op.execute("DROP FUNCTION place_order")
    op.execute(text)
    op.execute("REVOKE ALL ON FUNCTION place_order FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION place_order TO {APP}")
