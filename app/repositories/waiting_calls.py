"""The calls that wait, of all stores together: how many, and since when."""

from datetime import datetime

from app.core.database import Database
from app.models.service_request import ServiceRequestStatus

_WAITING = "SELECT open, open_since, acknowledged, acknowledged_since FROM waiting_calls()"


async def waiting_calls(
    database: Database,
) -> dict[ServiceRequestStatus, tuple[int, datetime | None]]:
    """By status, how many there are and when the oldest was made; None where there is none."""
    opened, opened_at, taken, taken_at = await database.call(_WAITING, ())
    return {
        ServiceRequestStatus.OPEN: (opened, opened_at),
        ServiceRequestStatus.ACKNOWLEDGED: (taken, taken_at),
    }
