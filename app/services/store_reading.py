"""The store as its own people and tablets see it."""

from app.repositories.store import StoreReader
from app.schemas.store import StoreOutput


class StoreReadingService:
    def __init__(self, stores: StoreReader) -> None:
        self._stores = stores

    async def get(self) -> StoreOutput:
        return StoreOutput.model_validate(await self._stores.get())
