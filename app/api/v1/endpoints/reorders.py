from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.reordering import ReorderingDep
from app.core.dependencies.request import PathId
from app.core.security.permissions import Permission
from app.schemas.reorder import ReorderQuoteOutput

router = APIRouter(prefix="/orders", tags=["Orders"], route_class=OperationRoute)


@router.post("/{order_id}/reorder-quote", summary="Price an order once more")
@operation(Permission.ORDERS_PLACE, problems=("not-found", "session-closed"))
async def quote_reorder(order_id: PathId, reordering: ReorderingDep) -> ReorderQuoteOutput:
    """The same basket at today's prices, without the portions that were cancelled.

    Says line by line what has become dearer or cheaper and what can't be had; `order` is a body
    for `POST /orders` with the rest. A tablet or guest asks for orders of its own session.
    """
    return await reordering.quote(order_id)
