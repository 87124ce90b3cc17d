"""What guests can ask for."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.calls import CallCatalogueDep
from app.core.dependencies.request import IfMatchDep
from app.core.security.permissions import Permission
from app.schemas.service_request import ServiceRequestTypesInput, ServiceRequestTypesOutput
from app.schemas.table import ArchivedFilter

router = APIRouter(
    prefix="/service-request-types", tags=["Service requests"], route_class=OperationRoute
)


@router.get("", summary="What can be asked for")
@operation(Permission.SERVICE_REQUESTS_READ)
async def list_service_request_types(
    wanted: Annotated[ArchivedFilter, Query()], catalogue: CallCatalogueDep
) -> ServiceRequestTypesOutput:
    """The store's list, in the order in which guests see it.

    Tablets and guests get what they can ask for now, in their language. The `ETag` is that of
    the whole list. When the list changes, `menu.changed` is published with the kind
    `service_request_types`.
    """
    return await catalogue.read(archived=wanted.archived)


@router.put("", summary="Say what can be asked for")
@operation(Permission.SERVICE_REQUEST_TYPES_MANAGE, problems=("not-found",), if_match="required")
async def replace_service_request_types(
    body: ServiceRequestTypesInput, catalogue: CallCatalogueDep, if_match: IfMatchDep
) -> ServiceRequestTypesOutput:
    """The whole list. Types that are left out are archived; naming one by its id brings it back."""
    return await catalogue.put(body, if_match)
