"""Tablets sign in by table: with the number and the password that staff set for it."""

from app.core.errors import SignInRefusedError
from app.core.metrics import SIGN_INS_REFUSED
from app.core.security.permissions import DeviceKind
from app.models import Store, Table
from app.repositories.entry import EntryRepository
from app.schemas.auth import TokensOutput
from app.schemas.table_access import TableLoginInput
from app.services.access.credentials import Credentials
from app.services.access.pairing import PairingService


class TableSignInService:
    def __init__(
        self, entries: EntryRepository, pairing: PairingService, credentials: Credentials
    ) -> None:
        self._entries = entries
        self._pairing = pairing
        self._passwords = credentials.passwords
        self._throttle = credentials.throttle

    async def login(self, wanted: TableLoginInput) -> TokensOutput:
        """Tokens as for a tablet that was paired with the table.

        Raises:
            SignInRefusedError: whatever was wrong; neither the answer nor its time says which.
            RateLimitedError: too many failures at this table or from this address.
        """
        place = (wanted.store_code, str(wanted.table_number))
        async with self._throttle("table-login", *place):
            store, table = await self._verified(wanted)
        name = wanted.device_name or f"Table {table.number}"
        return await self._pairing.admit(store, DeviceKind.TABLE, table.id, name)

    async def _verified(self, wanted: TableLoginInput) -> tuple[Store, Table]:
        store = await self._entries.enter_by_code(wanted.store_code)
        found = await self._entries.table_with_access(wanted.table_number)
        hashed = found[1].password_hash if found else None
        matches = await self._passwords.verify(wanted.password, hashed)
        if store is None or found is None or hashed is None or not matches:
            SIGN_INS_REFUSED.labels("table").inc()
            raise SignInRefusedError
        table, access = found
        if self._passwords.needs_rehash(hashed):
            access.password_hash = await self._passwords.hash(wanted.password)
        return store, table
