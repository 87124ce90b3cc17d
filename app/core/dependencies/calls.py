"""Service requests: calling, answering, the catalogue, answer times."""

from typing import Annotated

from fastapi import Depends

from app.core.dependencies.request import ScopeDep
from app.repositories.answer_times import AnswerTimesRepository
from app.repositories.service_request import ServiceRequestRepository
from app.repositories.service_request_type import ServiceRequestTypeRepository
from app.repositories.store import StoreReader
from app.services.calls.answer_times import AnswerTimesService
from app.services.calls.calling import CallingService
from app.services.calls.catalogue import CallCatalogueService
from app.services.calls.following import CallFollowing
from app.services.calls.journal import CallJournal
from app.services.calls.reading import CallReadingService


async def get_call_journal(scope: ScopeDep) -> CallJournal:
    requests = ServiceRequestRepository(*await scope.place())
    return CallJournal(requests, scope.principal, await scope.language())


CallJournalDep = Annotated[CallJournal, Depends(get_call_journal)]


async def get_call_reading(scope: ScopeDep, journal: CallJournalDep) -> CallReadingService:
    requests = ServiceRequestRepository(*await scope.place())
    return CallReadingService(requests, journal, scope.principal)


CallReadingDep = Annotated[CallReadingService, Depends(get_call_reading)]


async def get_calling(
    scope: ScopeDep, reading: CallReadingDep, journal: CallJournalDep
) -> CallingService:
    place = await scope.place()
    return CallingService(
        ServiceRequestRepository(*place),
        ServiceRequestTypeRepository(*place),
        StoreReader(*place),
        reading,
        journal,
        scope.principal,
    )


async def get_call_following(scope: ScopeDep, journal: CallJournalDep) -> CallFollowing:
    requests = ServiceRequestRepository(*await scope.place())
    return CallFollowing(requests, journal, scope.principal)


async def get_call_catalogue(scope: ScopeDep) -> CallCatalogueService:
    place = await scope.place()
    types, stores = ServiceRequestTypeRepository(*place), StoreReader(*place)
    return CallCatalogueService(types, stores, scope.principal, await scope.language())


async def get_answer_times(scope: ScopeDep) -> AnswerTimesService:
    place = await scope.place()
    times, stores = AnswerTimesRepository(*place), StoreReader(*place)
    return AnswerTimesService(times, stores, await scope.language())


CallingDep = Annotated[CallingService, Depends(get_calling)]
CallFollowingDep = Annotated[CallFollowing, Depends(get_call_following)]
CallCatalogueDep = Annotated[CallCatalogueService, Depends(get_call_catalogue)]
AnswerTimesDep = Annotated[AnswerTimesService, Depends(get_answer_times)]
