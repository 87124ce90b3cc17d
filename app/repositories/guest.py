"""Guests' sign-ins as merges move them from session to session."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from app.core import clock
from app.models import SignIn
from app.repositories.base import StoreRepository


class GuestRepository(StoreRepository[SignIn]):
    model = SignIn

    async def live_in(
        self, session_id: UUID, *, origins: Collection[UUID] | None = None
    ) -> Sequence[SignIn]:
        """The live sign-ins of a session's guests, by id; with `origins` those that came from there.

        The session is locked by the caller, so nobody comes in or goes elsewhere meanwhile.
        """
        query = self.select().where(SignIn.session_id == session_id, SignIn.revoked_at.is_(None))
        if origins is not None:
            query = query.where(SignIn.origin_session_id.in_(origins))
        ordered = query.order_by(SignIn.id).execution_options(populate_existing=True)
        found = await self._session.scalars(ordered)
        return found.all()

    async def outdate(self, guests: Sequence[SignIn]) -> dict[UUID, datetime]:
        """Store their changes; from when on their earlier access tokens must be exchanged."""
        now = clock.now()
        outdated = {guest.id: guest.outdate(now) for guest in guests}
        await self._session.flush()
        return outdated
