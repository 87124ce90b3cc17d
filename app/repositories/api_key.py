"""API keys of a store."""

from uuid import UUID

from app.models import ApiKey
from app.repositories.base import StoreRepository


class ApiKeyRepository(StoreRepository[ApiKey]):
    model = ApiKey

    async def find(self, *, cursor: UUID | None, limit: int) -> tuple[list[ApiKey], str | None]:
        """Keys, ended ones too, newest first."""
        return await self.page(self.select(), cursor=cursor, limit=limit)
