"""The staff screen in one statement."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Table
from app.repositories.table import LinkedTable, SessionRow

# One statement whatever the number of tables; the ORM would build some hundred objects for it.
_BOARD = text("""
SELECT t.id, t.number, t.label, t.area_id, t.capacity, t.archived_at, t.created_at, t.updated_at,
       t.version,
       s.id AS session_id, s.table_id AS session_table_id, s.status AS session_status,
       s.guest_count AS session_guest_count, s.note AS session_note,
       s.opened_at AS session_opened_at, s.closed_at AS session_closed_at,
       s.merged_into_id AS session_merged_into_id, s.created_at AS session_created_at,
       s.updated_at AS session_updated_at, s.version AS session_version,
       m.number AS main_table_number, l.linked_tables,
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
                      status, held AND status <> 'cancelled' AS held, duplicate_of, total,
                      created_at FROM orders
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
_SESSION = "session_"
_HEAD = text("SELECT event_seq FROM store_counters WHERE store_id = :store")


class BoardRow(NamedTuple):
    """A table as `TableRepository` gives it, and its open session as `SessionRepository` does.

    Both have the columns of their models, so that they are shown by the same code as elsewhere.
    """

    table: Table
    session: SessionRow | None
    orders_by_status: dict[str, int]
    newest_orders: Sequence[dict[str, Any]]
    waiting: Sequence[dict[str, Any]]
    """Service requests that nobody has done yet; `language` is the one to name them in."""
    language: str


class BoardRepository:
    def __init__(self, session: AsyncSession, store_id: UUID) -> None:
        self._session = session
        self.store_id = store_id

    async def head(self) -> int:
        """The number of the store's newest event."""
        return int(await self._session.scalar(_HEAD, {"store": self.store_id}) or 0)

    async def rows(self) -> list[BoardRow]:
        """A row per live table, by number, with its open session and what that adds up to."""
        found = await self._session.execute(_BOARD, {"store": self.store_id})
        return [_board_row(row) for row in found.mappings()]


def _board_row(row: Mapping[Any, Any]) -> BoardRow:
    session = None
    if row["session_id"] is not None:
        columns = {
            name.removeprefix(_SESSION): value
            for name, value in row.items()
            if name.startswith(_SESSION)
        }
        seen: Any = SimpleNamespace(**columns)
        linked = [LinkedTable(UUID(one["id"]), one["number"]) for one in row["linked_tables"] or ()]
        numbers = (row["main_table_number"], row["order_count"], row["total"])
        session = SessionRow(seen, *numbers, linked)
    table: Any = SimpleNamespace(**row)
    return BoardRow(
        table,
        session,
        row["by_status"] or {},
        row["newest"] or [],
        row["waiting"] or [],
        row["default_language"],
    )
