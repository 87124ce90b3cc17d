-- What the service's own statement reaches without the service: the share of the database in an order.
-- Run by pgbench with :stores and :tables, as order.sql.
\set store random(1, :stores)
\set table random(1, :tables)
SELECT p.* FROM (SELECT uuidv7() AS "order", uuidv7() AS line) i
    CROSS JOIN LATERAL place_order(
        (lpad(to_hex(:store::int), 8, '0') || '-0001-7000-8000-000000000000')::uuid, now(), current_date, 1,
        'pgbench', i."order"::text, sha256(convert_to(i."order"::text, 'UTF8')), '{"kind": "tablet", "id": "00000001-0009-7000-8000-000000000000", "name": "Tablet 1"}', 'tablet',
        (lpad(to_hex(:table::int), 8, '0') || '-0002-7000-8000-000000000000')::uuid, NULL, uuidv7(), i."order",
        46500, 'KRW', NULL, NULL,
        '{"channel": "tablet", "status": "pending", "note": null, "total": 46500, "currency": "KRW", "client_created_at": null,
 "created_at": "2026-11-25T12:00:00.000000Z", "updated_at": "2026-11-25T12:00:00.000000Z", "version": 1, "lines": [{"id": "0193-1", "item_id": "00000001-0004-7000-8000-000000000000", "name": "김치찌개 1", "names": {"ko": "김치찌개 1", "en": "Kimchi stew 1"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [{"option_id": "00000001-0005-7000-8000-000000000000", "group": "맵기", "name": "단계 1", "quantity": 1, "price": 500}], "note": null, "seat": null, "status": "pending", "total": 9100},
 {"id": "0193-2", "item_id": "00000002-0004-7000-8000-000000000000", "name": "김치찌개 2", "names": {"ko": "김치찌개 2", "en": "Kimchi stew 2"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [], "note": null, "seat": null, "status": "pending", "total": 9100},
 {"id": "0193-3", "item_id": "00000003-0004-7000-8000-000000000000", "name": "김치찌개 3", "names": {"ko": "김치찌개 3", "en": "Kimchi stew 3"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [], "note": null, "seat": null, "status": "pending", "total": 9100}]}',
        '{"channel": "tablet", "status": "pending", "note": null, "total": 46500, "currency": "KRW", "client_created_at": null,
 "created_at": "2026-11-25T12:00:00.000000Z", "updated_at": "2026-11-25T12:00:00.000000Z", "version": 1, "lines": [{"id": "0193-1", "item_id": "00000001-0004-7000-8000-000000000000", "name": "김치찌개 1", "names": {"ko": "김치찌개 1", "en": "Kimchi stew 1"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [{"option_id": "00000001-0005-7000-8000-000000000000", "group": "맵기", "name": "단계 1", "quantity": 1, "price": 500}], "note": null, "seat": null, "status": "pending", "total": 9100},
 {"id": "0193-2", "item_id": "00000002-0004-7000-8000-000000000000", "name": "김치찌개 2", "names": {"ko": "김치찌개 2", "en": "Kimchi stew 2"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [], "note": null, "seat": null, "status": "pending", "total": 9100},
 {"id": "0193-3", "item_id": "00000003-0004-7000-8000-000000000000", "name": "김치찌개 3", "names": {"ko": "김치찌개 3", "en": "Kimchi stew 3"}, "quantity": 1,
  "cancelled_quantity": 0, "cancellations": [], "unit_price": 9100, "options": [], "note": null, "seat": null, "status": "pending", "total": 9100}]}',
        jsonb_build_array(
            jsonb_build_object('id', i.line, 'position', 0,
                'item_id', '00000001-0004-7000-8000-000000000000', 'names', '{"ko": "김치찌개", "en": "Kimchi stew"}'::jsonb,
                'quantity', 1, 'unit_price', 9100, 'options_total', 500, 'total', 9600),
            jsonb_build_object('id', uuidv7(), 'position', 1,
                'item_id', '00000002-0004-7000-8000-000000000000', 'names', '{"ko": "김치찌개", "en": "Kimchi stew"}'::jsonb,
                'quantity', 1, 'unit_price', 9100, 'options_total', 0, 'total', 9100),
            jsonb_build_object('id', uuidv7(), 'position', 2,
                'item_id', '00000003-0004-7000-8000-000000000000', 'names', '{"ko": "김치찌개", "en": "Kimchi stew"}'::jsonb,
                'quantity', 1, 'unit_price', 9100, 'options_total', 0, 'total', 9100)),
        jsonb_build_array(jsonb_build_object('id', uuidv7(), 'order_line_id', i.line, 'position', 0,
            'option_id', '00000001-0005-7000-8000-000000000000',
            'group_names', '{"ko": "맵기", "en": "Spiciness"}'::jsonb,
            'names', '{"ko": "단계 1", "en": "Level 1"}'::jsonb, 'quantity', 1, 'price', 500)),
        '[]', 'ko') p;
