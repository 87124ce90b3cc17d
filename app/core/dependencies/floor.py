"""Tables, sessions, orders, the store and its events."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from app.core.dependencies.access import CredentialsDep
from app.core.dependencies.calls import CallFollowingDep
from app.core.dependencies.request import PrincipalDep, RuntimeDep, ScopeDep
from app.core.events import EventRecord
from app.repositories.board import BoardRepository
from app.repositories.cancel_reason import CancelReasonRepository
from app.repositories.event import EventRepository
from app.repositories.order import OrderRepository
from app.repositories.order_history import OrderHistoryRepository
from app.repositories.placing import PlacingRepository
from app.repositories.session_history import SessionHistoryRepository
from app.repositories.store import StoreKeeper, StoreReader
from app.repositories.table import AreaRepository, SessionRepository, TableRepository
from app.services.floor.closing import CloseBlockers, ClosingService
from app.services.floor.floor_plan import FloorPlanService
from app.services.floor.seating import SeatingService
from app.services.floor.session_history import SessionHistoryService
from app.services.menu.journal import MenuJournal
from app.services.orders.accepting import OrderAcceptingService
from app.services.orders.cancelling import CancellingService
from app.services.orders.kitchen import KitchenService
from app.services.orders.ordering import OrderingService
from app.services.orders.publishing import OrderPublisher
from app.services.orders.reading import OrderReadingService
from app.services.store.event_reading import EventReadingService
from app.services.store.keeping import StoreKeepingService
from app.services.store.reading import StoreReadingService

Replay = Callable[[int, int], Awaitable[list[EventRecord] | None]]
Linked = Callable[[], Awaitable[UUID | None]]


async def get_order_reading(scope: ScopeDep) -> OrderReadingService:
    language = await scope.language()
    orders = OrderHistoryRepository(*await scope.place())
    return OrderReadingService(orders, scope.principal, language)


async def get_kitchen(
    scope: ScopeDep, reading: Annotated[OrderReadingService, Depends(get_order_reading)]
) -> KitchenService:
    orders = OrderRepository(*await scope.place())
    return KitchenService(orders, OrderPublisher(orders, reading, scope.principal))


async def get_cancelling(
    scope: ScopeDep, reading: Annotated[OrderReadingService, Depends(get_order_reading)]
) -> CancellingService:
    place = await scope.place()
    orders = OrderRepository(*place)
    return CancellingService(
        orders,
        CancelReasonRepository(*place),
        reading,
        OrderPublisher(orders, reading, scope.principal),
        MenuJournal(scope.unit, scope.principal),
        scope.principal,
    )


async def get_order_accepting(
    scope: ScopeDep, reading: Annotated[OrderReadingService, Depends(get_order_reading)]
) -> OrderAcceptingService:
    orders = OrderRepository(*await scope.place())
    return OrderAcceptingService(orders, reading, scope.principal)


async def get_seating(scope: ScopeDep) -> SeatingService:
    place = await scope.place()
    return SeatingService(SessionRepository(*place), TableRepository(*place), scope.principal)


async def get_closing(
    scope: ScopeDep,
    credentials: CredentialsDep,
    calls: CallFollowingDep,
    cancelling: Annotated[CancellingService, Depends(get_cancelling)],
) -> ClosingService:
    place = await scope.place()
    return ClosingService(
        SessionRepository(*place),
        TableRepository(*place),
        CloseBlockers(SessionRepository(*place), StoreReader(*place), cancelling, scope.principal),
        credentials,
        calls,
        scope.principal,
    )


async def get_session_history(scope: ScopeDep) -> SessionHistoryService:
    place = await scope.place()
    return SessionHistoryService(SessionHistoryRepository(*place), StoreReader(*place))


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


async def get_event_reading(scope: ScopeDep) -> EventReadingService:
    events = EventRepository(scope.unit, await scope.unit.session(), scope.principal.store_id)
    return EventReadingService(events, scope.principal)


async def get_missed_events(runtime: RuntimeDep, principal: PrincipalDep) -> Replay:
    """What a stream asks for its replay: each page in a short transaction of its own."""

    async def missed(after: int, upto: int) -> list[EventRecord] | None:
        async with runtime.database.transaction(principal.store_id) as unit:
            events = EventRepository(unit, await unit.session(), principal.store_id)
            return await EventReadingService(events, principal).missed(after, upto)

    return missed


async def get_linked_session(runtime: RuntimeDep, principal: PrincipalDep) -> Linked:
    """What a tablet's stream asks when it begins, in a short transaction too."""

    async def linked() -> UUID | None:
        async with runtime.database.transaction(principal.store_id) as unit:
            events = EventRepository(unit, await unit.session(), principal.store_id)
            return await EventReadingService(events, principal).linked()

    return linked


OrderReadingDep = Annotated[OrderReadingService, Depends(get_order_reading)]
OrderAcceptingDep = Annotated[OrderAcceptingService, Depends(get_order_accepting)]
CancellingDep = Annotated[CancellingService, Depends(get_cancelling)]
KitchenDep = Annotated[KitchenService, Depends(get_kitchen)]
SeatingDep = Annotated[SeatingService, Depends(get_seating)]
ClosingDep = Annotated[ClosingService, Depends(get_closing)]
SessionHistoryDep = Annotated[SessionHistoryService, Depends(get_session_history)]
FloorPlanDep = Annotated[FloorPlanService, Depends(get_floor_plan)]
StoreKeepingDep = Annotated[StoreKeepingService, Depends(get_store_keeping)]
StoreReadingDep = Annotated[StoreReadingService, Depends(get_store_reading)]
OrderingDep = Annotated[OrderingService, Depends(get_ordering)]
EventReadingDep = Annotated[EventReadingService, Depends(get_event_reading)]
MissedDep = Annotated[Replay, Depends(get_missed_events)]
LinkedDep = Annotated[Linked, Depends(get_linked_session)]
