"""One event as streams and lists show it, encoded once."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A committed fact. `frame` is its Server-Sent Events frame, made once for all readers."""

    store_id: UUID
    seq: int
    type: str
    occurred_at: datetime
    actor: dict[str, Any]
    table_id: UUID | None
    session_id: UUID | None
    data: Any
    frame: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        head = f"id: {self.seq}\nevent: {self.type}\ndata: ".encode()
        object.__setattr__(self, "frame", head + orjson.dumps(self.document()) + b"\n\n")

    def document(self) -> dict[str, Any]:
        """`{seq, type, occurred_at, actor, data}`."""
        at = self.occurred_at.astimezone(UTC).isoformat(timespec="microseconds")
        return {
            "seq": self.seq,
            "type": self.type,
            "occurred_at": at.replace("+00:00", "Z"),
            "actor": self.actor,
            "data": self.data,
        }
