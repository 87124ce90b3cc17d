"""Calling the staff (직원 호출), and answering the call."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil
from typing import NamedTuple
from uuid import UUID

from app.core import clock
from app.core.errors import (
    CoolingDownError,
    FieldError,
    InvalidRequestError,
    PermissionDeniedError,
    QuantityInvalidError,
    ServiceRequestTypeUnavailableError,
    TooManyServiceRequestsError,
    TransitionInvalidError,
    VersionMismatchError,
)
from app.core.ids import uuid7
from app.core.metrics import ANSWER_TIMES
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import (
    ServiceRequest,
    ServiceRequestItem,
    ServiceRequestStatus,
    ServiceRequestType,
)
from app.repositories.service_request import Place, ServiceRequestRepository
from app.repositories.service_request_type import ServiceRequestTypeRepository
from app.repositories.store import StoreReader
from app.schemas.service_request import (
    ServiceRequestInput,
    ServiceRequestItemInput,
    ServiceRequestOutput,
)
from app.services.calls.journal import CallJournal
from app.services.calls.reading import CallReadingService, check_own
from app.services.calls.rules import advance, allowed_after, fingerprint


class Called(NamedTuple):
    """`created` is False when an equal request waited already."""

    request: ServiceRequestOutput
    created: bool


class CallingService:
    """Whoever calls holds the session, or the free table, so calls there come one by one."""

    def __init__(
        self,
        requests: ServiceRequestRepository,
        types: ServiceRequestTypeRepository,
        stores: StoreReader,
        reading: CallReadingService,
        journal: CallJournal,
        principal: Principal,
    ) -> None:
        self._requests = requests
        self._types = types
        self._stores = stores
        self._reading = reading
        self._journal = journal
        self._principal = principal

    async def call(self, wanted: ServiceRequestInput) -> Called:
        """Ask for something. An equal request that still waits is the answer to its repetition.

        Raises:
            ServiceRequestTypeUnavailableError: something can't be asked for (any more).
            QuantityInvalidError: more than the type's `max_quantity`.
            CoolingDownError: guests asked for it just now; `retry_after` says when they may again.
            TooManyServiceRequestsError: as many as the store allows wait at the table.
            SessionClosedError: the guest's visit has ended.
            NotFoundError: no such table, or it is archived.
        """
        place = await self._place(wanted)
        items = [(item.type_id, item.quantity) for item in wanted.items]
        asked = fingerprint(items, wanted.note)
        waiting = await self._requests.equal_waiting(place, asked)
        if waiting is not None:
            return Called(await self._journal.output(waiting), created=False)
        types = await self._types.by_id([item.type_id for item in wanted.items])
        _check_items(wanted.items, types)
        await self._check_patience(place, list(types.values()))
        request = self._new(place, asked, wanted.note)
        rows = [
            ServiceRequestItem(
                type_id=item.type_id,
                position=position,
                code=types[item.type_id].code,
                names=types[item.type_id].names,
                quantity=item.quantity,
            )
            for position, item in enumerate(wanted.items)
        ]
        await self._requests.add_with(request, rows)
        await self._journal.publish("service_request.created", [request])
        return Called(await self._journal.output(request), created=True)

    async def answer(
        self, request_id: UUID, target: ServiceRequestStatus, expected: int | None
    ) -> ServiceRequestOutput:
        """Acknowledge a request, do it, or cancel it; what already holds is a quiet success.

        Raises:
            TransitionInvalidError: `target` can't follow; `allowed` says what can.
            PermissionDeniedError: guests may only cancel.
            NotFoundError: no such request, or another party's.
            VersionMismatchError: the request changed since `expected` was read.
        """
        if target is not ServiceRequestStatus.CANCELLED:
            self._check_may_handle()
        place = await self._reading.own_place()
        request = await self._requests.get(request_id, lock=True)
        check_own(request, place)
        if expected is not None and request.version != expected:
            raise VersionMismatchError(version=request.version)
        if request.status != target:
            allowed = allowed_after(request.status, at_table=self._principal.sits_at_table)
            if target not in allowed:
                raise TransitionInvalidError(current=request.status, allowed=allowed)
            await self._advance(request, target)
        return await self._journal.output(request)

    async def _advance(self, request: ServiceRequest, target: ServiceRequestStatus) -> None:
        new = request.acknowledged_at is None
        advance(request, target, self._principal.actor, clock.now())
        await self._requests.touch(request)
        await self._journal.publish("service_request.updated", [request])
        if new and request.acknowledged_at is not None:
            self._observe("acknowledged", request.acknowledged_at - request.created_at)
        if request.done_at is not None:
            self._observe("done", request.done_at - request.created_at)

    def _observe(self, step: str, took: timedelta) -> None:
        seconds = took.total_seconds()
        self._requests.unit.after_commit.append(lambda: ANSWER_TIMES.labels(step).observe(seconds))

    async def _place(self, wanted: ServiceRequestInput) -> Place:
        if self._principal.sits_at_table and wanted.table_id is not None:
            detail = Words(
                "A tablet or guest calls from its own table.",
                "태블릿과 손님은 자기 테이블에서만 호출할 수 있습니다.",
            )
            raise InvalidRequestError(errors=[FieldError("/table_id", "unknown", detail)])
        place = await self._reading.own_place(lock=True)
        if place is not None:
            return place
        if wanted.table_id is None:
            raise InvalidRequestError(
                errors=[
                    FieldError(
                        "/table_id", "missing", Words("Name the table.", "테이블을 지정해 주세요.")
                    )
                ]
            )
        return await self._requests.place_of_table(wanted.table_id, lock=True)

    async def _check_patience(self, place: Place, types: Sequence[ServiceRequestType]) -> None:
        """Guests can't flood the staff; what staff note down for a table is theirs to judge."""
        if not self._principal.sits_at_table:
            return
        limit = (await self._stores.get()).max_open_service_requests
        if await self._requests.count_waiting(place) >= limit:
            raise TooManyServiceRequestsError(limit=limit)
        cooling = {one.id: timedelta(seconds=one.cooldown_seconds) for one in types}
        longest = max(cooling.values())
        if not longest:
            return
        now = clock.now()
        asked = await self._requests.last_asked(place, list(cooling), now - longest)
        wait = max((at + cooling[id_] - now for id_, at in asked.items()), default=timedelta())
        if wait > timedelta():
            raise CoolingDownError(retry_after=ceil(wait.total_seconds()))

    def _new(self, place: Place, asked: bytes, note: str | None) -> ServiceRequest:
        return ServiceRequest(
            id=uuid7(),
            table_id=place.table_id,
            session_id=place.session_id,
            scope_id=place.scope_id,
            fingerprint=asked,
            channel=self._principal.channel,
            status=ServiceRequestStatus.OPEN,
            note=note,
            requested_by=self._principal.actor,
        )

    def _check_may_handle(self) -> None:
        if not self._principal.may(Permission.SERVICE_REQUESTS_HANDLE):
            raise PermissionDeniedError(permission=str(Permission.SERVICE_REQUESTS_HANDLE))


def _check_items(
    items: Sequence[ServiceRequestItemInput], types: Mapping[UUID, ServiceRequestType]
) -> None:
    unavailable, too_many = [], []
    for place, item in enumerate(items):
        known = types.get(item.type_id)
        if known is None or known.archived_at is not None or not known.active:
            detail = Words("This can't be asked for.", "요청할 수 없는 항목입니다.")
            unavailable.append(FieldError(f"/items/{place}/type_id", "unavailable", detail))
        elif item.quantity > known.max_quantity:
            detail = Words(
                f"At most {known.max_quantity} at once.",
                f"한 번에 {known.max_quantity}개까지 요청할 수 있습니다.",
            )
            too_many.append(FieldError(f"/items/{place}/quantity", "too-many", detail))
    if unavailable:
        raise ServiceRequestTypeUnavailableError(errors=unavailable)
    if too_many:
        raise QuantityInvalidError(errors=too_many)
