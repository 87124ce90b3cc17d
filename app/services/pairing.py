"""Pairing tablets with tables."""

from datetime import datetime, timedelta
from uuid import UUID

from app.core import clock
from app.core.errors import PairingCodeInvalidError
from app.core.ids import uuid7
from app.core.metrics import SIGN_INS_REFUSED
from app.core.security.passwords import digest, new_pairing_code
from app.core.security.principals import Principal
from app.models import Device, PairingCode, SignIn, Store
from app.repositories.sign_in import SignInRepository
from app.schemas.auth import PairingCodeOutput, PairInput, TokensOutput
from app.services.sign_in import SignInService, tablet_principal


class PairingService:
    """Staff make a code for a table; whoever types it within ten minutes is that table's tablet."""

    def __init__(self, sign_ins: SignInRepository, sign_in: SignInService, ttl: int) -> None:
        self._sign_ins = sign_ins
        self._sign_in = sign_in
        self._ttl = timedelta(seconds=ttl)

    async def make_code(self, table_id: UUID, principal: Principal) -> PairingCodeOutput:
        """A code of one use for the table.

        Raises:
            NotFoundError: no such table, or it is archived.
        """
        table = await self._sign_ins.live_table(table_id)
        code = new_pairing_code()
        expires_at = clock.now() + self._ttl
        await self._sign_ins.add(
            PairingCode(
                id=uuid7(),
                code_hash=digest(code),
                table_id=table.id,
                expires_at=expires_at,
                created_by=principal.id,
            )
        )
        await self._sign_ins.audit("pairing-code-made", principal.actor, "table", table.id)
        return PairingCodeOutput(code=code, expires_at=expires_at)

    async def pair(self, wanted: PairInput) -> TokensOutput:
        """Redeem a code: the tablet's device, and tokens that last as long as it is used.

        Raises:
            PairingCodeInvalidError: unknown, used or expired.
            RateLimitedError: too many failures from this address.
        """
        now = clock.now()
        async with self._sign_in.throttle("pairing"):
            store, code = await self._redeemable(digest(wanted.code), now)
        table = await self._sign_ins.live_table(code.table_id)
        code.used_at = now
        device = Device(
            id=uuid7(),
            name=wanted.device_name,
            kind="table",
            table_id=table.id,
            paired_at=now,
            last_seen_at=now,
        )
        await self._sign_ins.add(device)
        family = SignIn(
            id=uuid7(),
            kind="device",
            device_id=device.id,
            expires_at=now + self._sign_in.device_ttl,
            last_used_at=now,
        )
        await self._sign_ins.add(family)
        principal = tablet_principal(store, device.id, device.name, table.id, family.id)
        await self._sign_ins.audit("device-paired", principal.actor, "device", device.id)
        self._sign_ins.record_pairing(device, principal.actor)
        return await self._sign_in.issue(principal, family)

    async def _redeemable(self, code_hash: bytes, now: datetime) -> tuple[Store, PairingCode]:
        store = await self._sign_ins.enter_by_pairing_code(code_hash)
        code = await self._sign_ins.lock_pairing_code(code_hash) if store else None
        if store is None or code is None or code.used_at is not None or code.expires_at <= now:
            SIGN_INS_REFUSED.labels("tablet").inc()
            raise PairingCodeInvalidError
        return store, code
