"""Service requests as readers see them, and telling what became of them."""

from collections.abc import Sequence
from typing import Any, Literal

from app.core.events.record import guests_wrote, unnamed
from app.core.language import pick
from app.core.security.principals import Principal
from app.models import ServiceRequest, ServiceRequestItem
from app.repositories.service_request import ServiceRequestRepository
from app.schemas.service_request import ServiceRequestOutput
from app.services.calls.rules import seconds_until

CallEvent = Literal["service_request.created", "service_request.updated"]


class CallJournal:
    """Guests read one language and their own notes, staff all of them; events are as staff read.

    `language` is the wanted one and the store's default.
    """

    def __init__(
        self,
        requests: ServiceRequestRepository,
        principal: Principal,
        language: tuple[str, str],
    ) -> None:
        self._requests = requests
        self._principal = principal
        self._language = language

    async def outputs(self, requests: Sequence[ServiceRequest]) -> list[ServiceRequestOutput]:
        """The requests as the caller reads them."""
        staff = not self._principal.sits_at_table
        return await self._outputs(requests, self._language, staff=staff)

    async def output(self, request: ServiceRequest) -> ServiceRequestOutput:
        return (await self.outputs([request]))[0]

    async def publish(self, type_: CallEvent, requests: Sequence[ServiceRequest]) -> None:
        """Tell the table and session that each request belongs to now, and the staff."""
        default = self._language[1]
        told = await self._outputs(requests, (default, default), staff=True)
        for request, output in zip(requests, told, strict=True):
            self._requests.unit.record(
                type_,
                output.model_dump(mode="json"),
                actor=self._principal.actor,
                table_id=request.table_id,
                session_id=request.session_id,
            )

    async def _outputs(
        self, requests: Sequence[ServiceRequest], language: tuple[str, str], *, staff: bool
    ) -> list[ServiceRequestOutput]:
        if not requests:
            return []
        numbers = await self._requests.table_numbers(requests)
        return [
            ServiceRequestOutput.model_validate(
                _document(request, numbers[request.table_id], language, staff=staff)
            )
            for request in requests
        ]


def _document(
    request: ServiceRequest, table_number: int, language: tuple[str, str], *, staff: bool
) -> dict[str, Any]:
    by = (lambda actor: actor) if staff else unnamed
    return {
        "id": request.id,
        "table": {"id": request.table_id, "number": table_number},
        "session_id": request.session_id,
        "channel": request.channel,
        "status": request.status,
        "items": [_item(item, language, staff=staff) for item in request.items],
        "note": request.note if staff or guests_wrote(request.channel) else None,
        "requested_by": by(request.requested_by),
        "acknowledged_at": request.acknowledged_at,
        "acknowledged_by": by(request.acknowledged_by),
        "seconds_to_acknowledge": seconds_until(request, request.acknowledged_at),
        "done_at": request.done_at,
        "done_by": by(request.done_by),
        "seconds_to_done": seconds_until(request, request.done_at),
        "cancelled_at": request.cancelled_at,
        "cancelled_by": by(request.cancelled_by),
        "created_at": request.created_at,
        "updated_at": request.updated_at,
        "version": request.version,
    }


def _item(item: ServiceRequestItem, language: tuple[str, str], *, staff: bool) -> dict[str, Any]:
    return {
        "type_id": item.type_id,
        "code": item.code,
        "name": pick(item.names, *language),
        "names": item.names if staff else None,
        "quantity": item.quantity,
    }
