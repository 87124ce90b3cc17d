"""The audit log on the wire."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.core.words import shape
from app.schemas.base import Cursor, Id, Instant, Limit, Output, Query, not_before

Word = Annotated[
    str,
    StringConstraints(
        pattern=shape(
            r"^[a-z][a-z_-]{0,59}$",
            "Must be a word such as role-changed.",
            "role-changed와 같은 낱말이어야 합니다.",
        )
    ),
]


class AuditFilter(Query):
    """Entries that match all that is given."""

    action: Word | None = Field(default=None, description="What was done, such as `role-changed`.")
    actor_id: Id | None = Field(default=None, description="Who did it.")
    target_kind: Word | None = Field(default=None, description="What kind of thing it was done to.")
    target_id: Id | None = Field(default=None, description="Which thing it was done to.")
    from_: Instant | None = Field(default=None, alias="from")
    to: Annotated[Instant, not_before("from_")] | None = Field(
        default=None, description="Before this time."
    )
    cursor: Cursor | None = None
    limit: Limit = 50


class ActorOutput(Output):
    """Who did it; without an id: the service itself, its operator, or nobody known."""

    kind: str
    id: Id | None
    name: str


class AuditOutput(Output):
    """One entry: who did what to what, when and why. It never changes."""

    id: Id
    at: Instant
    actor: ActorOutput
    action: str
    target_kind: str
    target_id: Id | None
    reason: str | None
    details: dict[str, Any]
