"""Who sits at a table: its own session, or the one that it is linked to."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import SessionTable, TableSession
from app.repositories.base import held, held_shared


async def sitting_at(session: AsyncSession, store_id: UUID, table_id: UUID) -> UUID | None:
    """The id of the open session that has the table, as it stands before any lock."""
    found: UUID | None = await session.scalar(
        select(SessionTable.session_id).where(
            SessionTable.store_id == store_id, SessionTable.table_id == table_id
        )
    )
    return found


async def hold_sitting(
    session: AsyncSession, store_id: UUID, table_id: UUID, *, alone: bool = False
) -> TableSession | None:
    """The open session that has the table, locked until the commit: it can't leave meanwhile.

    Args:
        alone: against everybody; otherwise shared with those who don't change the session.
    """
    party: TableSession | None = None
    while (sitting := await sitting_at(session, store_id, table_id)) is not None:
        if party is not None and party.id == sitting:
            return party
        # Looked up again after the wait: the party may have left the table.
        query = select(TableSession).where(
            TableSession.store_id == store_id, TableSession.id == sitting
        )
        party = await session.scalar(held(query) if alone else held_shared(query))
    return None
