from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api.conditional import page_response
from app.api.operation import operation
from app.api.responses import session_response
from app.api.route import OperationRoute
from app.core.dependencies.access import PairingDep
from app.core.dependencies.floor import FloorPlanDep, SeatingDep
from app.core.dependencies.request import IfMatchDep, PathId, PrincipalDep, RuntimeDep
from app.core.security.permissions import Permission
from app.schemas.auth import PairingCodeOutput
from app.schemas.base import Page
from app.schemas.session import SessionOpenInput, SessionOutput
from app.schemas.table import ArchivedFilter, BoardOutput, TableInput, TableOutput, TablePatch

OPEN_ALREADY = {
    "model": SessionOutput,
    "description": "Somebody sits there already; this is the session.",
}

router = APIRouter(prefix="/tables", tags=["Tables"], route_class=OperationRoute)


@router.get(
    "/board", response_model=BoardOutput, summary="The staff screen: every table with its party"
)
@operation(Permission.TABLES_READ, conditional=True)
async def get_board(request: Request, floor: FloorPlanDep, runtime: RuntimeDep) -> Response:
    """Tables, open sessions, totals, order counts and newest orders in one call.

    `event_seq` is where the event stream goes on: connect with it as `Last-Event-ID`.
    """
    return page_response(request, await floor.board(runtime.boards))


@router.get("", summary="The store's tables")
@operation(Permission.TABLES_READ)
async def list_tables(
    wanted: Annotated[ArchivedFilter, Query()], floor: FloorPlanDep
) -> Page[TableOutput]:
    """All tables by number; the list comes whole."""
    return await floor.list_tables(archived=wanted.archived)


@router.post("", status_code=HTTPStatus.CREATED, summary="Add a table")
@operation(Permission.TABLES_MANAGE, problems=("not-found", "number-taken"), idempotency="accepted")
async def create_table(body: TableInput, floor: FloorPlanDep) -> TableOutput:
    """Add a table. Its number is unique among the store's live tables."""
    return await floor.add_table(body)


@router.get("/{table_id}", summary="One table")
@operation(Permission.TABLES_READ, problems=("not-found",))
async def get_table(table_id: PathId, floor: FloorPlanDep) -> TableOutput:
    """The table with its state and open session."""
    return await floor.get_table(table_id)


@router.patch("/{table_id}", summary="Change a table")
@operation(Permission.TABLES_MANAGE, problems=("not-found", "number-taken"), if_match="required")
async def change_table(
    table_id: PathId, body: TablePatch, if_match: IfMatchDep, floor: FloorPlanDep
) -> TableOutput:
    """Change number, label, area or capacity."""
    return await floor.change_table(table_id, body, if_match)


@router.delete("/{table_id}", status_code=HTTPStatus.NO_CONTENT, summary="Archive a table")
@operation(Permission.TABLES_MANAGE, problems=("not-found", "table-occupied", "in-use"))
async def archive_table(table_id: PathId, floor: FloorPlanDep) -> None:
    """Archive a free table; its number may be used again."""
    return await floor.archive_table(table_id)


@router.post(
    "/{table_id}/pairing-codes", status_code=HTTPStatus.CREATED, summary="Make a pairing code"
)
@operation(Permission.TABLES_PAIR, problems=("not-found",), idempotency="accepted")
async def create_pairing_code(
    table_id: PathId, principal: PrincipalDep, pairing: PairingDep
) -> PairingCodeOutput:
    """Eight characters to type on the tablet; good once, for ten minutes."""
    return await pairing.make_code(table_id, principal)


@router.post(
    "/{table_id}/sessions",
    status_code=HTTPStatus.CREATED,
    response_model=SessionOutput,
    responses={200: OPEN_ALREADY},
    summary="Open a session at a table",
)
@operation(Permission.SESSIONS_MANAGE, problems=("not-found",), idempotency="accepted")
async def open_session(
    table_id: PathId, seating: SeatingDep, body: SessionOpenInput | None = None
) -> Response:
    """Seat a party. 201 when its session is new.

    An occupied table answers with 200 and the session that is open there, as it is: change its
    guest count or note with `PATCH /sessions/{id}`.
    """
    return session_response(await seating.open(table_id, body or SessionOpenInput()))


@router.get("/{table_id}/session", summary="The open session of a table")
@operation(Permission.TABLES_READ, problems=("not-found",))
async def get_table_session(table_id: PathId, seating: SeatingDep) -> SessionOutput:
    """404 when the table is free."""
    return await seating.at_table(table_id)
