"""Calls from tables (직원 호출)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.operation import operation
from app.api.responses import call_response
from app.api.route import OperationRoute
from app.core.dependencies.calls import AnswerTimesDep, CallingDep, CallReadingDep
from app.core.dependencies.request import IfMatchDep, PathId
from app.core.security.permissions import Permission
from app.models.service_request import ServiceRequestStatus
from app.schemas.base import Page
from app.schemas.service_request import (
    AnswerTimesFilter,
    AnswerTimesOutput,
    ServiceRequestFilter,
    ServiceRequestInput,
    ServiceRequestOutput,
    ServiceRequestPatch,
)

router = APIRouter(
    prefix="/service-requests", tags=["Service requests"], route_class=OperationRoute
)

WAITS_ALREADY = {
    "model": ServiceRequestOutput,
    "description": "An equal one waits already; this is it.",
}


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=ServiceRequestOutput,
    responses={200: WAITS_ALREADY},
    summary="Call the staff",
)
@operation(
    Permission.SERVICE_REQUESTS_CREATE,
    problems=(
        "service-request-type-unavailable",
        "quantity-invalid",
        "cooling-down",
        "too-many-service-requests",
        "not-found",
    ),
    idempotency="accepted",
)
async def create_service_request(body: ServiceRequestInput, calling: CallingDep) -> Response:
    """Ask for something, or for somebody. 201 when it is new.

    An equal request of the party (the same things and note) that still waits is answered with
    200 and not doubled. A call from a free table opens no session: it belongs to the table.
    """
    return call_response(await calling.call(body))


@router.get("", summary="Service requests, newest first")
@operation(Permission.SERVICE_REQUESTS_READ)
async def list_service_requests(
    wanted: Annotated[ServiceRequestFilter, Query()], calls: CallReadingDep
) -> Page[ServiceRequestOutput]:
    """The store's requests; a tablet or guest gets those of its own party."""
    return await calls.find(wanted)


@router.get("/answer-times", summary="How long tables waited")
@operation(Permission.SERVICE_REQUESTS_REPORT)
async def get_answer_times(
    wanted: Annotated[AnswerTimesFilter, Query()], times: AnswerTimesDep
) -> AnswerTimesOutput:
    """How many requests there were and how soon they were acknowledged and done."""
    return await times.read(wanted)


@router.get("/{request_id}", summary="One service request")
@operation(Permission.SERVICE_REQUESTS_READ, problems=("not-found",))
async def get_service_request(request_id: PathId, calls: CallReadingDep) -> ServiceRequestOutput:
    """With who answered it and how long that took."""
    return await calls.get(request_id)


@router.patch("/{request_id}", summary="Answer a service request")
@operation(
    Permission.SERVICE_REQUESTS_CANCEL,
    problems=("not-found", "transition-invalid"),
    if_match="accepted",
)
async def answer_service_request(
    request_id: PathId, body: ServiceRequestPatch, if_match: IfMatchDep, calling: CallingDep
) -> ServiceRequestOutput:
    """`open` → `acknowledged` → `done`, the middle one may be skipped; either may be cancelled.

    The first to acknowledge it stays the one who did. Guests may only cancel, and only while
    nobody has acknowledged it.
    """
    return await calling.answer(request_id, ServiceRequestStatus(body.status), if_match)
