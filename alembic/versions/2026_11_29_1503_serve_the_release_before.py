"""Let workers of the release before do right by what only the new ones know.

They place the orders of a linked table, hold a guest's first order and open new stores; until now
the schema left them half of it:

- `place_order` gives the order of a linked table to the party that has it. The new workers do so
  after a refusal; the others told the guests that the table is taken.
- `guest_first_order_held` and `order_acceptance` say the same, whoever writes either of them.
- Happy hours without dates that differ are kept without `exceptions`: the release before takes
  none for a fault, and its managers got no list of items.
- A store that comes without types of service requests gets the usual ones when it is committed.

Both triggers may go with the column that only the release before knows.

Revision ID: 20261129_1503
Revises: 20261129_1121
"""

from alembic import op

revision = "20261129_1503"
down_revision = "20261129_1121"
branch_labels = None
depends_on = None
# The new code does all of it by itself.
required_by_code = False

NO_SESSION_THERE = """        EXIT WHEN FOUND;
        SELECT p_new_session AS id,"""
# Looked up again once the session is held: the party may have left the table meanwhile.
OR_A_LINKED_ONE = """        EXIT WHEN FOUND;
        SELECT k.session_id INTO v_linked FROM session_tables k
            WHERE k.store_id = p_store AND k.table_id = p_table;
        IF FOUND THEN
            SELECT s.id, s.status, s.table_id, t.number, s.guest_count INTO v_session
                FROM table_sessions s JOIN tables t ON t.store_id = s.store_id AND t.id = s.table_id
                WHERE s.store_id = p_store AND s.id = v_linked AND s.status = 'open'
                FOR SHARE OF s;
            EXIT WHEN FOUND AND EXISTS (SELECT FROM session_tables k WHERE k.store_id = p_store
                AND k.table_id = p_table AND k.session_id = v_linked);
            v_session := NULL;
            CONTINUE;
        END IF;
        SELECT p_new_session AS id,"""
A_VARIABLE = """    v_held boolean := false;"""
ONE_MORE = """    v_held boolean := false;
    v_linked uuid;"""

SAME_ACCEPTANCE = """
CREATE FUNCTION same_acceptance() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.guest_first_order_held IS DISTINCT FROM
            (CASE TG_OP WHEN 'UPDATE' THEN OLD.guest_first_order_held ELSE false END) THEN
        NEW.order_acceptance := NEW.order_acceptance || jsonb_build_object('guest',
            CASE WHEN NEW.guest_first_order_held THEN 'first_order' ELSE 'auto' END);
    ELSE
        NEW.guest_first_order_held := NEW.order_acceptance ->> 'guest' <> 'auto';
    END IF;
    RETURN NEW;
END $$
"""
FOLLOW = """
UPDATE stores SET guest_first_order_held = order_acceptance ->> 'guest' <> 'auto'
    WHERE guest_first_order_held <> (order_acceptance ->> 'guest' <> 'auto')
"""

PLAIN_HAPPY_HOURS = """
UPDATE items SET happy_hours = (
        SELECT jsonb_agg(CASE WHEN h.value -> 'exceptions' = '[]' THEN h.value - 'exceptions'
            ELSE h.value END ORDER BY h.place)
        FROM jsonb_array_elements(happy_hours) WITH ORDINALITY AS h(value, place))
    WHERE jsonb_path_exists(happy_hours, '$[*].exceptions ? (@.size() == 0)')
"""

# Code, names, how many at most, seconds until it may be asked for again: as in …_1040. Ids of
# version 7 (RFC 9562): milliseconds first, then chance.
USUAL_TYPES = """
CREATE FUNCTION usual_service_request_types() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO service_request_types (store_id, id, code, names, position, max_quantity,
            cooldown_seconds, active, created_at, updated_at, version)
        SELECT NEW.store_id,
            (substr(m.ms, 1, 8) || '-' || substr(m.ms, 9) || '-7'
                || substr(gen_random_uuid()::text, 16))::uuid,
            d.code, d.names::jsonb, d.place, d.most, d.again, true, now(), now(), 1
        FROM (VALUES
            ('water', '{"ko": "물", "en": "Water", "ja": "お水", "zh-Hans": "水"}', 0, 10, 0),
            ('cutlery', '{"ko": "수저", "en": "Cutlery", "ja": "お箸・スプーン", "zh-Hans": "餐具"}',
                1, 20, 0),
            ('plate', '{"ko": "앞접시", "en": "Small plates", "ja": "取り皿", "zh-Hans": "小碟子"}',
                2, 20, 0),
            ('wet-wipe', '{"ko": "물티슈", "en": "Wet wipes", "ja": "おしぼり", "zh-Hans": "湿巾"}',
                3, 20, 0),
            ('napkin', '{"ko": "냅킨", "en": "Napkins", "ja": "紙ナプキン", "zh-Hans": "餐巾纸"}',
                4, 20, 0),
            ('staff', '{"ko": "직원 호출", "en": "Call the staff", "ja": "店員を呼ぶ",
                "zh-Hans": "呼叫服务员"}', 5, 1, 30),
            ('bill', '{"ko": "계산서 요청", "en": "The bill", "ja": "お会計", "zh-Hans": "结账"}',
                6, 1, 60)) AS d(code, names, place, most, again),
            (SELECT lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') AS ms) m
        WHERE NOT EXISTS (SELECT FROM service_request_types t WHERE t.store_id = NEW.store_id);
    RETURN NULL;
END $$
"""
TRIGGERS = (
    "CREATE TRIGGER same_acceptance"
    " BEFORE INSERT OR UPDATE OF guest_first_order_held, order_acceptance ON stores"
    " FOR EACH ROW EXECUTE FUNCTION same_acceptance()",
    # At the commit: new workers bring types of their own with the store.
    "CREATE CONSTRAINT TRIGGER usual_service_request_types AFTER INSERT ON stores"
    " DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION usual_service_request_types()",
)


def upgrade() -> None:
    _rewrite_place_order((A_VARIABLE, ONE_MORE), (NO_SESSION_THERE, OR_A_LINKED_ONE))
    for statement in (SAME_ACCEPTANCE, USUAL_TYPES, *TRIGGERS, FOLLOW, PLAIN_HAPPY_HOURS):
        op.execute(statement)


def _rewrite_place_order(*parts: tuple[str, str]) -> None:
    """Exchange parts of the function as it stands; one that isn't there is an error."""
    for old, new in parts:
        op.execute(
            "DO $do$ DECLARE v_before text := pg_get_functiondef('place_order'::regproc);"
            f" v_after text := replace(v_before, $old${old}$old$, $new${new}$new$);"
            " BEGIN IF v_after = v_before THEN"
            " RAISE EXCEPTION 'place_order is not as expected'; END IF;"
            " EXECUTE v_after; END $do$"
        )


def downgrade() -> None:
    """What was written meanwhile stays."""
    for name in ("usual_service_request_types", "same_acceptance"):
        op.execute(f"DROP TRIGGER {name} ON stores")
        op.execute(f"DROP FUNCTION {name}")
    _rewrite_place_order((OR_A_LINKED_ONE, NO_SESSION_THERE), (ONE_MORE, A_VARIABLE))
