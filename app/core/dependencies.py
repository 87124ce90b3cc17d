"""Composition root: how a request becomes a principal, a transaction and a service.

All of it is `async`: FastAPI runs plain functions in a thread, which costs more than they do.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Path, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.client_address import client_address
from app.core.database import UnitOfWork
from app.core.errors import VersionMismatchError
from app.core.events import EventRecord
from app.core.idempotency import Intent
from app.core.language import negotiate
from app.core.runtime import Runtime
from app.core.security.principals import Principal
from app.core.security.throttle import Throttle
from app.repositories.api_key import ApiKeyRepository
from app.repositories.audit import AuditRepository
from app.repositories.board import BoardRepository
from app.repositories.device import DeviceRepository
from app.repositories.entry import EntryRepository
from app.repositories.event import EventRepository
from app.repositories.menu import (
    CategoryRepository,
    ItemRepository,
    OptionGroupRepository,
    OptionRepository,
)
from app.repositories.order import OrderRepository
from app.repositories.placing import PlacingRepository
from app.repositories.sign_in import SignInRepository
from app.repositories.staff import FamilyRepository, StaffRepository
from app.repositories.store import StoreKeeper, StoreReader
from app.repositories.table import AreaRepository, SessionRepository, TableRepository
from app.repositories.table_access import TableAccessRepository
from app.schemas.base import Id
from app.services.account_keeping import AccountKeepingService
from app.services.audit_reading import AuditReadingService
from app.services.credentials import Credentials
from app.services.device_keeping import DeviceKeepingService
from app.services.event_reading import EventReadingService
from app.services.floor_plan import FloorPlanService
from app.services.guest_entry import GuestEntryService
from app.services.guest_invitation import GuestInvitationService
from app.services.key_keeping import KeyKeepingService
from app.services.kitchen import KitchenService
from app.services.menu_availability import MenuAvailabilityService
from app.services.menu_editing import CategoryEditingService, ItemEditingService
from app.services.menu_journal import MenuJournal
from app.services.menu_loading import MenuCatalog
from app.services.menu_reading import MenuReadingService
from app.services.option_editing import OptionEditingService
from app.services.order_accepting import OrderAcceptingService
from app.services.order_reading import OrderReadingService
from app.services.ordering import OrderingService
from app.services.pairing import PairingService
from app.services.seating import SeatingService
from app.services.sign_in import SignInService
from app.services.sign_in_ending import SignInEnding
from app.services.staffing import StaffingService
from app.services.store_keeping import StoreKeepingService
from app.services.store_reading import StoreReadingService
from app.services.stream_entry import StreamEntryService
from app.services.table_password import TablePasswordService
from app.services.table_sign_in import TableSignInService

PathId = Annotated[Id, Path()]
Replay = Callable[[int, int], Awaitable[list[EventRecord] | None]]


async def get_runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


async def get_principal(request: Request) -> Principal:
    """The caller, whom the route has already authenticated."""
    principal: Principal = request.state.principal
    return principal


async def get_unit(request: Request) -> UnitOfWork:
    """The request's transaction; the route commits it once the response is built."""
    unit: UnitOfWork = request.state.unit
    return unit


async def get_intent(request: Request) -> Intent:
    """The keyed intent, for operations whose one statement records it itself."""
    intent: Intent = request.state.intent
    return intent


async def get_if_match(
    if_match: Annotated[str | None, Header(description="The `ETag` that was read.")] = None,
) -> int | None:
    """The version that the client has read; None when it doesn't say, or takes any (`*`).

    Raises:
        VersionMismatchError: no tag of this service, so never the current one.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = re.fullmatch(r'\s*"([0-9]{1,9})"\s*', if_match)
    if found is None:
        raise VersionMismatchError
    return int(found[1])


RuntimeDep = Annotated[Runtime, Depends(get_runtime)]
PrincipalDep = Annotated[Principal, Depends(get_principal)]
UnitDep = Annotated[UnitOfWork, Depends(get_unit)]
IntentDep = Annotated[Intent, Depends(get_intent)]
IfMatchDep = Annotated[int | None, Depends(get_if_match)]


class Scope:
    """The request's caller, transaction and language: what services are made of."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.principal: Principal = request.state.principal
        self.runtime: Runtime = request.app.state.runtime
        self.accept_language = request.headers.get("accept-language")

    @property
    def unit(self) -> UnitOfWork:
        """The request's transaction; a by-statement operation has none."""
        unit: UnitOfWork = self._request.state.unit
        return unit

    async def language(self) -> tuple[str, str]:
        """The language that the caller wants among the store's, and the store's default."""
        store = (await self.catalog().known()).store
        wanted = negotiate(self.accept_language, store.languages, store.default_language)
        return wanted, store.default_language

    async def place(self) -> tuple[UnitOfWork, AsyncSession, UUID]:
        """What a repository is born with."""
        return self.unit, await self.unit.session(), self.principal.store_id

    def catalog(self) -> MenuCatalog:
        return MenuCatalog(self.runtime.database, self.runtime.menus, self.principal.store_id)


async def get_scope(request: Request) -> Scope:
    return Scope(request)


ScopeDep = Annotated[Scope, Depends(get_scope)]


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


async def get_order_reading(scope: ScopeDep) -> OrderReadingService:
    language = await scope.language()
    session = await scope.unit.session()
    orders = OrderRepository(scope.unit, session, scope.principal.store_id)
    return OrderReadingService(orders, scope.principal, language)


