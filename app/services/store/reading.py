"""The store as its own people see it, and as its tables do."""

from app.core import clock
from app.core.security.principals import Principal
from app.repositories.store import StoreReader
from app.schemas.store import StoreAtTableOutput, StoreOutput
from app.services.store.clock import store_at_table, store_output


class StoreReadingService:
    def __init__(self, stores: StoreReader, principal: Principal) -> None:
        self._stores = stores
        self._principal = principal

    async def get(self) -> StoreOutput | StoreAtTableOutput:
        """All of it for staff, screens and API keys; for tablets and guests what they need."""
        store = await self._stores.get()
        if self._principal.sits_at_table:
            return store_at_table(store, clock.now())
        return store_output(store, clock.now())
