"""The numbers of tables, for what only knows their ids."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Table


async def numbers_of(
    session: AsyncSession, store_id: UUID, table_ids: Collection[UUID]
) -> dict[UUID, int]:
    """The number of each of these tables of the store, archived ones too."""
    query = select(Table.id, Table.number).where(
        Table.store_id == store_id, Table.id.in_(table_ids)
    )
    return {row.id: row.number for row in await session.execute(query)}
