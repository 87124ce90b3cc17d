"""The words for what food contains and whom it suits."""

from fastapi import APIRouter, Request, Response

from app.api.conditional import page_response
from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.code_lists import CodeListDep
from app.core.security.permissions import Permission
from app.schemas.base import Page
from app.schemas.dietary import AllergenOutput, TagOutput

router = APIRouter(prefix="/menu", tags=["Menu"], route_class=OperationRoute)

KEPT_FOR_A_DAY = "private, max-age=86400"


@router.get("/allergens", summary="List the allergen codes", response_model=Page[AllergenOutput])
@operation(Permission.SIGNED_IN, conditional=True)
async def list_allergens(request: Request, lists: CodeListDep) -> Response:
    """All codes that items and options may carry: those of Korean and of European law, merged.

    The list changes with a release of the service and at no other time.
    """
    return page_response(request, await lists.allergens(), cache_control=KEPT_FOR_A_DAY)


@router.get("/tags", summary="List the tag codes", response_model=Page[TagOutput])
@operation(Permission.SIGNED_IN, conditional=True)
async def list_tags(request: Request, lists: CodeListDep) -> Response:
    """All tags that items may carry: whom a dish suits, and what it is like."""
    return page_response(request, await lists.tags(), cache_control=KEPT_FOR_A_DAY)
