"""The one permission table: what each role, device, guest and API scope may do."""

from enum import StrEnum


class Permission(StrEnum):
    """What an operation asks of its caller. `PUBLIC` and `SIGNED_IN` ask for no grant."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"
    STORE_READ = "store:read"
    STORE_MANAGE = "store:manage"
    ORDERING_PAUSE = "ordering:pause"
    STAFF_MANAGE = "staff:manage"
    API_KEYS_MANAGE = "api-keys:manage"
    DEVICES_MANAGE = "devices:manage"
    AUDIT_READ = "audit:read"
    TABLES_READ = "tables:read"
    TABLES_MANAGE = "tables:manage"
    TABLES_PAIR = "tables:pair"
    TABLES_GUESTS = "tables:guests"
    SESSIONS_MANAGE = "sessions:manage"
    SESSION_OWN = "session:own"
    MENU_READ = "menu:read"
    MENU_MANAGE_READ = "menu:manage-read"
    MENU_MANAGE = "menu:manage"
    MENU_EXPORT = "menu:export"
    MENU_AVAILABILITY = "menu:availability"
    ORDERS_PLACE = "orders:place"
    ORDERS_READ = "orders:read"
    ORDERS_MOVE = "orders:move"
    ORDERS_ACCEPT = "orders:accept"
    ORDERS_CANCEL = "orders:cancel"
    ORDERS_CANCEL_ANY = "orders:cancel-any"
    SERVICE_REQUESTS_READ = "service-requests:read"
    SERVICE_REQUESTS_CREATE = "service-requests:create"
    SERVICE_REQUESTS_CANCEL = "service-requests:cancel"
    SERVICE_REQUESTS_HANDLE = "service-requests:handle"
    SERVICE_REQUESTS_REPORT = "service-requests:report"
    SERVICE_REQUEST_TYPES_MANAGE = "service-request-types:manage"
    CANCEL_REASONS_MANAGE = "cancel-reasons:manage"
    EVENTS_STREAM = "events:stream"
    EVENTS_READ = "events:read"

    # Looked up by every request; an enum's own hash is a function in Python.
    __hash__ = str.__hash__


class Role(StrEnum):
    """What a staff member is in the store; each one may do what the one before may."""

    KITCHEN = "kitchen"
    STAFF = "staff"
    MANAGER = "manager"
    OWNER = "owner"


class DeviceKind(StrEnum):
    """Where a device stands: on a table, or on the wall as the store's board or kitchen screen."""

    TABLE = "table"
    BOARD = "board"
    KITCHEN = "kitchen"


class ApiScope(StrEnum):
    """What the store's owner may give to an API key."""

    MENU_READ = "menu:read"
    MENU_WRITE = "menu:write"
    TABLES_READ = "tables:read"
    TABLES_WRITE = "tables:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    PAYMENTS_WRITE = "payments:write"
    EVENTS_READ = "events:read"
    REPORTS_READ = "reports:read"


P = Permission
_SIGNED_IN = frozenset({P.SIGNED_IN})
_KNOWN = _SIGNED_IN | {P.STORE_READ}
_BOARD = _KNOWN | {
    P.MENU_READ,
    P.MENU_MANAGE_READ,
    P.TABLES_READ,
    P.ORDERS_READ,
    P.SERVICE_REQUESTS_READ,
    P.EVENTS_STREAM,
    P.EVENTS_READ,
}
# Who calls may take the call back; answering it is for those who walk the floor.
_CALL = {P.SERVICE_REQUESTS_READ, P.SERVICE_REQUESTS_CREATE, P.SERVICE_REQUESTS_CANCEL}
_KITCHEN = _BOARD | {P.ORDERS_MOVE}
_STAFF = _KITCHEN | {
    P.SESSIONS_MANAGE,
    P.TABLES_PAIR,
    P.TABLES_GUESTS,
    P.MENU_AVAILABILITY,
    P.ORDERS_PLACE,
    P.ORDERS_ACCEPT,
    P.ORDERS_CANCEL,
    P.ORDERING_PAUSE,
    P.SERVICE_REQUESTS_HANDLE,
    *_CALL,
}
_MANAGER = _STAFF | {
    P.TABLES_MANAGE,
    P.MENU_MANAGE,
    P.MENU_EXPORT,
    P.ORDERS_CANCEL_ANY,
    P.CANCEL_REASONS_MANAGE,
    P.DEVICES_MANAGE,
    P.AUDIT_READ,
    P.SERVICE_REQUESTS_REPORT,
    P.SERVICE_REQUEST_TYPES_MANAGE,
}
_OWNER = _MANAGER | {P.STORE_MANAGE, P.STAFF_MANAGE, P.API_KEYS_MANAGE}
_AT_TABLE = _KNOWN | {
    P.MENU_READ,
    P.SESSION_OWN,
    P.ORDERS_PLACE,
    P.ORDERS_READ,
    *_CALL,
    # What is pending, and only where the store lets its guests do so.
    P.ORDERS_CANCEL,
    P.EVENTS_STREAM,
}

ROLE_GRANTS: dict[Role, frozenset[Permission]] = {
    Role.KITCHEN: _KITCHEN,
    Role.STAFF: _STAFF,
    Role.MANAGER: _MANAGER,
    Role.OWNER: _OWNER,
}

FIRST_PASSWORD_GRANTS = _SIGNED_IN
"""Until somebody else's choice of a password was replaced, nothing but that can be done."""

DEVICE_GRANTS: dict[DeviceKind, frozenset[Permission]] = {
    DeviceKind.TABLE: _AT_TABLE,
    DeviceKind.BOARD: _BOARD,
    DeviceKind.KITCHEN: _KITCHEN,
}

GUEST_GRANTS = _AT_TABLE

SCOPE_GRANTS: dict[ApiScope, frozenset[Permission]] = {
    ApiScope.MENU_READ: _KNOWN | {P.MENU_READ, P.MENU_MANAGE_READ, P.MENU_EXPORT},
    ApiScope.MENU_WRITE: _KNOWN | {P.MENU_MANAGE, P.MENU_EXPORT, P.MENU_AVAILABILITY},
    ApiScope.TABLES_READ: _KNOWN | {P.TABLES_READ},
    ApiScope.TABLES_WRITE: _KNOWN | {P.TABLES_MANAGE, P.SESSIONS_MANAGE},
    ApiScope.ORDERS_READ: _KNOWN | {P.ORDERS_READ, P.SERVICE_REQUESTS_READ},
    ApiScope.ORDERS_WRITE: _KNOWN
    | {P.ORDERS_PLACE, P.ORDERS_MOVE, P.ORDERS_ACCEPT, P.ORDERS_CANCEL, P.ORDERS_CANCEL_ANY}
    | {P.SERVICE_REQUESTS_CREATE, P.SERVICE_REQUESTS_CANCEL, P.SERVICE_REQUESTS_HANDLE},
    # A key may have it already, so that none must be made anew once there are payments.
    ApiScope.PAYMENTS_WRITE: _KNOWN,
    ApiScope.EVENTS_READ: _KNOWN | {P.EVENTS_READ, P.EVENTS_STREAM},
    ApiScope.REPORTS_READ: _KNOWN | {P.SERVICE_REQUESTS_REPORT},
}
