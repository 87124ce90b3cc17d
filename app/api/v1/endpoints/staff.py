from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.access import StaffingDep
from app.core.dependencies.request import IfMatchDep, PathId
from app.core.security.permissions import Permission
from app.schemas.base import Page
from app.schemas.staff import StaffInput, StaffOutput, StaffPatch
from app.schemas.table import ArchivedFilter

router = APIRouter(prefix="/staff", tags=["Staff"], route_class=OperationRoute)


@router.get("", summary="The store's people")
@operation(Permission.STAFF_MANAGE)
async def list_staff(
    wanted: Annotated[ArchivedFilter, Query()], staffing: StaffingDep
) -> Page[StaffOutput]:
    """Everybody by user name; the list comes whole."""
    return await staffing.find(archived=wanted.archived)


@router.post("", status_code=HTTPStatus.CREATED, summary="Add a person")
@operation(Permission.STAFF_MANAGE, problems=("username-taken",), idempotency="accepted")
async def create_staff(body: StaffInput, staffing: StaffingDep) -> StaffOutput:
    """The password is a first one: it opens nothing but the way to change it."""
    return await staffing.add(body)


@router.get("/{staff_id}", summary="One person")
@operation(Permission.STAFF_MANAGE, problems=("not-found",))
async def get_staff(staff_id: PathId, staffing: StaffingDep) -> StaffOutput:
    """The person, also when archived."""
    return await staffing.get(staff_id)


@router.patch("/{staff_id}", summary="Change a person")
@operation(Permission.STAFF_MANAGE, problems=("not-found", "last-owner"), if_match="required")
async def change_staff(
    staff_id: PathId, body: StaffPatch, if_match: IfMatchDep, staffing: StaffingDep
) -> StaffOutput:
    """A new role, a new first password or switching off ends the person's sign-ins in seconds."""
    return await staffing.change(staff_id, body, if_match)


@router.delete("/{staff_id}", status_code=HTTPStatus.NO_CONTENT, summary="Archive a person")
@operation(Permission.STAFF_MANAGE, problems=("not-found", "last-owner"))
async def archive_staff(staff_id: PathId, staffing: StaffingDep) -> None:
    """The person's sign-ins end within seconds; the user name may be used again."""
    return await staffing.archive(staff_id)
