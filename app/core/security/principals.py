"""Who a request acts as."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.core.security.permissions import ROLE_GRANTS, TABLET_GRANTS, Permission, Role


class Channel(StrEnum):
    """Which kind of client placed an order."""

    TABLET = "tablet"
    GUEST = "guest"
    STAFF = "staff"
    POS = "pos"


class PrincipalKind(StrEnum):
    STAFF = "staff"
    TABLET = "tablet"


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in staff member, or a tablet that stands on one table.

    `sign_in_id` is the token family: what is revoked to end all of its tokens.
    `language` is the store's default, for messages when the caller asks for none.
    """

    kind: PrincipalKind
    store_id: UUID
    id: UUID
    name: str
    sign_in_id: UUID
    language: str
    role: Role | None = None
    table_id: UUID | None = None

    @property
    def grants(self) -> frozenset[Permission]:
        return TABLET_GRANTS if self.role is None else ROLE_GRANTS[self.role]

    def may(self, permission: Permission) -> bool:
        return permission in self.grants

    @property
    def channel(self) -> Channel:
        return Channel.STAFF if self.kind is PrincipalKind.STAFF else Channel.TABLET

    @property
    def scope(self) -> str:
        """Whose idempotency keys these are: two tablets may use the same key."""
        return f"{self.kind}:{self.id}"

    @property
    def actor(self) -> dict[str, Any]:
        """How events and the audit log name this principal."""
        return {"kind": str(self.kind), "id": str(self.id), "name": self.name}


SYSTEM_ACTOR: dict[str, Any] = {"kind": "system", "id": None, "name": "system"}
"""Who acts when an operator's command or a job does."""
