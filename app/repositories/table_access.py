"""The passwords of tables and the tokens of their QR codes, as staff keep them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.models import TableAccess
from app.repositories.base import Repository


class TableAccessRepository(Repository):
    async def get(self, table_id: UUID) -> TableAccess | None:
        query = select(TableAccess).where(
            TableAccess.store_id == self.store_id, TableAccess.table_id == table_id
        )
        query = query.execution_options(populate_existing=True)
        found: TableAccess | None = await self._session.scalar(query)
        return found

    async def set_token(self, table_id: UUID, token: str, at: datetime) -> None:
        await self._set(table_id, guest_token=token, guest_token_at=at)

    async def set_password(self, table_id: UUID, password_hash: str | None) -> None:
        await self._set(table_id, password_hash=password_hash)

    async def _set(self, table_id: UUID, **values: object) -> None:
        """One row per table, made when the first of its ways in is."""
        query = insert(TableAccess).values(store_id=self.store_id, table_id=table_id, **values)
        await self._session.execute(
            query.on_conflict_do_update(index_elements=["store_id", "table_id"], set_=values)
        )
