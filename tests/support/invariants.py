"""What must be true of a store's sessions, orders and events, whatever has been done to them."""

from tests.support.shops import Shop

BROKEN = {
    "a party that does not have its own table": """
        SELECT s.id::text FROM table_sessions s
        WHERE s.store_id = %(store)s AND s.status = 'open' AND NOT EXISTS (
            SELECT FROM session_tables t WHERE t.store_id = s.store_id
            AND t.session_id = s.id AND t.table_id = s.table_id)""",
    "a table that a party which has left still has": """
        SELECT t.table_id::text FROM session_tables t
        JOIN table_sessions s ON s.store_id = t.store_id AND s.id = t.session_id
        WHERE t.store_id = %(store)s AND s.status <> 'open'""",
    "a linked table that is archived": """
        SELECT k.table_id::text FROM session_tables k
        JOIN tables t ON t.store_id = k.store_id AND t.id = k.table_id
        WHERE k.store_id = %(store)s AND t.archived_at IS NOT NULL""",
    "two parties at one table": """
        SELECT table_id::text FROM table_sessions WHERE store_id = %(store)s AND status = 'open'
        GROUP BY table_id HAVING count(*) > 1""",
    "a party at an archived table": """
        SELECT s.id::text FROM table_sessions s
        JOIN tables t ON t.store_id = s.store_id AND t.id = s.table_id
        WHERE s.store_id = %(store)s AND s.status = 'open' AND t.archived_at IS NOT NULL""",
    "an unfinished order in a closed session": """
        SELECT o.id::text FROM orders o
        JOIN table_sessions s ON s.store_id = o.store_id AND s.id = o.session_id
        WHERE o.store_id = %(store)s AND s.status = 'closed'
        AND o.status IN ('pending', 'preparing')""",
    "an order left behind in a merged session": """
        SELECT o.id::text FROM orders o
        JOIN table_sessions s ON s.store_id = o.store_id AND s.id = o.session_id
        WHERE o.store_id = %(store)s AND s.merged_into_id IS NOT NULL""",
    "an order at another table than its session": """
        SELECT o.id::text FROM orders o
        JOIN table_sessions s ON s.store_id = o.store_id AND s.id = o.session_id
        WHERE o.store_id = %(store)s AND s.table_id <> o.table_id""",
    "a call that waits in a closed session, or elsewhere than its session": """
        SELECT c.id::text FROM service_requests c
        JOIN table_sessions s ON s.store_id = c.store_id AND s.id = c.session_id
        WHERE c.store_id = %(store)s AND c.status IN ('open', 'acknowledged')
        AND (s.status = 'closed' OR NOT EXISTS (SELECT FROM session_tables t
            WHERE t.store_id = s.store_id AND t.session_id = s.id AND t.table_id = c.table_id))""",
    "a call that its newest event does not show": """
        SELECT c.id::text FROM service_requests c LEFT JOIN LATERAL (
            SELECT e.data, e.table_id, e.session_id FROM events e WHERE e.store_id = c.store_id
            AND e.type LIKE 'service_request.%%' AND e.data ->> 'id' = c.id::text
            ORDER BY e.seq DESC LIMIT 1
        ) e ON true
        WHERE c.store_id = %(store)s AND (
            (e.data ->> 'version')::int IS DISTINCT FROM c.version
            OR e.data ->> 'status' <> c.status OR e.table_id <> c.table_id
            OR e.session_id IS DISTINCT FROM c.session_id)""",
    "a basket in a closed session": """
        SELECT b.id::text FROM basket_lines b
        JOIN table_sessions s ON s.store_id = b.store_id AND s.id = b.session_id
        WHERE b.store_id = %(store)s AND s.status = 'closed'""",
    "a guest who is in after the end": """
        SELECT g.id::text FROM sign_ins g
        JOIN table_sessions s ON s.store_id = g.store_id AND s.id = g.session_id
        WHERE g.store_id = %(store)s AND s.status = 'closed' AND g.revoked_at IS NULL""",
    "an order that does not add up": """
        SELECT o.id::text FROM orders o
        JOIN order_lines l ON l.store_id = o.store_id AND l.order_id = o.id
        WHERE o.store_id = %(store)s AND l.parent_line_id IS NULL
        GROUP BY o.id, o.total HAVING o.total <> sum(l.total)""",
    "a set that its parts do not add up to": """
        SELECT l.id::text FROM order_lines l
        JOIN order_lines p ON p.store_id = l.store_id AND p.parent_line_id = l.id
        WHERE l.store_id = %(store)s GROUP BY l.id, l.total, l.order_id
        HAVING l.total <> sum(p.total) OR bool_or(p.order_id <> l.order_id)""",
    "cancelled portions that nobody cancelled, or more than once": """
        SELECT l.id::text FROM order_lines l
        LEFT JOIN line_cancellations c ON c.store_id = l.store_id AND c.order_line_id = l.id
        WHERE l.store_id = %(store)s GROUP BY l.id, l.cancelled_quantity
        HAVING l.cancelled_quantity <> coalesce(sum(c.quantity), 0)""",
    "an order without lines": """
        SELECT o.id::text FROM orders o WHERE o.store_id = %(store)s AND NOT EXISTS
        (SELECT FROM order_lines l WHERE l.store_id = o.store_id AND l.order_id = o.id)""",
    "an order whose status does not follow from its lines": """
        SELECT o.id::text FROM orders o
        JOIN order_lines l ON l.store_id = o.store_id AND l.order_id = o.id
        WHERE o.store_id = %(store)s GROUP BY o.id, o.status
        HAVING o.status <> coalesce((ARRAY['pending', 'preparing', 'ready', 'served'])[
            min(array_position(ARRAY['pending', 'preparing', 'ready', 'served'], l.status))
        ], 'cancelled')""",
    "order numbers with a gap": """
        SELECT business_date::text FROM orders WHERE store_id = %(store)s
        GROUP BY business_date HAVING max(number) <> count(*) OR min(number) <> 1""",
    "event numbers with a gap": """
        SELECT 'events' FROM events WHERE store_id = %(store)s
        HAVING count(*) <> coalesce(max(seq), 0) OR coalesce(max(seq), 0) <> (
            SELECT event_seq FROM store_counters WHERE store_id = %(store)s)""",
    "an event of one session at the table of another": """
        SELECT e.seq::text FROM events e
        WHERE e.store_id = %(store)s AND e.type LIKE 'order.%%'
        AND (e.data -> 'table' ->> 'id' <> e.table_id::text
             OR e.data ->> 'session_id' <> e.session_id::text)""",
    "an order that its newest event does not show": """
        SELECT o.id::text FROM orders o JOIN LATERAL (
            SELECT e.data FROM events e WHERE e.store_id = o.store_id
            AND e.type LIKE 'order.%%' AND e.data ->> 'id' = o.id::text ORDER BY e.seq DESC LIMIT 1
        ) e ON true
        WHERE o.store_id = %(store)s AND (
            (e.data ->> 'version')::int <> o.version OR (e.data ->> 'total')::bigint <> o.total
            OR e.data ->> 'session_id' <> o.session_id::text OR e.data ->> 'status' <> o.status)""",
}


def broken(shop: Shop) -> dict[str, list[str]]:
    """What does not hold in the store: the rule's name and the rows that break it."""
    found = {
        name: [row[0] for row in shop.rows(f"{query} LIMIT 5")] for name, query in BROKEN.items()
    }
    return {name: rows for name, rows in found.items() if rows}
