from typing import Annotated

from fastapi import APIRouter, Query

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.cancelling import CancelReasonDep
from app.core.dependencies.request import IfMatchDep
from app.core.security.permissions import Permission
from app.schemas.cancel_reason import CancelReasonListInput, CancelReasonListOutput
from app.schemas.table import ArchivedFilter

router = APIRouter(prefix="/cancel-reasons", tags=["Orders"], route_class=OperationRoute)


@router.get("", summary="Reasons for cancelling")
@operation(Permission.ORDERS_READ)
async def list_cancel_reasons(
    wanted: Annotated[ArchivedFilter, Query()], reasons: CancelReasonDep
) -> CancelReasonListOutput:
    """What `reason_code` may be when portions are cancelled; guests get those that are for them."""
    return await reasons.get(archived=wanted.archived)


@router.put("", summary="Set the reasons for cancelling")
@operation(Permission.CANCEL_REASONS_MANAGE, if_match="required")
async def set_cancel_reasons(
    body: CancelReasonListInput, if_match: IfMatchDep, reasons: CancelReasonDep
) -> CancelReasonListOutput:
    """The whole list. Codes that are left out are archived: orders that name them keep them."""
    return await reasons.put(body, if_match)