async def get_kitchen(
    scope: ScopeDep, reading: Annotated[OrderReadingService, Depends(get_order_reading)]
) -> KitchenService:
    session = await scope.unit.session()
    orders = OrderRepository(scope.unit, session, scope.principal.store_id)
    journal = MenuJournal(scope.unit, scope.principal)
    return KitchenService(orders, reading, journal, scope.principal)


async def get_order_accepting(
    scope: ScopeDep, reading: Annotated[OrderReadingService, Depends(get_order_reading)]
) -> OrderAcceptingService:
    orders = OrderRepository(*await scope.place())
    return OrderAcceptingService(orders, reading, scope.principal)


async def get_seating(
    scope: ScopeDep,
    credentials: CredentialsDep,
    kitchen: Annotated[KitchenService, Depends(get_kitchen)],
) -> SeatingService:
    place = (scope.unit, await scope.unit.session(), scope.principal.store_id)
    return SeatingService(
        SessionRepository(*place),
        TableRepository(*place),
        StoreReader(*place),
        kitchen,
        credentials,
        scope.principal,
    )


async def get_floor_plan(scope: ScopeDep) -> FloorPlanService:
    place = (scope.unit, await scope.unit.session(), scope.principal.store_id)
    board = BoardRepository(place[1], place[2])
    return FloorPlanService(AreaRepository(*place), TableRepository(*place), board, scope.principal)


async def get_store_reading(scope: ScopeDep) -> StoreReadingService:
    return StoreReadingService(StoreReader(*await scope.place()), scope.principal)


async def get_store_keeping(scope: ScopeDep) -> StoreKeepingService:
    return StoreKeepingService(StoreKeeper(*await scope.place()), scope.principal)


async def get_ordering(scope: ScopeDep) -> OrderingService:
    placing = PlacingRepository(scope.runtime.database, scope.principal.store_id)
    return OrderingService(placing, scope.catalog(), scope.principal, scope.accept_language)


async def get_menu_reading(scope: ScopeDep) -> MenuReadingService:
    return MenuReadingService(scope.catalog(), scope.principal)


async def get_category_editing(scope: ScopeDep) -> CategoryEditingService:
    place = await scope.place()
    journal = MenuJournal(scope.unit, scope.principal)
    return CategoryEditingService(CategoryRepository(*place), StoreReader(*place), journal)


async def get_item_editing(scope: ScopeDep) -> ItemEditingService:
    place = await scope.place()
    return ItemEditingService(
        ItemRepository(*place),
        CategoryRepository(*place),
        OptionGroupRepository(*place),
        StoreReader(*place),
        MenuJournal(scope.unit, scope.principal),
    )


async def get_option_editing(scope: ScopeDep) -> OptionEditingService:
    place = await scope.place()
    return OptionEditingService(
        OptionGroupRepository(*place),
        OptionRepository(*place),
        StoreReader(*place),
        MenuJournal(scope.unit, scope.principal),
    )


async def get_menu_availability(scope: ScopeDep) -> MenuAvailabilityService:
    place = await scope.place()
    return MenuAvailabilityService(
        ItemRepository(*place),
        OptionGroupRepository(*place),
        OptionRepository(*place),
        StoreReader(*place),
        MenuJournal(scope.unit, scope.principal),
    )


async def get_event_reading(scope: ScopeDep) -> EventReadingService:
    events = EventRepository(scope.unit, await scope.unit.session(), scope.principal.store_id)
    return EventReadingService(events, scope.principal)


async def get_audit_reading(scope: ScopeDep) -> AuditReadingService:
    return AuditReadingService(AuditRepository(*await scope.place()))


async def get_missed_events(runtime: RuntimeDep, principal: PrincipalDep) -> Replay:
    """What a stream asks for its replay: each page in a short transaction of its own."""

    async def missed(after: int, upto: int) -> list[EventRecord] | None:
        async with runtime.database.transaction(principal.store_id) as unit:
            events = EventRepository(unit, await unit.session(), principal.store_id)
            return await EventReadingService(events, principal).missed(after, upto)

    return missed


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
OrderReadingDep = Annotated[OrderReadingService, Depends(get_order_reading)]
OrderAcceptingDep = Annotated[OrderAcceptingService, Depends(get_order_accepting)]
KitchenDep = Annotated[KitchenService, Depends(get_kitchen)]
SeatingDep = Annotated[SeatingService, Depends(get_seating)]
FloorPlanDep = Annotated[FloorPlanService, Depends(get_floor_plan)]
StoreKeepingDep = Annotated[StoreKeepingService, Depends(get_store_keeping)]
StoreReadingDep = Annotated[StoreReadingService, Depends(get_store_reading)]
MenuReadingDep = Annotated[MenuReadingService, Depends(get_menu_reading)]
CategoryEditingDep = Annotated[CategoryEditingService, Depends(get_category_editing)]
ItemEditingDep = Annotated[ItemEditingService, Depends(get_item_editing)]
OptionEditingDep = Annotated[OptionEditingService, Depends(get_option_editing)]
MenuAvailabilityDep = Annotated[MenuAvailabilityService, Depends(get_menu_availability)]
OrderingDep = Annotated[OrderingService, Depends(get_ordering)]
EventReadingDep = Annotated[EventReadingService, Depends(get_event_reading)]
MissedDep = Annotated[Replay, Depends(get_missed_events)]
