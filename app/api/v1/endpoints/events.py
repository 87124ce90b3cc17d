from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from app.api.operation import operation
from app.api.route import OperationRoute
from app.api.streaming import open_stream
from app.core.dependencies.floor import EventReadingDep, LinkedDep, MissedDep
from app.core.dependencies.request import PrincipalDep, RuntimeDep
from app.core.security.permissions import Permission
from app.schemas.event import EventFilter, EventsOutput

router = APIRouter(prefix="/events", tags=["Events"], route_class=OperationRoute)


@router.get("/stream", summary="Live events", response_class=Response)
@operation(Permission.EVENTS_STREAM, problems=("too-many-streams",), takes_ticket=True)
async def stream_events(
    runtime: RuntimeDep,
    principal: PrincipalDep,
    missed: MissedDep,
    linked: LinkedDep,
    last_event_id: Annotated[str | None, Header(description="The last event number seen.")] = None,
    ticket: Annotated[  # noqa: ARG001 - read before routing, to know who is calling
        str | None, Query(description="In place of `Authorization`; see `/auth/stream-ticket`.")
    ] = None,
) -> Response:
    """Server-Sent Events: staff see the store, a tablet its table, a guest its session.

    A table that is linked to a party shows that party. A guest's stream ends with the
    `session.closed` of its visit: close it then, what comes next is a 410.

    `Last-Event-ID` replays what was missed, with no gap and no repeat. Where that is not
    possible one `resync` event says from which number on it is live: read the state again.
    """
    return await open_stream(runtime, principal, last_event_id, missed, linked)


@router.get("", summary="The event log")
@operation(Permission.EVENTS_READ, problems=("cursor-expired",))
async def list_events(
    wanted: Annotated[EventFilter, Query()], events: EventReadingDep
) -> EventsOutput:
    """The events after a number, oldest first: for systems that poll."""
    return await events.read(wanted)
