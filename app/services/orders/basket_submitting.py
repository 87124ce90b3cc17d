"""Ordering a shared basket, exactly once."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from app.core.errors import BasketEmptyError, BusyError, FieldError, InvalidRequestError
from app.core.idempotency import Intent
from app.core.words import Words
from app.models import BasketLine
from app.repositories.basket import BasketMovedError, BasketPlacingRepository
from app.repositories.placing import Placed
from app.schemas.basket import MAX_LINES, BasketSubmitInput
from app.schemas.order import OrderInput
from app.services.orders.basket_lines import as_ordered
from app.services.orders.ordering import OrderingService

ATTEMPTS = 4
"""How often the basket is read again because somebody changed it in between."""

ReadBasket = Callable[[], Awaitable[tuple[UUID, list[BasketLine]]]]
"""The session of the caller and its basket as it is now."""


class BasketSubmittingService:
    def __init__(
        self, placing: BasketPlacingRepository, ordering: OrderingService, read: ReadBasket
    ) -> None:
        self._placing = placing
        self._ordering = ordering
        self._read = read

    async def submit(self, wanted: BasketSubmitInput, intent: Intent) -> Placed:
        """Order all that is in the basket, and empty it; or refuse it and leave it as it is.

        Raises:
            BasketEmptyError: nothing is in it; somebody else may have just ordered it.
            InvalidRequestError: a merge made it larger than an order may be.
            NotFoundError: the tablet's table is free.
            SessionClosedError: the visit has ended.
            BusyError: the basket changes all the time.
            DomainError: as `OrderingService.place` says of a basket.
        """
        for _ in range(ATTEMPTS):
            session_id, lines = await self._read()
            if not lines:
                if (answered := await self._placing.answered(intent)) is not None:
                    return answered
                # A close empties it too: then reading again says that the visit has ended.
                await self._read()
                raise BasketEmptyError
            if len(lines) > MAX_LINES:
                detail = Words(
                    f"An order has at most {MAX_LINES} lines: take some out, order in two.",
                    f"한 번에 {MAX_LINES}개 항목까지 주문할 수 있습니다. 나누어 주문해 주세요.",
                )
                raise InvalidRequestError(errors=[FieldError("", "too-many", detail)])
            self._placing.priced = session_id, {line.id: line.version for line in lines}
            order = OrderInput(
                lines=[as_ordered(line) for line in lines],
                note=wanted.note,
                expected_total=wanted.expected_total,
                client_created_at=wanted.client_created_at,
                confirm_duplicate=wanted.confirm_duplicate,
            )
            try:
                return await self._ordering.place(order, intent, [one.added_by for one in lines])
            except BasketMovedError:
                continue
        raise BusyError
