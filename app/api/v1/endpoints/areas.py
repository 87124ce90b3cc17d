from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.floor import FloorPlanDep
from app.core.dependencies.request import IfMatchDep, PathId
from app.core.security.permissions import Permission
from app.schemas.base import Page
from app.schemas.table import ArchivedFilter, AreaInput, AreaOutput, AreaPatch

router = APIRouter(prefix="/areas", tags=["Tables"], route_class=OperationRoute)


@router.get("", summary="The store's areas")
@operation(Permission.TABLES_READ)
async def list_areas(
    wanted: Annotated[ArchivedFilter, Query()], floor: FloorPlanDep
) -> Page[AreaOutput]:
    """All areas in display order; the list comes whole."""
    return await floor.list_areas(archived=wanted.archived)


@router.post("", status_code=HTTPStatus.CREATED, summary="Add an area")
@operation(Permission.TABLES_MANAGE, idempotency="accepted")
async def create_area(body: AreaInput, floor: FloorPlanDep) -> AreaOutput:
    """Add an area, at the end unless a position is given."""
    return await floor.add_area(body)


@router.patch("/{area_id}", summary="Change an area")
@operation(Permission.TABLES_MANAGE, problems=("not-found",), if_match="required")
async def change_area(
    area_id: PathId, body: AreaPatch, if_match: IfMatchDep, floor: FloorPlanDep
) -> AreaOutput:
    """Change name or position."""
    return await floor.change_area(area_id, body, if_match)


@router.delete("/{area_id}", status_code=HTTPStatus.NO_CONTENT, summary="Archive an area")
@operation(Permission.TABLES_MANAGE, problems=("not-found", "in-use"))
async def archive_area(area_id: PathId, floor: FloorPlanDep) -> None:
    """Archive an area in which no table stands."""
    return await floor.archive_area(area_id)
