"""The one permission table: what each role, device and guest may do."""

from enum import StrEnum


class Permission(StrEnum):
    """What an operation asks of its caller. `PUBLIC` and `SIGNED_IN` ask for no grant."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"
    STORE_READ = "store:read"
    TABLES_READ = "tables:read"
    TABLES_MANAGE = "tables:manage"
    TABLES_PAIR = "tables:pair"
    SESSIONS_MANAGE = "sessions:manage"
    SESSION_OWN = "session:own"
    MENU_READ = "menu:read"
    MENU_MANAGE_READ = "menu:manage-read"
    MENU_MANAGE = "menu:manage"
    MENU_AVAILABILITY = "menu:availability"
    ORDERS_PLACE = "orders:place"
    ORDERS_READ = "orders:read"
    ORDERS_MOVE = "orders:move"
    ORDERS_CANCEL = "orders:cancel"
    ORDERS_CANCEL_ANY = "orders:cancel-any"
    EVENTS_STREAM = "events:stream"
    EVENTS_READ = "events:read"


class Role(StrEnum):
    """What a staff member is in the store; each one may do what the one before may."""

    KITCHEN = "kitchen"
    STAFF = "staff"
    MANAGER = "manager"
    OWNER = "owner"


P = Permission
_KITCHEN = frozenset(
    {P.SIGNED_IN, P.STORE_READ, P.MENU_READ, P.MENU_MANAGE_READ, P.TABLES_READ}
    | {P.ORDERS_READ, P.ORDERS_MOVE, P.EVENTS_STREAM, P.EVENTS_READ}
)
_STAFF = _KITCHEN | {
    P.SESSIONS_MANAGE,
    P.TABLES_PAIR,
    P.MENU_AVAILABILITY,
    P.ORDERS_PLACE,
    P.ORDERS_CANCEL,
}
_MANAGER = _STAFF | {P.TABLES_MANAGE, P.MENU_MANAGE, P.ORDERS_CANCEL_ANY}

ROLE_GRANTS: dict[Role, frozenset[Permission]] = {
    Role.KITCHEN: _KITCHEN,
    Role.STAFF: _STAFF,
    Role.MANAGER: _MANAGER,
    Role.OWNER: _MANAGER,
}

TABLET_GRANTS: frozenset[Permission] = frozenset(
    {P.SIGNED_IN, P.STORE_READ, P.MENU_READ, P.SESSION_OWN}
    | {P.ORDERS_PLACE, P.ORDERS_READ, P.EVENTS_STREAM}
)
