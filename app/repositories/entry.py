"""What lets tablets and guests in at a table, found by what they send."""

from uuid import UUID

from sqlalchemy import func, select

from app.models import Store, Table, TableAccess, TableSession
from app.repositories.base import held
from app.repositories.sign_in import SignInRepository
from app.repositories.sitting import hold_sitting

_NOWHERE = UUID(int=0)


class EntryRepository(SignInRepository):
    async def enter_by_code(self, code: str) -> Store | None:
        """As `store_by_code`; an unknown code asks the database just as much."""
        return await self.store_by_code(code) or await self.enter(_NOWHERE)

    async def table_with_access(self, number: int) -> tuple[Table, TableAccess] | None:
        """The live table with this number and its ways in, if it has any."""
        session = await self._session()
        query = (
            select(Table, TableAccess)
            .join(
                TableAccess,
                (TableAccess.store_id == Table.store_id) & (TableAccess.table_id == Table.id),
            )
            .where(
                Table.store_id == self.store_id,
                Table.archived_at.is_(None),
                Table.number == number,
            )
        )
        row = (await session.execute(query)).first()
        return (row[0], row[1]) if row else None

    async def enter_by_table_token(self, token: str) -> Store | None:
        session = await self._session()
        store_id = await session.scalar(select(func.find_table_token_store(token)))
        return await self.enter(store_id) if store_id else None

    async def table_of_token(self, token: str) -> Table | None:
        """The live table whose QR code says `token`."""
        session = await self._session()
        found: Table | None = await session.scalar(
            select(Table)
            .join(
                TableAccess,
                (TableAccess.store_id == Table.store_id) & (TableAccess.table_id == Table.id),
            )
            .where(
                Table.store_id == self.store_id,
                Table.archived_at.is_(None),
                TableAccess.guest_token == token,
            )
        )
        return found

    async def hold_open_session(self, table_id: UUID) -> TableSession | None:
        """The session that sits at the table, shared until the commit: it can't leave meanwhile."""
        return await hold_sitting(await self._session(), self.store_id, table_id)

    async def lock_table(self, table_id: UUID) -> bool:
        """Keep others from opening a session there, and from archiving it; False if it is gone."""
        session = await self._session()
        query = select(Table.id).where(
            Table.store_id == self.store_id, Table.id == table_id, Table.archived_at.is_(None)
        )
        return await session.scalar(held(query)) is not None
