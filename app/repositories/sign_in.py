"""Stores, people, devices and their token families, as signing in needs them."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import func

from app.core import clock
from app.core.database import UnitOfWork
from app.core.errors import NotFoundError
from app.models import (
    Device,
    PairingCode,
    RefreshToken,
    SignIn,
    Staff,
    Store,
    StoreDirectory,
    StoreModel,
    Table,
    TableSession,
)
from app.repositories.base import held

RowT = TypeVar("RowT", bound=StoreModel)


class SignInRepository:
    """Learns its store from what was sent, unlike the others: a code, a token, a pairing code."""

    def __init__(self, unit: UnitOfWork, store_id: UUID | None = None) -> None:
        self._unit = unit
        self._store_id = store_id

    async def _session(self) -> AsyncSession:
        return await self._unit.session()

    @property
    def store_id(self) -> UUID:
        if self._store_id is None:
            raise RuntimeError("no store was entered")
        return self._store_id

    async def enter(self, store_id: UUID) -> Store | None:
        """Go on in this store; None when there is no such store."""
        self._store_id = store_id
        session = await self._unit.enter(store_id)
        store: Store | None = await session.scalar(select(Store).where(Store.store_id == store_id))
        return store

    async def store_by_code(self, code: str) -> Store | None:
        session = await self._session()
        store_id = await session.scalar(
            select(StoreDirectory.store_id).where(StoreDirectory.code == code)
        )
        return await self.enter(store_id) if store_id else None

    async def enter_by_pairing_code(self, code_hash: bytes) -> Store | None:
        session = await self._session()
        store_id = await session.scalar(select(func.find_pairing_code_store(code_hash)))
        return await self.enter(store_id) if store_id else None

    async def staff_by_username(self, username: str) -> Staff | None:
        session = await self._session()
        found: Staff | None = await session.scalar(
            select(Staff).where(
                Staff.store_id == self.store_id,
                Staff.username == username,
                Staff.archived_at.is_(None),
            )
        )
        return found

    async def staff(self, staff_id: UUID) -> Staff:
        return await self._one(Staff, staff_id)

    async def lock_staff(self, staff: Staff) -> None:
        """Read a person anew and hold the row: signing in and ending sign-ins take turns."""
        session = await self._session()
        query = select(Staff).where(Staff.store_id == self.store_id, Staff.id == staff.id)
        await session.scalar(held(query))

    async def take_over(self, family_id: UUID) -> SignIn:
        """The locked family; its refresh tokens count as used, so that they are old ones.

        Tokens before family, as refreshing locks them: the other way round the two would wait for
        each other.
        """
        session = await self._session()
        await session.execute(
            update(RefreshToken)
            .where(
                RefreshToken.store_id == self.store_id,
                RefreshToken.sign_in_id == family_id,
                RefreshToken.used_at.is_(None),
            )
            .values(used_at=clock.now())
        )
        query = select(SignIn).where(SignIn.store_id == self.store_id, SignIn.id == family_id)
        family: SignIn | None = await session.scalar(held(query))
        if family is None:
            raise NotFoundError
        return family

    async def device(self, device_id: UUID | None) -> Device:
        if device_id is None:
            raise NotFoundError
        return await self._one(Device, device_id)

    async def session(self, session_id: UUID) -> TableSession:
        return await self._one(TableSession, session_id)

    async def family(self, family_id: UUID) -> SignIn:
        return await self._one(SignIn, family_id)

    async def live_table(self, table_id: UUID) -> Table:
        table = await self._one(Table, table_id)
        if table.archived_at is not None:
            raise NotFoundError
        return table

    async def lock_refresh_token(self, token_id: UUID) -> tuple[RefreshToken, SignIn] | None:
        """The token and its family, locked: two uses of one token come one after the other."""
        session = await self._session()
        query = (
            select(RefreshToken, SignIn)
            .join(
                SignIn,
                (SignIn.store_id == RefreshToken.store_id) & (SignIn.id == RefreshToken.sign_in_id),
            )
            .where(RefreshToken.store_id == self.store_id, RefreshToken.id == token_id)
        )
        row = (await session.execute(held(query))).first()
        return (row[0], row[1]) if row else None

    async def lock_pairing_code(self, code_hash: bytes) -> PairingCode | None:
        session = await self._session()
        query = (
            select(PairingCode)
            .where(PairingCode.store_id == self.store_id, PairingCode.code_hash == code_hash)
            .order_by(PairingCode.expires_at.desc())
            .limit(1)
        )
        found: PairingCode | None = await session.scalar(held(query))
        return found

    async def add(self, row: StoreModel) -> None:
        session = await self._session()
        row.store_id = self.store_id
        row.created_at = row.updated_at = clock.now()
        row.version = 1
        session.add(row)
        await session.flush()

    async def end(self, family: SignIn, reason: str) -> None:
        """Revoke a family; ending it again changes nothing."""
        family.revoke(reason, clock.now())
        await (await self._session()).flush()

    async def keep(self) -> None:
        """Commit what was found out although the request is refused: a stolen token stays dead."""
        await self._unit.commit()

    async def audit(
        self, action: str, actor: dict[str, object], target_kind: str, target_id: UUID | None
    ) -> None:
        await self._unit.audit(action, actor=actor, target_kind=target_kind, target_id=target_id)

    def record(
        self,
        type_: str,
        data: Any,
        actor: dict[str, object],
        *,
        table_id: UUID | None,
        session_id: UUID | None = None,
    ) -> None:
        self._unit.record(type_, data, actor=actor, table_id=table_id, session_id=session_id)

    async def _one(self, model: type[RowT], row_id: UUID) -> RowT:
        session = await self._session()
        row = await session.get(model, (self.store_id, row_id))
        if row is None:
            raise NotFoundError
        return row
