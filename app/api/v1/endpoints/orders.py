from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.operation import operation
from app.api.responses import order_response
from app.api.route import OperationRoute
from app.core.dependencies.floor import (
    CancellingDep,
    KitchenDep,
    OrderAcceptingDep,
    OrderingDep,
    OrderReadingDep,
)
from app.core.dependencies.request import IfMatchDep, IntentDep, PathId
from app.core.security.permissions import Permission
from app.schemas.base import Page
from app.schemas.history import OrderFilter
from app.schemas.order import (
    CancelInput,
    CancelLineInput,
    OrderInput,
    OrderOutput,
    QuoteOutput,
    StatusInput,
)

router = APIRouter(prefix="/orders", tags=["Orders"], route_class=OperationRoute)

BASKET_PROBLEMS = (
    "item-unavailable",
    "choice-invalid",
    "option-invalid",
    "quantity-invalid",
    "price-changed",
)
STEP_PROBLEMS = ("not-found", "session-not-open", "transition-invalid", "order-held")
CANCEL_PROBLEMS = ("not-found", "session-not-open", "session-closed", "quantity-invalid")


@router.post(
    "", status_code=HTTPStatus.CREATED, response_model=OrderOutput, summary="Place an order"
)
@operation(
    Permission.ORDERS_PLACE,
    problems=(
        *BASKET_PROBLEMS,
        "stock-insufficient",
        "store-closed",
        "order-too-large",
        "minimum-not-met",
        "duplicate-suspected",
        "session-closed",
        "not-found",
    ),
    idempotency="by-statement",
)
async def place_order(body: OrderInput, intent: IntentDep, ordering: OrderingDep) -> Response:
    """Accept the whole basket or refuse it. The first order at a free table opens its session.

    `expected_total` is what the client showed: when the server's total differs nothing is
    written, and the answer carries the new quote. The store's last-order time, its limits and its
    guard against duplicates are for tablets and guests; a pause is for the channels that it names.
    """
    return order_response(await ordering.place(body, intent))


@router.post("/quote", summary="Price a basket")
@operation(
    Permission.ORDERS_PLACE,
    problems=(*BASKET_PROBLEMS, "stock-insufficient", "store-closed", "order-too-large"),
)
async def quote_order(body: OrderInput, ordering: OrderingDep) -> QuoteOutput:
    """What the basket costs now. Refuses what the order would be refused for now, except for the
    party's minimum and for duplicates. Writes nothing and reserves nothing.
    """
    return await ordering.quote(body)


@router.get("", summary="Orders, newest first")
@operation(Permission.ORDERS_READ, replica=True)
async def list_orders(
    wanted: Annotated[OrderFilter, Query()], orders: OrderReadingDep
) -> Page[OrderOutput]:
    """The store's orders; a tablet or guest gets those of its own open session.

    Newest first is by business date and number, which is the order in which they were accepted:
    pages neither repeat nor leave out an order, whatever is ordered meanwhile. With
    `updated_after` they come by `updated_at`, the oldest change first; an order that changes
    while pages are read comes once more.
    """
    return await orders.find(wanted)


@router.get("/{order_id}", summary="One order")
@operation(Permission.ORDERS_READ, problems=("not-found",))
async def get_order(order_id: PathId, orders: OrderReadingDep) -> OrderOutput:
    """The order with its lines."""
    return await orders.get(order_id)


@router.patch("/{order_id}", summary="Move an order along")
@operation(Permission.ORDERS_MOVE, problems=STEP_PROBLEMS, if_match="accepted")
async def move_order(
    order_id: PathId, body: StatusInput, if_match: IfMatchDep, kitchen: KitchenDep
) -> OrderOutput:
    """Forward by any number of steps, or back by one (recall). Cancelling has its own call."""
    return await kitchen.move_order(order_id, body.status, if_match)


@router.patch("/{order_id}/lines/{line_id}", summary="Move one line along")
@operation(Permission.ORDERS_MOVE, problems=STEP_PROBLEMS, if_match="accepted")
async def move_line(
    order_id: PathId,
    line_id: PathId,
    body: StatusInput,
    if_match: IfMatchDep,
    kitchen: KitchenDep,
) -> OrderOutput:
    """The order's status follows from its lines, a set's from its parts; a set moves them all."""
    return await kitchen.move_line(order_id, line_id, body.status, if_match)


@router.post("/{order_id}/accept", summary="Accept a held order")
@operation(
    Permission.ORDERS_ACCEPT,
    problems=("not-found", "own-order", "session-not-open", "transition-invalid"),
    idempotency="accepted",
    if_match="accepted",
)
async def accept_order(
    order_id: PathId, if_match: IfMatchDep, accepting: OrderAcceptingDep
) -> OrderOutput:
    """The kitchen may begin. Where only a guest's first order is held, its later ones are not.

    To refuse it, cancel it: guests read the reason. An API key can't accept what it has placed.
    Accepting an order that isn't held, or no longer, changes nothing.
    """
    return await accepting.accept(order_id, if_match)


@router.post("/{order_id}/cancel", summary="Cancel an order")
@operation(
    Permission.ORDERS_CANCEL,
    problems=CANCEL_PROBLEMS,
    idempotency="accepted",
    if_match="accepted",
)
async def cancel_order(
    order_id: PathId, body: CancelInput, if_match: IfMatchDep, cancelling: CancellingDep
) -> OrderOutput:
    """Cancel what is left of every line. Ready and served lines take a manager.

    Tablets and guests cancel what is still pending, where the store lets them
    (`guest_cancel_allowed`).
    """
    return await cancelling.cancel_order(order_id, body, if_match)


@router.post("/{order_id}/lines/{line_id}/cancel", summary="Cancel portions of a line")
@operation(
    Permission.ORDERS_CANCEL,
    problems=(*CANCEL_PROBLEMS, "part-of-set"),
    idempotency="accepted",
    if_match="accepted",
)
async def cancel_line(
    order_id: PathId,
    line_id: PathId,
    body: CancelLineInput,
    if_match: IfMatchDep,
    cancelling: CancellingDep,
) -> OrderOutput:
    """Take portions off a line; the last one cancels it. A set's parts go with the set.

    Who may cancel what is as for the whole order.
    """
    return await cancelling.cancel_line(order_id, line_id, body, if_match)
