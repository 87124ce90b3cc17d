"""Tables, sessions and the board's entries as the API shows them: the same in lists, details,
events and on the board."""

from typing import Any
from uuid import UUID

from app.core.language import pick
from app.models import Table
from app.repositories.board import BoardRow
from app.repositories.table import SessionRow
from app.schemas.session import SessionOutput
from app.schemas.table import BoardEntry, TableOutput

STATUSES = ("pending", "preparing", "ready", "served", "cancelled")


def table_output(table: Table, session_id: UUID | None) -> TableOutput:
    return TableOutput.model_validate(
        {
            "id": table.id,
            "number": table.number,
            "label": table.label,
            "area_id": table.area_id,
            "capacity": table.capacity,
            "state": "occupied" if session_id else "free",
            "session_id": session_id,
            "archived_at": table.archived_at,
            "created_at": table.created_at,
            "updated_at": table.updated_at,
            "version": table.version,
        }
    )


def session_output(row: SessionRow, *, staff: bool = True) -> SessionOutput:
    """The session; what staff note down of a party is for `staff` only."""
    session = row.session
    return SessionOutput.model_validate(
        {
            "id": session.id,
            "table": {"id": session.table_id, "number": row.table_number},
            "linked_tables": row.linked_tables,
            "status": session.status,
            "guest_count": session.guest_count,
            "note": session.note if staff else None,
            "opened_at": session.opened_at,
            "closed_at": session.closed_at,
            "merged_into_id": session.merged_into_id,
            "order_count": row.order_count,
            "total": row.total,
            "created_at": session.created_at,
            "updated_at": session.updated_at,
            "version": session.version,
        }
    )


def board_entry(row: BoardRow) -> BoardEntry:
    session = None if row.session is None else session_output(row.session)
    return BoardEntry.model_validate(
        {
            "table": table_output(row.table, None if session is None else session.id),
            "session": session,
            "total": 0 if session is None else session.total,
            "orders_by_status": dict.fromkeys(STATUSES, 0) | row.orders_by_status,
            "newest_orders": row.newest_orders,
            "open_service_requests": [_call(call, row.language) for call in row.waiting],
        }
    )


def _call(call: dict[str, Any], language: str) -> dict[str, Any]:
    """A waiting service request; one board serves all, so its names are the store's own."""
    items = [{**item, "name": pick(item["names"], language, language)} for item in call["items"]]
    return {**call, "items": items}
