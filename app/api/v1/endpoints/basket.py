from http import HTTPStatus

from fastapi import APIRouter, Response

from app.api.operation import operation
from app.api.responses import order_response
from app.api.route import OperationRoute
from app.core.dependencies.basket import BasketDep, BasketSubmittingDep
from app.core.dependencies.request import IntentDep
from app.core.security.permissions import Permission
from app.schemas.basket import BasketInput, BasketOutput, BasketSubmitInput
from app.schemas.order import OrderOutput

router = APIRouter(prefix="/session/basket", tags=["Basket"], route_class=OperationRoute)

LINE_PROBLEMS = ("item-unavailable", "choice-invalid", "option-invalid", "quantity-invalid")


@router.get("", summary="The basket that the party shares")
@operation(Permission.SESSION_OWN, problems=("not-found",))
async def get_basket(basket: BasketDep) -> BasketOutput:
    """All lines at today's prices, with who put them in; what can't be had now says why.

    404 to a tablet while its table is free.
    """
    return await basket.read()


@router.put("", summary="Put lines into the shared basket, change and remove them")
@operation(
    Permission.SESSION_OWN,
    problems=("not-found", "basket-changed", *LINE_PROBLEMS),
    idempotency="accepted",
)
async def put_basket(body: BasketInput, basket: BasketDep) -> BasketOutput:
    """Only the lines that are named change, so phones don't overwrite each other.

    The client chooses the id of a new line. To change or remove one it sends the version that it
    has read; where that is no longer the line's, nothing is done, and the answer carries the basket
    as it is. Everybody at the table hears `session.basket_updated`.
    """
    return await basket.put(body)


@router.post(
    "/submit",
    status_code=HTTPStatus.CREATED,
    response_model=OrderOutput,
    summary="Order the shared basket",
)
@operation(
    Permission.SESSION_OWN,
    problems=(
        "not-found",
        "basket-empty",
        *LINE_PROBLEMS,
        "price-changed",
        "stock-insufficient",
        "store-closed",
        "order-too-large",
        "minimum-not-met",
        "duplicate-suspected",
    ),
    idempotency="by-statement",
)
async def submit_basket(
    body: BasketSubmitInput, intent: IntentDep, submitting: BasketSubmittingDep
) -> Response:
    """One order of all that is in it, whoever put it in; with the order the basket is emptied.

    Of several phones that submit at once one orders, the others get `basket-empty`. Send
    `expected_total`: it refuses what somebody has put in meanwhile.
    """
    return order_response(await submitting.submit(body, intent))
