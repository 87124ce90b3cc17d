"""The rows that a new store starts with."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.core import clock
from app.core.database import UnitOfWork
from app.core.ids import uuid7
from app.models import ServiceRequestType, Staff, Store, StoreCounters, StoreDirectory


class OpeningRepository:
    """Works before there is a store: each call names it."""

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    async def has_code(self, code: str) -> bool:
        session = await self._unit.session()
        query = select(StoreDirectory.store_id).where(StoreDirectory.code == code)
        return await session.scalar(query) is not None

    async def has_stores(self) -> bool:
        session = await self._unit.session()
        return await session.scalar(select(StoreDirectory.store_id).limit(1)) is not None

    async def add_store(self, store: Store) -> UUID:
        """The store with its directory entry and its counter row."""
        session = await self._unit.enter(store.store_id)
        store.created_at = store.updated_at = clock.now()
        store.version = 1
        session.add(store)
        await session.flush()
        session.add(StoreDirectory(code=store.code, store_id=store.store_id))
        session.add(
            StoreCounters(store_id=store.store_id, event_seq=0, catalog_version=1, order_number=0)
        )
        await session.flush()
        return store.store_id

    async def add_service_request_types(
        self, store_id: UUID, types: Sequence[ServiceRequestType]
    ) -> None:
        session = await self._unit.session()
        for one in types:
            one.store_id, one.version = store_id, 1
            one.created_at = one.updated_at = clock.now()
        session.add_all(types)
        await session.flush()

    async def add_staff(self, store_id: UUID, staff: Staff) -> Staff:
        session = await self._unit.session()
        staff.store_id, staff.id, staff.version = store_id, uuid7(), 1
        staff.created_at = staff.updated_at = clock.now()
        session.add(staff)
        await session.flush()
        return staff
