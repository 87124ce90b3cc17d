from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response

from app.api.operation import operation
from app.api.responses import svg_response
from app.api.route import OperationRoute
from app.core.dependencies.access import GuestEntryDep, GuestInvitationDep
from app.core.dependencies.floor import SeatingDep
from app.core.dependencies.request import PathId
from app.core.security.permissions import Permission
from app.schemas.auth import GuestInput, TokensOutput
from app.schemas.session import SessionPinOutput
from app.schemas.table_access import TableTokenOutput

router = APIRouter(tags=["Guests"], route_class=OperationRoute)

SVG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}
}


@router.post("/auth/guest", summary="Join the party at a table whose QR code was scanned")
@operation(
    Permission.PUBLIC,
    problems=(
        "table-token-invalid",
        "guest-pin-required",
        "guest-pin-invalid",
        "table-not-open",
    ),
)
async def enter_as_guest(body: GuestInput, guests: GuestEntryDep) -> TokensOutput:
    """Tokens for one visit: they end when staff close the session, then everything answers 410.

    A free table's session begins with its first guest. Where the store asks for a PIN, staff
    open the session and tell the party its four digits.
    """
    return await guests.enter(body)


@router.get("/tables/{table_id}/qr-token", summary="What a table's QR code says")
@operation(Permission.TABLES_GUESTS, problems=("not-found",))
async def get_table_token(table_id: PathId, invitation: GuestInvitationDep) -> TableTokenOutput:
    """The table's token and the URL with it, for who prints codes by other means."""
    return await invitation.show(table_id)


@router.post(
    "/tables/{table_id}/qr-token", status_code=HTTPStatus.CREATED, summary="Replace a QR code"
)
@operation(Permission.TABLES_GUESTS, problems=("not-found",), idempotency="accepted")
async def rotate_table_token(table_id: PathId, invitation: GuestInvitationDep) -> TableTokenOutput:
    """A new token: what was printed before lets nobody in any more. Guests who are in stay."""
    return await invitation.rotate(table_id)


@router.get(
    "/tables/{table_id}/qr.svg",
    summary="A table's QR code, for printing",
    response_class=Response,
    responses=SVG,
)
@operation(Permission.TABLES_GUESTS, problems=("not-found",))
async def get_table_qr(table_id: PathId, invitation: GuestInvitationDep) -> Response:
    """SVG, black on white, one millimetre a module. It stays the same until it is replaced."""
    return svg_response(await invitation.picture(table_id))


@router.get("/sessions/{session_id}/pin", summary="The PIN of a session")
@operation(Permission.TABLES_GUESTS, problems=("not-found", "session-not-open"))
async def get_session_pin(session_id: PathId, seating: SeatingDep) -> SessionPinOutput:
    """Four digits for the party, where the store asks its guests for them."""
    return await seating.pin(session_id)
