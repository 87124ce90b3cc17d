"""Working through placed orders: moving them along, and recalling a slip."""

from collections.abc import Sequence
from uuid import UUID

from app.core.errors import OrderHeldError, TransitionInvalidError
from app.models import Order, OrderLine, OrderStatus
from app.repositories.order import OrderRepository
from app.schemas.order import OrderOutput
from app.services.orders.line_states import allowed_after, derived_status, moves
from app.services.orders.publishing import OrderPublisher
from app.services.orders.set_rules import line_of, parts_of, worked_on


class KitchenService:
    """Each change locks the session (shared) and the order, and publishes the whole order."""

    def __init__(self, orders: OrderRepository, publisher: OrderPublisher) -> None:
        self._orders = orders
        self._publisher = publisher

    async def move_order(
        self, order_id: UUID, target: OrderStatus, expected: int | None
    ) -> OrderOutput:
        """Bring an order's lines to `target`; what already holds is a quiet success.

        Raises:
            TransitionInvalidError: `target` can't follow; `allowed` says what can.
            OrderHeldError: staff must accept the order first.
            VersionMismatchError: the order changed since `expected` was read.
        """
        order = await self._orders.lock_for_change(order_id, expected)
        return await self._move(order, worked_on(order.lines), target)

    async def move_line(
        self, order_id: UUID, line_id: UUID, target: OrderStatus, expected: int | None
    ) -> OrderOutput:
        """Bring one line to `target`: a dish, a part of a set, or all parts of a set.

        Raises: as `move_order`.
        """
        order = await self._orders.lock_for_change(order_id, expected)
        line = line_of(order.lines, line_id)
        return await self._move(order, parts_of(order.lines, line) or [line], target)

    async def _move(
        self, order: Order, lines: Sequence[OrderLine], target: OrderStatus
    ) -> OrderOutput:
        """Bring the lines to `target`, as far as they are not there."""
        moving = moves([line.status for line in lines], target)
        if moving is None:
            current = derived_status(line.status for line in lines)
            raise TransitionInvalidError(current=current, allowed=allowed_after(current))
        if order.held and moving:
            raise OrderHeldError
        for index in moving:
            lines[index].status = target
        return await self._publisher.publish(order, [lines[index] for index in moving])
