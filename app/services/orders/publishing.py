"""What follows when lines of an order have changed: its status, its total, its event."""

from collections.abc import Sequence

from app.core.security.principals import Principal
from app.models import Order, OrderLine, OrderStatus
from app.repositories.order import OrderRepository
from app.schemas.order import OrderOutput
from app.services.orders.line_states import derived_status
from app.services.orders.reading import OrderReadingService
from app.services.orders.set_rules import counted, follow_parts


class OrderPublisher:
    def __init__(
        self, orders: OrderRepository, reading: OrderReadingService, principal: Principal
    ) -> None:
        self._orders = orders
        self._reading = reading
        self._principal = principal

    async def publish(self, order: Order, changed: Sequence[OrderLine]) -> OrderOutput:
        """Store the changed lines and their order as next versions, and tell of the whole order.

        Where no line has changed nothing is stored or told.
        """
        if not changed:
            return await self._reading.output(order)
        sets = [line for line in follow_parts(order.lines) if line not in changed]
        for line in (*changed, *sets):
            await self._orders.touch_line(line)
        order.status = derived_status(line.status for line in order.lines)
        order.total = sum(line.total for line in counted(order.lines))
        await self._orders.touch(order)
        cancelled = order.status == OrderStatus.CANCELLED
        self._orders.unit.record(
            "order.cancelled" if cancelled else "order.updated",
            (await self._reading.published([order]))[0].model_dump(mode="json"),
            actor=self._principal.actor,
            table_id=order.table_id,
            session_id=order.session_id,
        )
        return await self._reading.output(order)
