"""What a store's guests can ask for."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select, update

from app.core.errors import NotFoundError, VersionMismatchError
from app.models import ServiceRequestType, Store
from app.repositories.base import StoreRepository, held


class ServiceRequestTypeRepository(StoreRepository[ServiceRequestType]):
    model = ServiceRequestType

    async def all(self, *, archived: bool) -> Sequence[ServiceRequestType]:
        """The types in the order in which guests see them, or those that are archived."""
        gone = ServiceRequestType.archived_at
        query = self.select().where(gone.is_not(None) if archived else gone.is_(None))
        ordered = query.order_by(ServiceRequestType.position, ServiceRequestType.id)
        return (await self._session.scalars(ordered)).all()

    async def by_id(self, ids: Collection[UUID]) -> dict[UUID, ServiceRequestType]:
        """Those of the types that the store has, archived ones too."""
        query = self.select().where(ServiceRequestType.id.in_(ids))
        return {row.id: row for row in await self._session.scalars(query)}

    async def catalogue_version(self) -> int:
        """Which version of the list it is, for `If-Match`."""
        query = select(Store.service_request_types_version).where(Store.store_id == self.store_id)
        version: int | None = await self._session.scalar(query)
        if version is None:
            raise NotFoundError
        return version

    async def lock_catalogue(self, expected: int | None) -> int:
        """Keep others from changing the list meanwhile; its version.

        Raises:
            VersionMismatchError: somebody changed it since `expected` was read.
        """
        query = select(Store.service_request_types_version).where(Store.store_id == self.store_id)
        version: int | None = await self._session.scalar(held(query))
        if version is None:
            raise NotFoundError
        if expected is not None and version != expected:
            raise VersionMismatchError(version=version)
        return version

    async def next_catalogue_version(self) -> None:
        """The locked list has changed."""
        await self._session.execute(
            update(Store)
            .where(Store.store_id == self.store_id)
            .values(service_request_types_version=Store.service_request_types_version + 1)
        )
