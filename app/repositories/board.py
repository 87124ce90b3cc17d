"""The staff screen in one statement."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# One statement whatever the number of tables; the ORM would build some hundred objects for it.
_BOARD = text("""
SELECT t.id, t.number, t.label, t.area_id, t.capacity, t.archived_at, t.created_at, t.updated_at,
       t.version,
       s.id AS session_id, s.guest_count, s.note, s.opened_at, s.created_at AS session_created_at,
       s.updated_at AS session_updated_at, s.version AS session_version,
       s.table_id AS session_table_id, m.number AS session_table_number, l.linked_tables,
       coalesce(o.count, 0) AS order_count, coalesce(o.total, 0) AS total, o.by_status, o.newest,
       r.waiting, r.default_language
FROM tables t
LEFT JOIN session_tables p ON p.store_id = t.store_id AND p.table_id = t.id
LEFT JOIN table_sessions s ON s.store_id = p.store_id AND s.id = p.session_id
LEFT JOIN tables m ON m.store_id = s.store_id AND m.id = s.table_id
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('id', a.id, 'number', a.number) ORDER BY a.number)
        AS linked_tables
    FROM session_tables k JOIN tables a ON a.store_id = k.store_id AND a.id = k.table_id
    WHERE k.store_id = s.store_id AND k.session_id = s.id AND k.table_id <> s.table_id
) l ON s.id IS NOT NULL
LEFT JOIN LATERAL (
    SELECT sum(g.count)::int AS count, sum(g.total)::bigint AS total,
           jsonb_object_agg(g.status, g.count) AS by_status,
           (SELECT jsonb_agg(n) FROM (
               SELECT id, number, concat_ws('-', number_prefix, number) AS display_number,
                      status, held, duplicate_of, total, created_at FROM orders
               WHERE store_id = s.store_id AND session_id = s.id ORDER BY id DESC LIMIT 3) n
           ) AS newest
    FROM (SELECT status, count(*) AS count, sum(total) AS total FROM orders
          WHERE store_id = s.store_id AND session_id = s.id GROUP BY status) g
) o ON s.id IS NOT NULL
LEFT JOIN (
    SELECT c.table_id, min(st.default_language) AS default_language,
           jsonb_agg(jsonb_build_object(
               'id', c.id, 'session_id', c.session_id, 'status', c.status, 'note', c.note,
               'acknowledged_by', c.acknowledged_by, 'created_at', c.created_at,
               'items', (SELECT jsonb_agg(i ORDER BY i.position) FROM service_request_items i
                         WHERE i.store_id = c.store_id AND i.request_id = c.id)
           ) ORDER BY c.id) AS waiting
    FROM service_requests c JOIN stores st ON st.store_id = c.store_id
    WHERE c.store_id = :store AND c.status IN ('open', 'acknowledged') GROUP BY c.table_id
) r ON r.table_id = t.id
WHERE t.store_id = :store AND t.archived_at IS NULL
ORDER BY t.number
""")
_HEAD = text("SELECT event_seq FROM store_counters WHERE store_id = :store")


class BoardRepository:
    def __init__(self, session: AsyncSession, store_id: UUID) -> None:
        self._session = session
        self.store_id = store_id

    async def head(self) -> int:
        """The number of the store's newest event."""
        return int(await self._session.scalar(_HEAD, {"store": self.store_id}) or 0)

    async def rows(self) -> list[dict[str, Any]]:
        """A row per live table, by number, with its open session and what that adds up to."""
        found = await self._session.execute(_BOARD, {"store": self.store_id})
        return [dict(row) for row in found.mappings()]
