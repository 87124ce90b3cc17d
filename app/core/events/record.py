"""One event as streams and lists show it, encoded once."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from app.core.clock import instant_text


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
        return replace(self, actor=unnamed(self.actor), data=_public(self.data))

    @cached_property
    def at_table(self) -> "EventRecord":
        """The same event for the party that it concerns: as GET shows the thing to guests."""
        return replace(self, actor=unnamed(self.actor), data=_at_table(self.type, self.data))

    def document(self) -> dict[str, Any]:
        """`{seq, type, occurred_at, actor, data}`."""
        return {
            "seq": self.seq,
            "type": self.type,
            "occurred_at": instant_text(self.occurred_at),
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


_OF_STAFF = {"names", "added_by", "reason", "actor"}
"""What of the lines, calls and cancellations of a party is for staff only."""
_CHANNELS_OF_GUESTS = {"tablet", "guest"}
_ACTORS = {"requested_by", "acknowledged_by", "done_by", "cancelled_by"}


def _at_table(type_: str, data: dict[str, Any]) -> dict[str, Any]:
    shown = {name: _shown_at_table(name, value) for name, value in data.items()}
    thing = type_.partition(".")[0]
    # An order's note is a wish for the kitchen, whoever typed it: the party may read that.
    if thing == "session" or (thing == "service_request" and not guests_wrote(data["channel"])):
        shown["note"] = None
    return shown


def guests_wrote(channel: str) -> bool:
    """Whether what came on this channel was written at the table, and so may be read there."""
    return channel in _CHANNELS_OF_GUESTS


def _shown_at_table(name: str, value: Any) -> Any:
    if name in ("items", "lines", "cancellations") and isinstance(value, list):
        return [
            {k: None if k in _OF_STAFF else _shown_at_table(k, v) for k, v in one.items()}
            for one in value
        ]
    return unnamed(value) if name in _ACTORS else value


def unnamed(actor: dict[str, Any] | None) -> Any:
    """Who did something, as guests may know it: of the staff and of systems only what they are."""
    if actor is None or actor["kind"] not in ("staff", "api_key"):
        return actor
    return {"kind": actor["kind"], "id": None, "name": actor["kind"]}
