"""Accepting held orders: staff take them on, and know that somebody really sits at the table."""

from uuid import UUID

from app.core.errors import OwnOrderError, TransitionInvalidError, VersionMismatchError
from app.core.security.principals import Principal, PrincipalKind
from app.models import Order, OrderStatus
from app.repositories.order import OrderRepository
from app.schemas.order import OrderOutput
from app.services.orders.reading import OrderReadingService


class OrderAcceptingService:
    def __init__(
        self, orders: OrderRepository, reading: OrderReadingService, principal: Principal
    ) -> None:
        self._orders = orders
        self._reading = reading
        self._principal = principal

    async def accept(self, order_id: UUID, expected: int | None) -> OrderOutput:
        """Let a held order go to the kitchen, and trust its guest from now on.

        Raises:
            VersionMismatchError: the order changed since `expected` was read.
            TransitionInvalidError: it was cancelled while it was held.
            OwnOrderError: the caller has placed it, and can't be who it waits for.
        """
        order = await self._orders.lock(order_id)
        if expected is not None and order.version != expected:
            raise VersionMismatchError(version=order.version)
        if order.held:
            await self._accept(order)
        return (await self._reading.outputs([order]))[0]

    async def _accept(self, order: Order) -> None:
        if order.status == OrderStatus.CANCELLED:
            raise TransitionInvalidError(current=order.status, allowed=[])
        by = order.placed_by
        if (by["kind"], by["id"]) == (self._principal.kind, str(self._principal.id)):
            raise OwnOrderError
        order.held = False
        await self._orders.touch(order)
        if order.placed_by["kind"] == PrincipalKind.GUEST:
            await self._orders.trust_guest(UUID(order.placed_by["id"]))
        output = (await self._reading.published([order]))[0]
        self._orders.unit.record(
            "order.updated",
            output.model_dump(mode="json"),
            actor=self._principal.actor,
            table_id=order.table_id,
            session_id=order.session_id,
        )
        await self._orders.unit.audit(
            "order-accepted",
            actor=self._principal.actor,
            target_kind="order",
            target_id=order.id,
        )
