"""Signing in, people, devices, guests, keys, and the log of what they did."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from app.core.client_address import client_address
from app.core.dependencies.request import RuntimeDep, ScopeDep, UnitDep
from app.core.security.throttle import Throttle
from app.repositories.api_key import ApiKeyRepository
from app.repositories.audit import AuditRepository
from app.repositories.device import DeviceRepository
from app.repositories.entry import EntryRepository
from app.repositories.sign_in import SignInRepository
from app.repositories.staff import FamilyRepository, StaffRepository
from app.repositories.store import StoreReader
from app.repositories.table import TableRepository
from app.repositories.table_access import TableAccessRepository
from app.services.access.account_keeping import AccountKeepingService
from app.services.access.credentials import Credentials
from app.services.access.device_keeping import DeviceKeepingService
from app.services.access.guest_entry import GuestEntryService
from app.services.access.guest_invitation import GuestInvitationService
from app.services.access.key_keeping import KeyKeepingService
from app.services.access.pairing import PairingService
from app.services.access.sign_in import SignInService
from app.services.access.sign_in_ending import SignInEnding
from app.services.access.staffing import StaffingService
from app.services.access.stream_entry import StreamEntryService
from app.services.access.table_password import TablePasswordService
from app.services.access.table_sign_in import TableSignInService
from app.services.store.audit_reading import AuditReadingService


def short_user_agent(request: Request) -> str | None:
    """What the client calls itself, as far as it is readable text of a sane length."""
    text = request.headers.get("user-agent", "")
    return re.sub(r"[^\x20-\x7e]", "?", text)[:200].strip() or None


async def get_credentials(request: Request, runtime: RuntimeDep, unit: UnitDep) -> Credentials:
    def revoke(sign_in_id: UUID, reason: str | None = None) -> None:
        unit.after_commit.append(lambda: runtime.revocations.add(sign_in_id, reason))

    def outdate(sign_in_id: UUID, at: datetime) -> None:
        unit.after_commit.append(lambda: runtime.revocations.outdate(sign_in_id, at))

    address = client_address(request.scope, runtime.settings.trusted_proxies)
    throttle = Throttle(runtime.throttles, unit, address)
    return Credentials(
        runtime.settings, runtime.tokens, runtime.passwords, revoke, outdate, throttle
    )


CredentialsDep = Annotated[Credentials, Depends(get_credentials)]


async def get_sign_in(
    request: Request, unit: UnitDep, credentials: CredentialsDep
) -> SignInService:
    principal = getattr(request.state, "principal", None)
    sign_ins = SignInRepository(unit, principal and principal.store_id)
    return SignInService(sign_ins, credentials, short_user_agent(request))


async def get_staffing(scope: ScopeDep, credentials: CredentialsDep) -> StaffingService:
    place = await scope.place()
    ending = SignInEnding(FamilyRepository(*place), credentials.revoke)
    actor = scope.principal.actor
    return StaffingService(StaffRepository(*place), ending, scope.runtime.passwords, actor)


async def get_account_keeping(
    scope: ScopeDep, sign_in: Annotated[SignInService, Depends(get_sign_in)]
) -> AccountKeepingService:
    place = await scope.place()
    return AccountKeepingService(
        StaffRepository(*place),
        FamilyRepository(*place),
        sign_in,
        scope.runtime.passwords,
        scope.principal,
    )


async def get_stream_entry(scope: ScopeDep) -> StreamEntryService:
    return StreamEntryService(scope.unit, scope.principal)


async def get_key_keeping(scope: ScopeDep, credentials: CredentialsDep) -> KeyKeepingService:
    keys = ApiKeyRepository(*await scope.place())
    return KeyKeepingService(keys, scope.principal, credentials.revoke)


async def get_pairing(
    sign_in: Annotated[SignInService, Depends(get_sign_in)], runtime: RuntimeDep
) -> PairingService:
    return PairingService(sign_in.repository, sign_in, runtime.settings.pairing_code_ttl)


async def get_guest_entry(unit: UnitDep, credentials: CredentialsDep) -> GuestEntryService:
    entries = EntryRepository(unit)
    sign_in = SignInService(entries, credentials)
    return GuestEntryService(entries, sign_in, credentials.settings.guest_sign_in_ttl)


async def get_table_sign_in(unit: UnitDep, credentials: CredentialsDep) -> TableSignInService:
    entries = EntryRepository(unit)
    sign_in = SignInService(entries, credentials)
    pairing = PairingService(entries, sign_in, credentials.settings.pairing_code_ttl)
    return TableSignInService(entries, pairing, credentials)


async def get_guest_invitation(scope: ScopeDep) -> GuestInvitationService:
    place = await scope.place()
    return GuestInvitationService(
        TableAccessRepository(*place),
        TableRepository(*place),
        StoreReader(*place),
        scope.runtime.settings.ordering_url,
        scope.principal,
    )


async def get_device_keeping(scope: ScopeDep, credentials: CredentialsDep) -> DeviceKeepingService:
    place = await scope.place()
    devices, tables = DeviceRepository(*place), TableRepository(*place)
    return DeviceKeepingService(devices, tables, credentials, scope.principal)


async def get_table_passwords(
    scope: ScopeDep, devices: Annotated[DeviceKeepingService, Depends(get_device_keeping)]
) -> TablePasswordService:
    place = await scope.place()
    tables, access = TableRepository(*place), TableAccessRepository(*place)
    passwords = scope.runtime.passwords
    return TablePasswordService(tables, access, devices, passwords, scope.principal)


async def get_audit_reading(scope: ScopeDep) -> AuditReadingService:
    return AuditReadingService(AuditRepository(*await scope.place()))


SignInDep = Annotated[SignInService, Depends(get_sign_in)]
AccountKeepingDep = Annotated[AccountKeepingService, Depends(get_account_keeping)]
AuditReadingDep = Annotated[AuditReadingService, Depends(get_audit_reading)]
StaffingDep = Annotated[StaffingService, Depends(get_staffing)]
GuestEntryDep = Annotated[GuestEntryService, Depends(get_guest_entry)]
GuestInvitationDep = Annotated[GuestInvitationService, Depends(get_guest_invitation)]
TableSignInDep = Annotated[TableSignInService, Depends(get_table_sign_in)]
TablePasswordsDep = Annotated[TablePasswordService, Depends(get_table_passwords)]
DeviceKeepingDep = Annotated[DeviceKeepingService, Depends(get_device_keeping)]
StreamEntryDep = Annotated[StreamEntryService, Depends(get_stream_entry)]
KeyKeepingDep = Annotated[KeyKeepingService, Depends(get_key_keeping)]
PairingDep = Annotated[PairingService, Depends(get_pairing)]
