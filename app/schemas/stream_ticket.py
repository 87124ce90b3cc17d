"""Stream tickets, on the wire."""

from app.schemas.base import Instant, Output


class StreamTicketOutput(Output):
    """For `GET /events/stream?ticket=…`, once."""

    ticket: str
    expires_at: Instant
