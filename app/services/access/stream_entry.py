"""Getting into the event stream from where no header can be sent."""

from app.core.database import UnitOfWork
from app.core.security.principals import Principal
from app.core.security.tickets import new_ticket
from app.schemas.stream_ticket import StreamTicketOutput


class StreamEntryService:
    def __init__(self, unit: UnitOfWork, principal: Principal) -> None:
        self._unit = unit
        self._principal = principal

    async def ticket(self) -> StreamTicketOutput:
        """A ticket for one stream of the caller, for a minute."""
        ticket, expires_at = await new_ticket(self._unit, self._principal)
        return StreamTicketOutput(ticket=ticket, expires_at=expires_at)
