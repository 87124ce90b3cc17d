"""Guests come in: a phone that scanned the table's QR code joins the party's session."""

import hmac
from datetime import timedelta

from app.core import clock
from app.core.errors import (
    GuestPinInvalidError,
    GuestPinRequiredError,
    TableNotOpenError,
    TableTokenInvalidError,
    spoken_in,
)
from app.core.ids import uuid7
from app.core.metrics import SIGN_INS_REFUSED
from app.models import SignIn, Store, Table, TableSession
from app.repositories.entry import EntryRepository
from app.repositories.table import SessionRow
from app.schemas.auth import GuestInput, TokensOutput
from app.services.access.sign_in import SignInService, guest_principal
from app.services.floor.outputs import session_output
from app.services.floor.seating import new_session


class GuestEntryService:
    def __init__(self, entries: EntryRepository, sign_in: SignInService, ttl: int) -> None:
        self._entries = entries
        self._sign_in = sign_in
        self._ttl = timedelta(seconds=ttl)

    async def enter(self, wanted: GuestInput) -> TokensOutput:
        """Tokens that end with the table's session, which begins now if the table is free.

        Where the store asks for a PIN staff open the session: before that there is none to know.

        Raises:
            TableTokenInvalidError: no live table has this token, or no longer.
            TableNotOpenError: the store asks for a PIN, and the table has no session yet.
            GuestPinRequiredError, GuestPinInvalidError: it asks, and none or a wrong one was sent.
            RateLimitedError: too many failures at this table or from this address.
        """
        async with self._sign_in.throttle("guest-entry", wanted.table_token):
            store, table, session = await self._place(wanted)
        now = clock.now()
        family = SignIn(id=uuid7(), kind="guest", expires_at=now + self._ttl, last_used_at=now)
        if session is None:
            session = await self._open(store, table, family)
        family.session_id = session.id
        await self._entries.add(family)
        principal = guest_principal(store, session, family)
        await self._entries.audit("guest-entered", principal.actor, "session", session.id)
        return await self._sign_in.issue(principal, family)

    async def _place(self, wanted: GuestInput) -> tuple[Store, Table, TableSession | None]:
        """Where the token leads, if the PIN, where there is one, is right."""
        store = await self._entries.enter_by_table_token(wanted.table_token)
        table = await self._entries.table_of_token(wanted.table_token) if store else None
        if store is None or table is None:
            SIGN_INS_REFUSED.labels("guest").inc()
            raise TableTokenInvalidError
        session = await self._entries.hold_open_session(table.id)
        if store.guest_pin_required:
            with spoken_in(store.default_language):
                _check_pin(session, wanted.pin)
        return store, table, session

    async def _open(self, store: Store, table: Table, family: SignIn) -> TableSession:
        """A session of this guest's, unless somebody else has just opened one.

        Raises:
            TableTokenInvalidError: the table has just been archived.
        """
        if not await self._entries.lock_table(table.id):
            raise TableTokenInvalidError
        found = await self._entries.hold_open_session(table.id)
        if found is not None:
            return found
        session = new_session(table.id)
        actor = session.opened_by = guest_principal(store, session, family).actor
        await self._entries.add(session)
        output = session_output(SessionRow(session, table.number, 0, 0))
        self._entries.record(
            "session.opened",
            output.model_dump(mode="json"),
            actor,
            table_id=table.id,
            session_id=session.id,
        )
        return session


def _check_pin(session: TableSession | None, pin: str | None) -> None:
    if session is None:
        raise TableNotOpenError
    if pin is None:
        raise GuestPinRequiredError
    if not hmac.compare_digest(pin.encode(), session.guest_pin.encode()):
        SIGN_INS_REFUSED.labels("guest").inc()
        raise GuestPinInvalidError
