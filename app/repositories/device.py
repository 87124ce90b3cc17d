"""Devices, and the token families that speak for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core import clock
from app.models import Device, SignIn
from app.repositories.base import StoreRepository, held


class DeviceRepository(StoreRepository[Device]):
    model = Device

    async def find(
        self, *, revoked: bool, cursor: UUID | None, limit: int
    ) -> tuple[list[Device], str | None]:
        wanted = Device.revoked_at.is_not(None) if revoked else Device.revoked_at.is_(None)
        return await self.page(self.select().where(wanted), cursor=cursor, limit=limit)

    async def at_table(self, table_id: UUID) -> list[UUID]:
        """The ids of the tablets that stand on a table."""
        query = select(Device.id).where(
            Device.store_id == self.store_id,
            Device.table_id == table_id,
            Device.revoked_at.is_(None),
        )
        return list((await self._session.scalars(query.order_by(Device.id))).all())

    async def lock_sign_ins(self, device_id: UUID) -> list[SignIn]:
        """The device's live families, locked.

        Before the device itself: that is the sequence in which a refresh takes the two.
        """
        query = (
            select(SignIn)
            .where(
                SignIn.store_id == self.store_id,
                SignIn.device_id == device_id,
                SignIn.revoked_at.is_(None),
            )
            .order_by(SignIn.id)
        )
        return list((await self._session.scalars(held(query))).all())

    async def end(self, sign_ins: list[SignIn], reason: str) -> None:
        now = clock.now()
        for family in sign_ins:
            family.revoke(reason, now)
        await self._session.flush()

    async def outdate(self, sign_ins: list[SignIn]) -> dict[UUID, datetime]:
        """Have their access tokens exchanged: which families, and from when on."""
        now = clock.now()
        outdated = {family.id: family.outdate(now) for family in sign_ins}
        await self._session.flush()
        return outdated
