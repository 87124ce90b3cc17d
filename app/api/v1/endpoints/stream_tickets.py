from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.access import StreamEntryDep
from app.core.security.permissions import Permission
from app.schemas.stream_ticket import StreamTicketOutput

router = APIRouter(prefix="/auth", tags=["Signing in"], route_class=OperationRoute)


@router.post("/stream-ticket", summary="Get a ticket for one event stream")
@operation(Permission.EVENTS_STREAM)
async def create_stream_ticket(entry: StreamEntryDep) -> StreamTicketOutput:
    """For browsers, whose `EventSource` sends no header: `GET /events/stream?ticket=…`.

    Good once, for a minute. When the stream ends, get a new ticket and connect again.
    """
    return await entry.ticket()
