"""One event as streams and lists show it, encoded once."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson


@dataclass(frozen=True)
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

    @cached_property
    def public(self) -> "EventRecord":
        """The same event for tablets and guests, who read the menu for the rest of it.

        What changed and how is left of it: plain words, ids, and an availability without stock.
        """
        return replace(self, data=_public(self.data))

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


_STAFF_READ = ("category", "item", "option_group")
"""What events show as staff read it."""


def _public(data: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in data.items():
        if name == "availability":
            shown[name] = {"status": value["status"], "until": value["until"]}
        elif name in _STAFF_READ:
            shown[name] = {"id": value["id"]}
        else:
            shown[name] = value
    return shown
