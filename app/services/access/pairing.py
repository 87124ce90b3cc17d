"""Pairing tablets with tables, and screens with the store."""

from datetime import datetime, timedelta
from uuid import UUID

from app.core import clock
from app.core.errors import PairingCodeInvalidError
from app.core.ids import uuid7
from app.core.metrics import SIGN_INS_REFUSED
from app.core.security.passwords import digest, new_pairing_code
from app.core.security.permissions import DeviceKind
from app.core.security.principals import Principal
from app.models import Device, PairingCode, SignIn, Store
from app.repositories.sign_in import SignInRepository
from app.schemas.auth import PairingCodeOutput, PairInput, TokensOutput
from app.schemas.device import DeviceOutput
from app.services.access.sign_in import SignInService, device_principal


class PairingService:
    """Staff make a code; whoever types it within ten minutes is that table's tablet, or a screen."""

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
        return await self._make(DeviceKind.TABLE, table.id, principal)

    async def make_screen_code(self, kind: str, principal: Principal) -> PairingCodeOutput:
        """A code of one use for a board or kitchen screen."""
        return await self._make(DeviceKind(kind), None, principal)

    async def _make(
        self, kind: DeviceKind, table_id: UUID | None, principal: Principal
    ) -> PairingCodeOutput:
        code = new_pairing_code()
        expires_at = clock.now() + self._ttl
        await self._sign_ins.add(
            PairingCode(
                id=uuid7(),
                code_hash=digest(code),
                kind=kind,
                table_id=table_id,
                expires_at=expires_at,
                created_by=principal.id,
            )
        )
        target = "table" if table_id else "store"
        await self._sign_ins.audit(
            "pairing-code-made", principal.actor, target, table_id or principal.store_id
        )
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
        if code.table_id is not None:
            await self._sign_ins.live_table(code.table_id)
        code.used_at = now
        return await self.admit(store, DeviceKind(code.kind), code.table_id, wanted.device_name)

    async def admit(
        self, store: Store, kind: DeviceKind, table_id: UUID | None, name: str
    ) -> TokensOutput:
        """A new device of the store, signed in for as long as it is used."""
        now = clock.now()
        device = Device(
            id=uuid7(),
            name=name,
            kind=kind,
            table_id=table_id,
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
        principal = device_principal(store, device, family)
        await self._sign_ins.audit("device-paired", principal.actor, "device", device.id)
        data = DeviceOutput.model_validate(device).model_dump(mode="json")
        self._sign_ins.record("device.paired", data, principal.actor, table_id=table_id)
        return await self._sign_in.issue(principal, family)

    async def _redeemable(self, code_hash: bytes, now: datetime) -> tuple[Store, PairingCode]:
        store = await self._sign_ins.enter_by_pairing_code(code_hash)
        code = await self._sign_ins.lock_pairing_code(code_hash) if store else None
        if store is None or code is None or code.used_at is not None or code.expires_at <= now:
            SIGN_INS_REFUSED.labels("tablet").inc()
            raise PairingCodeInvalidError
        return store, code
