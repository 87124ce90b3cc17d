-- The reference for an order: what the service stores for it, as an ordinary transaction of single
-- statements. Run by pgbench with :stores and :tables; ids are made as in world.py. The order's id
-- comes from the first statement, which is needed anyway, so that the reference has no round trip
-- that only the reference needs.
\set store random(1, :stores)
\set table random(1, :tables)
BEGIN;
SELECT set_config('app.store_id', (lpad(to_hex(:store::int), 8, '0') || '-0001-7000-8000-000000000000')::uuid::text, true),
    (lpad(to_hex(:store::int), 8, '0') || '-0001-7000-8000-000000000000')::uuid AS store_id, (lpad(to_hex(:table::int), 8, '0') || '-0002-7000-8000-000000000000')::uuid AS table_id,
    uuidv7() AS order_id, uuidv7() AS line_id, now() AS at,
    (now() AT TIME ZONE 'Asia/Seoul' - interval '5 hours')::date AS today \gset
SELECT fingerprint, status, body FROM idempotency_records
    WHERE store_id = :store_id::uuid AND scope = 'pgbench' AND key = :order_id;
SELECT s.id AS session_id FROM table_sessions s
    JOIN tables t ON t.store_id = s.store_id AND t.id = s.table_id
    WHERE s.store_id = :store_id::uuid AND s.table_id = :table_id::uuid AND s.status = 'open'
    FOR SHARE OF s \gset
UPDATE store_counters c SET event_seq = c.event_seq + 1, business_date = :today::date,
        order_number = CASE WHEN c.business_date >= :today::date THEN c.order_number + 1 ELSE 1 END
    WHERE c.store_id = :store_id::uuid
    RETURNING c.event_seq AS seq, c.order_number AS number \gset
INSERT INTO orders (store_id, id, number, business_date, session_id, table_id, channel, status,
        total, currency, placed_by, created_at, updated_at, version)
    VALUES (:store_id::uuid, :order_id::uuid, :number::int, :today::date, :session_id::uuid,
        :table_id::uuid, 'tablet', 'pending', 46500, 'KRW', '{"kind": "tablet", "id": "00000001-0009-7000-8000-000000000000", "name": "Tablet 1"}', :at::timestamptz,
        :at::timestamptz, 1);
INSERT INTO order_lines (store_id, id, order_id, position, item_id, names, quantity,
        cancelled_quantity, unit_price, options_total, status, total, created_at, updated_at, version)
    VALUES
        (:store_id::uuid, :line_id::uuid, :order_id::uuid, 0,
            '00000001-0004-7000-8000-000000000000', '{"ko": "김치찌개", "en": "Kimchi stew"}', 1, 0, 9100, 500, 'pending',
            9600, :at::timestamptz, :at::timestamptz, 1),
        (:store_id::uuid, uuidv7(), :order_id::uuid, 1,
            '00000002-0004-7000-8000-000000000000', '{"ko": "김치찌개", "en": "Kimchi stew"}', 1, 0, 9100, 0, 'pending',
            9100, :at::timestamptz, :at::timestamptz, 1),
        (:store_id::uuid, uuidv7(), :order_id::uuid, 2,
            '00000003-0004-7000-8000-000000000000', '{"ko": "김치찌개", "en": "Kimchi stew"}', 1, 0, 9100, 0, 'pending',
            9100, :at::timestamptz, :at::timestamptz, 1);
INSERT INTO order_line_options (store_id, id, order_line_id, position, option_id, group_names, names,
        quantity, price, created_at, updated_at, version)
    VALUES (:store_id::uuid, uuidv7(), :line_id::uuid, 0, '00000001-0005-7000-8000-000000000000',
        '{"ko": "맵기", "en": "Spiciness"}', '{"ko": "단계 1", "en": "Level 1"}', 1, 500,
        :at::timestamptz, :at::timestamptz, 1);
INSERT INTO events (store_id, seq, type, occurred_at, actor, table_id, session_id, data)
    VALUES (:store_id::uuid, :seq::bigint, 'order.created', :at::timestamptz, '{"kind": "tablet", "id": "00000001-0009-7000-8000-000000000000", "name": "Tablet 1"}',
        :table_id::uuid, :session_id::uuid, '{"channel": "tablet", "status": "pending", "note": null, "total": 46500, "currency": "KRW", "client_created_at": null,
 "created_at": "2026-11-25T12:00:00.000000Z", "updated_at": "2026-11-25T12:00:00.000000Z", "version": 1, "lines": [{"id": "0193-1", "item_id": "00000001-0004-7000-8000-000000000000", "name": "김치찌개 1", "names": {"ko": "김치찌개 1", "en": "Kimchi stew 1"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [{"option_id": "00000001-0005-7000-8000-000000000000", "group": "맵기", "name": "단계 1", "quantity": 1, "price": 500}], "note": null, "seat": null, "status": "pending", "total": 9100},
 {"id": "0193-2", "item_id": "00000002-0004-7000-8000-000000000000", "name": "김치찌개 2", "names": {"ko": "김치찌개 2", "en": "Kimchi stew 2"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [], "note": null, "seat": null, "status": "pending", "total": 9100},
 {"id": "0193-3", "item_id": "00000003-0004-7000-8000-000000000000", "name": "김치찌개 3", "names": {"ko": "김치찌개 3", "en": "Kimchi stew 3"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [], "note": null, "seat": null, "status": "pending", "total": 9100}]}');
INSERT INTO idempotency_records
        (store_id, scope, key, fingerprint, status, body, headers, created_at)
    VALUES (:store_id::uuid, 'pgbench', :order_id, sha256(convert_to(:order_id, 'UTF8')), 201, '{"channel": "tablet", "status": "pending", "note": null, "total": 46500, "currency": "KRW", "client_created_at": null,
 "created_at": "2026-11-25T12:00:00.000000Z", "updated_at": "2026-11-25T12:00:00.000000Z", "version": 1, "lines": [{"id": "0193-1", "item_id": "00000001-0004-7000-8000-000000000000", "name": "김치찌개 1", "names": {"ko": "김치찌개 1", "en": "Kimchi stew 1"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [{"option_id": "00000001-0005-7000-8000-000000000000", "group": "맵기", "name": "단계 1", "quantity": 1, "price": 500}], "note": null, "seat": null, "status": "pending", "total": 9100},
 {"id": "0193-2", "item_id": "00000002-0004-7000-8000-000000000000", "name": "김치찌개 2", "names": {"ko": "김치찌개 2", "en": "Kimchi stew 2"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [], "note": null, "seat": null, "status": "pending", "total": 9100},
 {"id": "0193-3", "item_id": "00000003-0004-7000-8000-000000000000", "name": "김치찌개 3", "names": {"ko": "김치찌개 3", "en": "Kimchi stew 3"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [], "note": null, "seat": null, "status": "pending", "total": 9100}]}',
        '{"etag": "\"1\"", "content-language": "ko"}', :at::timestamptz);
COMMIT;
