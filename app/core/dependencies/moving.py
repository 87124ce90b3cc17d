"""Parties that change tables: moving, linking, merging, splitting, reopening."""

from typing import Annotated

from fastapi import Depends

from app.core.dependencies.access import CredentialsDep
from app.core.dependencies.calls import CallFollowingDep
from app.core.dependencies.floor import OrderReadingDep
from app.core.dependencies.request import ScopeDep
from app.repositories.basket import BasketRepository
from app.repositories.guest import GuestRepository
from app.repositories.moving import MovingRepository
from app.repositories.store import StoreReader
from app.repositories.table import SessionRepository, TableRepository
from app.services.floor.journal import FloorJournal
from app.services.floor.linking import TableLinkingService
from app.services.floor.merging import MergingSources, SessionMergingService
from app.services.floor.moving import SessionMovingService
from app.services.floor.splitting import SessionSplittingService


async def get_journal(scope: ScopeDep, reading: OrderReadingDep) -> FloorJournal:
    place = await scope.place()
    sessions, tables = SessionRepository(*place), TableRepository(*place)
    return FloorJournal(sessions, tables, reading, scope.principal)


JournalDep = Annotated[FloorJournal, Depends(get_journal)]


async def get_moving(
    scope: ScopeDep, calls: CallFollowingDep, journal: JournalDep
) -> SessionMovingService:
    place = await scope.place()
    sessions, moving = SessionRepository(*place), MovingRepository(*place)
    return SessionMovingService(sessions, moving, StoreReader(*place), calls, journal)


async def get_merging(
    scope: ScopeDep, credentials: CredentialsDep, calls: CallFollowingDep, journal: JournalDep
) -> SessionMergingService:
    place = await scope.place()
    sources = MergingSources(
        moving=MovingRepository(*place),
        guests=GuestRepository(*place),
        baskets=BasketRepository(*place),
        stores=StoreReader(*place),
    )
    return SessionMergingService(sources, credentials, calls, journal)


async def get_splitting(scope: ScopeDep, journal: JournalDep) -> SessionSplittingService:
    place = await scope.place()
    sessions, moving = SessionRepository(*place), MovingRepository(*place)
    return SessionSplittingService(sessions, moving, journal, scope.principal)


async def get_linking(
    scope: ScopeDep, calls: CallFollowingDep, journal: JournalDep
) -> TableLinkingService:
    place = await scope.place()
    sessions, moving = SessionRepository(*place), MovingRepository(*place)
    return TableLinkingService(sessions, moving, calls, journal)


LinkingDep = Annotated[TableLinkingService, Depends(get_linking)]
MovingDep = Annotated[SessionMovingService, Depends(get_moving)]
MergingDep = Annotated[SessionMergingService, Depends(get_merging)]
SplittingDep = Annotated[SessionSplittingService, Depends(get_splitting)]
