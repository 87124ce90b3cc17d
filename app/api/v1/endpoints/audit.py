from typing import Annotated

from fastapi import APIRouter, Query

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.access import AuditReadingDep
from app.core.security.permissions import Permission
from app.schemas.audit import AuditFilter, AuditOutput
from app.schemas.base import Page

router = APIRouter(prefix="/audit-log", tags=["Staff"], route_class=OperationRoute)


@router.get("", summary="Who did what, newest first")
@operation(Permission.AUDIT_READ, replica=True)
async def list_audit_entries(
    wanted: Annotated[AuditFilter, Query()], audit: AuditReadingDep
) -> Page[AuditOutput]:
    """Closing, cancelling, prices, sign-ins, people: what somebody may ask about later."""
    return await audit.find(wanted)
