"""What one worker process owns: its pool, its event hub, its keys and caches."""

from app.core.cache import BoardCache, MenuCache
from app.core.config import Settings
from app.core.database import Database
from app.core.errors import NotAuthenticatedError, spoken_in
from app.core.events import EventHub, EventSource
from app.core.events.heads import CurrentHeads
from app.core.events.revocations import Revocations
from app.core.events.slots import StreamSlots
from app.core.media import PictureMaker, media_store
from app.core.probing import Probe
from app.core.rate_limit import RateLimiter
from app.core.replica import Replica
from app.core.security.api_keys import MARK as API_KEY_MARK
from app.core.security.api_keys import ApiKeys
from app.core.security.passwords import PasswordHasher
from app.core.security.principals import Principal
from app.core.security.throttle import Throttles
from app.core.security.tickets import redeem
from app.core.security.tokens import AccessTokens


class Runtime:
    """Made once per app; started and stopped by its lifespan."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.credential_limit = _limiter("credential", settings.rate_limit_per_minute, settings)
        self.address_limit = _limiter("address", settings.address_limit_per_minute, settings)
        self.database = Database(settings)
        self.replica = Replica.of(settings, self.database)
        self.probe = Probe(settings)
        self.tokens = AccessTokens(settings)
        self.api_keys = ApiKeys(self.database)
        self.passwords = PasswordHasher()
        self.throttles = Throttles(self.database)
        self.menus = MenuCache()
        self.boards = BoardCache()
        self.pictures = PictureMaker()
        self.media = media_store(settings)
        source = EventSource(settings)
        self.revocations = Revocations(source)
        self.hub = EventHub(source, settings.event_poll_interval)
        self.heads = CurrentHeads(source)
        self.slots = StreamSlots(settings.streams_per_credential, settings.streams_per_store)
        self.draining = False
        self.stopping = False

    async def start(self) -> None:
        self.database.on_commit = self.hub.ring
        self.database.on_catalog_change = self.hub.forget
        self.hub.on_wake = self.revocations.wake
        self.revocations.on_add = self.hub.ring_revoked
        await self.hub.start()
        await self.revocations.start()

    def drain(self) -> None:
        """Turn readiness off; everything else goes on until the proxy has noticed."""
        self.draining = True

    def end_streams(self) -> None:
        """Send the streams' clients to another process, and take no new ones."""
        self.drain()
        self.stopping = True
        self.hub.end_streams()

    async def stop(self) -> None:
        self.end_streams()
        await self.api_keys.stop()
        await self.throttles.stop()
        await self.revocations.stop()
        await self.hub.stop()
        await self.close()

    async def close(self) -> None:
        """Give back what was opened, for who never started the hub."""
        self.passwords.close()
        if self.replica is not None:
            await self.replica.close()
        await self.database.close()

    def recognise(self, header: str | None) -> Principal | None:
        """Whom the `Authorization` header speaks for, without a query.

        None for an API key that this worker hasn't read for a minute: `look_up` can tell.

        Raises:
            NotAuthenticatedError: no Bearer credential, or not a good one.
            TokenExpiredError: it was good once.
            SessionClosedError: it is a guest's, whose visit has ended.
        """
        token = _bearer(header)
        if not token:
            raise NotAuthenticatedError
        if token.startswith(API_KEY_MARK):
            principal = self.api_keys.remembered(token)
            return principal and self._not_ended(principal)
        return self._not_ended(self.tokens.read(token))

    async def look_up(self, header: str | None) -> Principal:
        """Whom the API key in the `Authorization` header speaks for.

        Raises:
            NotAuthenticatedError: not a good one.
        """
        return self._not_ended(await self.api_keys.read(_bearer(header)))

    async def redeem(self, ticket: str) -> Principal:
        """Whom a stream ticket speaks for; it is used up.

        Raises:
            NotAuthenticatedError: no good ticket.
            SessionClosedError: it is a guest's, whose visit has ended.
        """
        return self._not_ended(await redeem(self.database, ticket))

    def _not_ended(self, principal: Principal) -> Principal:
        refusal = self.revocations.refusal(principal)
        if refusal is not None:
            with spoken_in(principal.language):
                raise refusal
        return principal


def _bearer(header: str | None) -> str:
    """The credential of a Bearer header, empty when it is none."""
    scheme, _, token = (header or "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _limiter(name: str, per_minute: int, settings: Settings) -> RateLimiter | None:
    workers = settings.replicas * settings.workers
    return RateLimiter(name, per_minute, workers) if per_minute else None
