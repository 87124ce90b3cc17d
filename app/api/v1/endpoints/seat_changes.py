from http import HTTPStatus

from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.moving import LinkingDep, MergingDep, MovingDep, SplittingDep
from app.core.dependencies.request import IfMatchDep, PathId
from app.core.security.permissions import Permission
from app.schemas.session import (
    SessionMergeInput,
    SessionMoveInput,
    SessionOutput,
    SessionReopenInput,
    SessionSplitInput,
    SessionTablesInput,
    SessionUnmergeInput,
)

router = APIRouter(prefix="/sessions/{session_id}", tags=["Sessions"], route_class=OperationRoute)


@router.post("/move", summary="Move a party to a free table (자리 이동)")
@operation(
    Permission.SESSIONS_MANAGE,
    problems=("not-found", "session-not-open", "table-occupied"),
    idempotency="accepted",
    if_match="accepted",
)
async def move_session(
    session_id: PathId, body: SessionMoveInput, if_match: IfMatchDep, moving: MovingDep
) -> SessionOutput:
    """Orders and guests go along, the tablets stay. Moving to the same table changes nothing."""
    return await moving.move(session_id, body, if_match)


@router.put("/tables", summary="Link tables for a large party (테이블 연결)")
@operation(
    Permission.SESSIONS_MANAGE,
    problems=("not-found", "session-not-open", "table-occupied"),
    if_match="accepted",
)
async def set_session_tables(
    session_id: PathId, body: SessionTablesInput, if_match: IfMatchDep, linking: LinkingDep
) -> SessionOutput:
    """The party's further tables, all of them: an empty list links none.

    A linked table is occupied by this session: what its tablet orders, and who scans its code,
    belongs to it. A close or a merge frees the tables, a move keeps them.
    """
    return await linking.set_tables(session_id, body, if_match)


@router.post("/merge", summary="Merge a session into another one (합석)")
@operation(
    Permission.SESSIONS_MANAGE,
    problems=("not-found", "session-not-open"),
    idempotency="accepted",
    if_match="accepted",
)
async def merge_session(
    session_id: PathId, body: SessionMergeInput, if_match: IfMatchDep, merging: MergingDep
) -> SessionOutput:
    """Orders go over as they are, and this session closes. The answer is the session they are in.

    Guests go over too: their access tokens count as expired, the next ones speak for the other
    session.
    """
    return await merging.merge(session_id, body, if_match)


@router.post("/unmerge", summary="Undo a merge")
@operation(
    Permission.SESSIONS_MANAGE,
    problems=(
        "not-found",
        "session-not-merged",
        "session-not-open",
        "business-day-over",
        "table-occupied",
    ),
    idempotency="accepted",
    if_match="accepted",
)
async def unmerge_session(
    session_id: PathId,
    if_match: IfMatchDep,
    merging: MergingDep,
    body: SessionUnmergeInput | None = None,
) -> SessionOutput:
    """Open the session again, at its table or at `table_id`, with the orders that came from it."""
    return await merging.unmerge(session_id, body or SessionUnmergeInput(), if_match)


@router.post("/split", status_code=HTTPStatus.CREATED, summary="Split lines off into a new session")
@operation(
    Permission.SESSIONS_MANAGE,
    problems=(
        "not-found",
        "session-not-open",
        "table-occupied",
        "quantity-invalid",
        "part-of-set",
    ),
    idempotency="accepted",
    if_match="accepted",
)
async def split_session(
    session_id: PathId, body: SessionSplitInput, if_match: IfMatchDep, splitting: SplittingDep
) -> SessionOutput:
    """Portions go to a new session at a free table, in the state that they are in.

    An order that goes whole keeps its number; portions of an order become a new order of the same
    business date.
    """
    return await splitting.split(session_id, body, if_match)


@router.post("/reopen", summary="Reopen a session that was closed by mistake")
@operation(
    Permission.SESSIONS_MANAGE,
    problems=("not-found", "session-merged", "business-day-over", "table-occupied"),
    idempotency="accepted",
    if_match="accepted",
)
async def reopen_session(
    session_id: PathId,
    if_match: IfMatchDep,
    moving: MovingDep,
    body: SessionReopenInput | None = None,
) -> SessionOutput:
    """On the same business date, while its table is free. Guests' sign-ins stay ended."""
    return await moving.reopen(session_id, body or SessionReopenInput(), if_match)
