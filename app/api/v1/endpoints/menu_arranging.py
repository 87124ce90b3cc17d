"""Changing many things of a menu at once, and copying items."""

from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.menu_arranging import (
    BulkAvailabilityDep,
    ItemCopyingDep,
    MenuArrangingDep,
)
from app.core.dependencies.request import IfMatchDep, PathId
from app.core.security.permissions import Permission
from app.schemas.base import Page
from app.schemas.menu import CategoryOutput, ItemOutput, OptionGroupOutput
from app.schemas.menu_arranging import (
    ArrangingInput,
    BulkAvailabilityInput,
    BulkAvailabilityOutput,
    ItemCopyInput,
)

router = APIRouter(prefix="/menu", tags=["Menu"], route_class=OperationRoute)


@router.put("/categories/order", summary="Put the categories in order")
@operation(Permission.MENU_MANAGE)
async def order_categories(body: ArrangingInput, menu: MenuArrangingDep) -> Page[CategoryOutput]:
    """All live ones, each once; who moves gets a new version."""
    return await menu.categories(body.ids)


@router.put("/categories/{category_id}/items/order", summary="Put a category's items in order")
@operation(Permission.MENU_MANAGE, problems=("not-found",))
async def order_items(
    category_id: PathId, body: ArrangingInput, menu: MenuArrangingDep
) -> Page[ItemOutput]:
    """All live ones of the category, each once; who moves gets a new version."""
    return await menu.items(category_id, body.ids)


@router.put("/option-groups/order", summary="Put the option groups in order")
@operation(Permission.MENU_MANAGE)
async def order_option_groups(
    body: ArrangingInput, menu: MenuArrangingDep
) -> Page[OptionGroupOutput]:
    """As staff see them; each item has an order of its own groups."""
    return await menu.option_groups(body.ids)


@router.put("/option-groups/{group_id}/options/order", summary="Put a group's options in order")
@operation(Permission.MENU_MANAGE, problems=("not-found",), if_match="accepted")
async def order_options(
    group_id: PathId, body: ArrangingInput, menu: MenuArrangingDep, expected: IfMatchDep
) -> OptionGroupOutput:
    """All live ones of the group, each once; the group gets a new version."""
    return await menu.options(group_id, body.ids, expected)


@router.post("/items/{item_id}/copy", status_code=201, summary="Copy an item")
@operation(Permission.MENU_MANAGE, problems=("not-found",), idempotency="accepted")
async def copy_item(
    item_id: PathId, copying: ItemCopyingDep, body: ItemCopyInput | None = None
) -> ItemOutput:
    """With its option groups, own prices and picture; hidden until it is made available."""
    return await copying.copy(item_id, body)


@router.put("/availability", summary="Mark many items and options at once")
@operation(Permission.MENU_AVAILABILITY)
async def set_many_availabilities(
    body: BulkAvailabilityInput, availability: BulkAvailabilityDep
) -> BulkAvailabilityOutput:
    """All of them or none; `until` and `stock` hold for each."""
    return await availability.set(body)
