from typing import Annotated

from fastapi import APIRouter, Query

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.floor import ClosingDep, SeatingDep, SessionHistoryDep
from app.core.dependencies.request import IfMatchDep, PathId
from app.core.security.permissions import Permission
from app.schemas.base import Page
from app.schemas.history import SessionFilter
from app.schemas.session import SessionCloseInput, SessionOutput, SessionPatch

router = APIRouter(tags=["Sessions"], route_class=OperationRoute)


@router.get("/session", summary="The tablet's or guest's own open session")
@operation(Permission.SESSION_OWN, problems=("not-found",))
async def get_own_session(seating: SeatingDep) -> SessionOutput:
    """404 to a tablet while its table is free; 410 to a guest once staff have closed the visit."""
    return await seating.own()


@router.get("/sessions", summary="Sessions, newest first")
@operation(Permission.TABLES_READ, replica=True)
async def list_sessions(
    wanted: Annotated[SessionFilter, Query()], history: SessionHistoryDep
) -> Page[SessionOutput]:
    """Open sessions and the history, by status, table, time, and what was ordered.

    The one opened last comes first. With `updated_after` they come by `updated_at`, the oldest
    change first; an order changes itself and not its session.
    """
    return await history.find(wanted)


@router.get("/sessions/{session_id}", summary="One session")
@operation(Permission.TABLES_READ, problems=("not-found",))
async def get_session(session_id: PathId, seating: SeatingDep) -> SessionOutput:
    """The session with the sum of its orders."""
    return await seating.get(session_id)


@router.patch("/sessions/{session_id}", summary="Correct guest count or note")
@operation(
    Permission.SESSIONS_MANAGE, problems=("not-found", "session-not-open"), if_match="accepted"
)
async def change_session(
    session_id: PathId, body: SessionPatch, if_match: IfMatchDep, seating: SeatingDep
) -> SessionOutput:
    """Change an open session."""
    return await seating.change(session_id, body, if_match)


@router.post("/sessions/{session_id}/close", summary="Close a session (이용 완료)")
@operation(
    Permission.SESSIONS_MANAGE,
    problems=("not-found", "close-blocked"),
    idempotency="accepted",
    if_match="accepted",
)
async def close_session(
    session_id: PathId,
    if_match: IfMatchDep,
    closing: ClosingDep,
    body: SessionCloseInput | None = None,
) -> SessionOutput:
    """End the visit once nothing is pending or preparing, and nothing is owed where the store asks
    for settlement. The next party sees none of it."""
    return await closing.close(session_id, body or SessionCloseInput(), if_match)
