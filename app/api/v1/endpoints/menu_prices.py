"""Prices of the menu that follow the clock."""

from typing import Annotated

from fastapi import APIRouter, Body

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.menu import PricePlanningDep
from app.core.dependencies.request import IfMatchDep, PathId
from app.core.security.permissions import Permission
from app.schemas.menu import ItemOutput
from app.schemas.timing import HappyHours, PriceSchedule

router = APIRouter(prefix="/menu/items", tags=["Menu"], route_class=OperationRoute)


@router.put("/{item_id}/price-schedule", summary="Plan an item's prices")
@operation(Permission.MENU_MANAGE, problems=("not-found",), if_match="required")
async def set_price_schedule(
    item_id: PathId,
    body: Annotated[PriceSchedule, Body()],
    prices: PricePlanningDep,
    expected: IfMatchDep,
) -> ItemOutput:
    """All changes that are to come, instead of those that were planned so far.

    Each takes effect by itself, in menus, quotes and orders at once; from then on it is the item's
    `price` and no longer in the list.
    """
    return await prices.schedule(item_id, body, expected)


@router.put("/{item_id}/happy-hours", summary="Set an item's happy hours")
@operation(Permission.MENU_MANAGE, problems=("not-found",), if_match="required")
async def set_happy_hours(
    item_id: PathId,
    body: Annotated[HappyHours, Body()],
    prices: PricePlanningDep,
    expected: IfMatchDep,
) -> ItemOutput:
    """Prices by daypart, in the store's local time; of several at once the first in the list counts.

    The menu shows the price in force, and beside it the `regular_price`.
    """
    return await prices.set_happy_hours(item_id, body, expected)
