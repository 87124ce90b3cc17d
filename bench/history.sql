-- The past of stores: closed sessions of five orders each, and their lines, spread evenly over time.
-- Parameters: stores (their numbers), first (the number of each store's first past order), orders
-- (past orders of each store), until (when the last one was placed), gap (between two orders),
-- tables, items, lines (of each order). Ids are made of numbers as `made()` in world.py makes them.

CREATE OR REPLACE FUNCTION pg_temp.made(kind int, number bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(number), 8, '0') || '-' || lpad(to_hex(kind), 4, '0')
            || '-7000-8000-000000000000')::uuid
$$;

INSERT INTO table_sessions (store_id, id, table_id, status, guest_count, opened_at, opened_by,
        closed_at, created_at, updated_at, version)
    SELECT pg_temp.made(1, s), pg_temp.made(3, %(first)s + n), pg_temp.made(2, 1 + n %% %(tables)s),
        'closed', 2, at, '{"kind": "system", "id": null, "name": "system"}',
        at + interval '1 hour', at, at + interval '1 hour', 2
    FROM unnest(%(stores)s::int[]) s, generate_series(0, (%(orders)s - 1) / 5) n,
        LATERAL (SELECT %(until)s::timestamptz - (%(orders)s - 5 * n) * %(gap)s::interval) a(at);

INSERT INTO orders (store_id, id, number, business_date, session_id, table_id, channel, status,
        total, currency, placed_by, created_at, updated_at, version)
    SELECT pg_temp.made(1, s), pg_temp.made(11, %(first)s + n),
        row_number() OVER (PARTITION BY s, at::date ORDER BY n), at::date,
        pg_temp.made(3, %(first)s + n / 5), pg_temp.made(2, 1 + n / 5 %% %(tables)s),
        CASE WHEN n %% 500 = 1 THEN 'pos' WHEN n %% 10 < 6 THEN 'tablet'
             WHEN n %% 10 < 9 THEN 'guest' ELSE 'staff' END,
        CASE WHEN n %% 50 = 0 THEN 'cancelled' ELSE 'served' END,
        CASE WHEN n %% 50 = 0 THEN 0 ELSE 9000 * %(lines)s END, 'KRW',
        '{"kind": "system", "id": null, "name": "system"}', at, at + interval '20 minutes', 4
    FROM unnest(%(stores)s::int[]) s, generate_series(0, %(orders)s - 1) n,
        LATERAL (SELECT %(until)s::timestamptz - (%(orders)s - n) * %(gap)s::interval) a(at);

INSERT INTO order_lines (store_id, id, order_id, position, item_id, names, quantity,
        cancelled_quantity, unit_price, options_total, status, total, created_at, updated_at,
        version)
    SELECT pg_temp.made(1, s), pg_temp.made(12, (%(first)s + n) * %(lines)s + place),
        pg_temp.made(11, %(first)s + n), place, pg_temp.made(4, 1 + (n + place) %% %(items)s),
        '{"ko": "김치찌개", "en": "Kimchi stew"}', 1, (n %% 50 = 0)::int, 9000, 0,
        CASE WHEN n %% 50 = 0 THEN 'cancelled' ELSE 'served' END,
        CASE WHEN n %% 50 = 0 THEN 0 ELSE 9000 END, at, at, 4
    FROM unnest(%(stores)s::int[]) s, generate_series(0, %(orders)s - 1) n,
        generate_series(0, %(lines)s - 1) place,
        LATERAL (SELECT %(until)s::timestamptz - (%(orders)s - n) * %(gap)s::interval) a(at);

INSERT INTO order_line_options (store_id, id, order_line_id, position, option_id, group_names,
        names, quantity, price, created_at, updated_at, version)
    SELECT store_id, pg_temp.made(13, %(first)s + row_number() OVER (PARTITION BY store_id)), id, 0,
        pg_temp.made(5, 1), '{"ko": "맵기", "en": "Spiciness"}', '{"ko": "보통", "en": "Medium"}',
        1, 0, created_at, updated_at, 1
    FROM order_lines WHERE position = 0
        AND store_id IN (SELECT pg_temp.made(1, s) FROM unnest(%(stores)s::int[]) s);

INSERT INTO line_cancellations (store_id, id, order_line_id, quantity, reason_code, reason_names,
        actor, created_at, updated_at, version)
    SELECT store_id, pg_temp.made(14, %(first)s + row_number() OVER (PARTITION BY store_id)), id,
        cancelled_quantity, 'guest_request', '{"ko": "손님 요청", "en": "Guest''s request"}',
        '{"kind": "system", "id": null, "name": "system"}', created_at, updated_at, 1
    FROM order_lines WHERE cancelled_quantity > 0
        AND store_id IN (SELECT pg_temp.made(1, s) FROM unnest(%(stores)s::int[]) s);
