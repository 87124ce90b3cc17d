"""What one worker process owns: its pool, its event hub, its keys and caches."""

from uuid import UUID

from app.core.cache import MenuCache
from app.core.config import Settings
from app.core.database import Database
from app.core.errors import NotAuthenticatedError
from app.core.events import Doorbell, EventHub, Revocations, StreamSlots, event_source
from app.core.security.passwords import PasswordHasher
from app.core.security.principals import Principal
from app.core.security.tokens import AccessTokens


class Runtime:
    """Made once per app; started and stopped by its lifespan."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings)
        self.tokens = AccessTokens(settings)
        self.passwords = PasswordHasher()
        self.menus = MenuCache()
        self.source = event_source(settings)
        self.revocations = Revocations(self.source)
        self.hub = EventHub(self.source, settings.event_poll_interval)
        self.doorbell = Doorbell(self.source)
        self.slots = StreamSlots(settings.streams_per_credential, settings.streams_per_store)
        self.draining = False

    async def start(self) -> None:
        self.database.on_commit = self._committed
        await self.hub.start()
        await self.revocations.start()

    async def stop(self) -> None:
        self.draining = True
        await self.hub.stop()
        await self.revocations.stop()
        self.passwords.close()
        await self.database.close()

    def _committed(self, stores: set[UUID]) -> None:
        """After a commit: wake the streams here at once, and those of other workers shortly."""
        self.hub.ring(stores)
        self.doorbell.ring(stores)

    def authenticate(self, header: str | None) -> Principal:
        """Whom the `Authorization` header speaks for. Costs no query.

        Raises:
            NotAuthenticatedError: no Bearer credential, or not a good one.
            TokenExpiredError: it was good once.
        """
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticatedError
        principal = self.tokens.read(token)
        if self.revocations.is_revoked(principal.sign_in_id):
            raise NotAuthenticatedError("This sign-in was ended.")
        return principal
