"""Who a request acts as."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.core.security.permissions import (
    DEVICE_GRANTS,
    FIRST_PASSWORD_GRANTS,
    GUEST_GRANTS,
    ROLE_GRANTS,
    SCOPE_GRANTS,
    ApiScope,
    DeviceKind,
    Permission,
    Role,
)


class Channel(StrEnum):
    """Which kind of client placed an order."""

    TABLET = "tablet"
    GUEST = "guest"
    STAFF = "staff"
    POS = "pos"


class PrincipalKind(StrEnum):
    """What a credential speaks for; also how events and the audit log name the kind of actor."""

    STAFF = "staff"
    TABLET = "tablet"
    SCREEN = "screen"
    GUEST = "guest"
    API_KEY = "api_key"


_CHANNELS = {
    PrincipalKind.STAFF: Channel.STAFF,
    PrincipalKind.TABLET: Channel.TABLET,
    PrincipalKind.SCREEN: Channel.STAFF,
    PrincipalKind.GUEST: Channel.GUEST,
    PrincipalKind.API_KEY: Channel.POS,
}


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in staff member, a device, a guest of one session, or an API key.

    `sign_in_id` is the token family, or the API key itself: what is revoked to end the credential.
    `language` is the store's default, for messages when the caller asks for none.
    A tablet has its `table_id`; a guest has that of its session too, and the `session_id`.
    `generation` grows when what the sign-in's earlier access tokens say no longer holds.
    """

    kind: PrincipalKind
    store_id: UUID
    id: UUID
    name: str
    sign_in_id: UUID
    language: str
    role: Role | None = None
    table_id: UUID | None = None
    session_id: UUID | None = None
    device_kind: DeviceKind | None = None
    scopes: frozenset[ApiScope] = frozenset()
    must_change_password: bool = False
    generation: int = 0
    grants: frozenset[Permission] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "grants", self._granted())

    def _granted(self) -> frozenset[Permission]:
        match self.kind:
            case PrincipalKind.STAFF if self.role is not None:
                return (
                    FIRST_PASSWORD_GRANTS if self.must_change_password else ROLE_GRANTS[self.role]
                )
            case PrincipalKind.TABLET:
                return DEVICE_GRANTS[DeviceKind.TABLE]
            case PrincipalKind.SCREEN if self.device_kind is not None:
                return DEVICE_GRANTS[self.device_kind]
            case PrincipalKind.GUEST:
                return GUEST_GRANTS
            case PrincipalKind.API_KEY:
                return frozenset().union(*(SCOPE_GRANTS[scope] for scope in self.scopes))
        raise ValueError(f"a {self.kind} without what says what it may do")

    def may(self, permission: Permission) -> bool:
        return permission in self.grants

    @property
    def sits_at_table(self) -> bool:
        """Whether it is a guest's side: it sees and orders for its own table or session only."""
        return self.kind in (PrincipalKind.TABLET, PrincipalKind.GUEST)

    @property
    def channel(self) -> Channel:
        return _CHANNELS[self.kind]

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

UNKNOWN_ACTOR: dict[str, Any] = {"kind": "unknown", "id": None, "name": "unknown"}
"""Who tried to sign in and was refused."""
