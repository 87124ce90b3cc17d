"""Working through placed orders: moving them along, recalling a slip, cancelling."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from app.core.errors import (
    NotFoundError,
    OrderHeldError,
    PermissionDeniedError,
    QuantityInvalidError,
    TransitionInvalidError,
    VersionMismatchError,
)
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.models import Item, Order, OrderLine, OrderStatus
from app.repositories.order import OrderRepository, StockKey
from app.schemas.order import CancelInput, CancelLineInput, OrderOutput
from app.services.menu_availability import current
from app.services.menu_journal import MenuJournal
from app.services.order_reading import OrderReadingService
from app.services.order_rules import allowed_after, derived_status, moves

UNFINISHED = (OrderStatus.PENDING, OrderStatus.PREPARING)


class KitchenService:
    """Each change locks the session (shared) and the order, and publishes the whole order."""

    def __init__(
        self,
        orders: OrderRepository,
        reading: OrderReadingService,
        journal: MenuJournal,
        principal: Principal,
    ) -> None:
        self._orders = orders
        self._reading = reading
        self._journal = journal
        self._principal = principal

    async def move_order(
        self, order_id: UUID, target: OrderStatus, expected: int | None
    ) -> OrderOutput:
        """Bring an order's lines to `target`; what already holds is a quiet success.

        Raises:
            TransitionInvalidError: `target` can't follow; `allowed` says what can.
            OrderHeldError: staff must accept the order first.
            VersionMismatchError: the order changed since `expected` was read.
        """
        order = await self._locked(order_id, expected)
        moving = moves([line.status for line in order.lines], target)
        if moving is None:
            allowed = allowed_after(OrderStatus(order.status))
            raise TransitionInvalidError(current=order.status, allowed=allowed)
        _check_not_held(order, moving)
        for index in moving:
            order.lines[index].status = target
        return await self._publish(order, [order.lines[index] for index in moving])

    async def move_line(
        self, order_id: UUID, line_id: UUID, target: OrderStatus, expected: int | None
    ) -> OrderOutput:
        """Bring one line to `target`.

        Raises: as `move_order`.
        """
        order = await self._locked(order_id, expected)
        line = _line(order, line_id)
        if line.status == target:
            return await self._publish(order, [])
        allowed = allowed_after(OrderStatus(line.status))
        if target not in allowed:
            raise TransitionInvalidError(current=line.status, allowed=allowed)
        _check_not_held(order, [line])
        line.status = target
        return await self._publish(order, [line])

    async def cancel_order(
        self, order_id: UUID, wanted: CancelInput, expected: int | None
    ) -> OrderOutput:
        """Cancel what is left of every line.

        Raises:
            PermissionDeniedError: a line is ready or served, which takes a manager.
        """
        order = await self._locked(order_id, expected)
        live = [line for line in order.lines if line.status != OrderStatus.CANCELLED]
        for line in live:
            self._check_may_cancel(line)
        await self._cancel({line: line.quantity - line.cancelled_quantity for line in live})
        return await self._publish_cancel(order, live, wanted)

    async def cancel_line(
        self, order_id: UUID, line_id: UUID, wanted: CancelLineInput, expected: int | None
    ) -> OrderOutput:
        """Cancel some portions of a line, or all of them.

        Raises:
            QuantityInvalidError: more than are left; `remaining` says how many are.
            PermissionDeniedError: the line is ready or served, which takes a manager.
        """
        order = await self._locked(order_id, expected)
        line = _line(order, line_id)
        remaining = line.quantity - line.cancelled_quantity
        if wanted.quantity > remaining:
            raise QuantityInvalidError(remaining=remaining)
        self._check_may_cancel(line)
        await self._cancel({line: wanted.quantity})
        return await self._publish_cancel(order, [line], wanted)

    async def cancel_unfinished(self, order_id: UUID, reason: str) -> None:
        """For a forced close: cancel what the kitchen has not finished, keep what it has."""
        order = await self._orders.get(order_id, lock=True)
        lines = [line for line in order.lines if line.status in UNFINISHED]
        await self._cancel({line: line.quantity - line.cancelled_quantity for line in lines})
        await self._publish_cancel(
            order, lines, CancelInput(reason_code="staff_error", reason=reason)
        )

    async def _locked(self, order_id: UUID, expected: int | None) -> Order:
        order = await self._orders.lock(order_id)
        if expected is not None and order.version != expected:
            raise VersionMismatchError(version=order.version)
        return order

    def _check_may_cancel(self, line: OrderLine) -> None:
        if line.status not in UNFINISHED and not self._principal.may(Permission.ORDERS_CANCEL_ANY):
            raise PermissionDeniedError(permission=str(Permission.ORDERS_CANCEL_ANY))

    async def _cancel(self, portions: Mapping[OrderLine, int]) -> None:
        """Take portions off lines; what is counted goes back once, and is told if it had run out."""
        returned: Counter[StockKey] = Counter()
        for line, quantity in portions.items():
            line.cancelled_quantity += quantity
            left = line.quantity - line.cancelled_quantity
            line.total = (line.unit_price + line.options_total) * left
            if left == 0:
                line.status = OrderStatus.CANCELLED
            returned["item", line.item_id] += quantity
            for option in line.options:
                returned["option", option.option_id] += option.quantity * quantity
        for row in await self._orders.give_back_stock(returned):
            kind: Literal["item", "option"] = "item" if isinstance(row, Item) else "option"
            self._journal.availability_changed(kind, row.id, current(row))

    async def _publish_cancel(
        self, order: Order, lines: list[OrderLine], wanted: CancelInput
    ) -> OrderOutput:
        output = await self._publish(order, lines)
        if lines:
            await self._orders.unit.audit(
                "order-cancelled",
                actor=self._principal.actor,
                target_kind="order",
                target_id=order.id,
                reason=wanted.reason,
                details={
                    "reason_code": wanted.reason_code,
                    "lines": [
                        {"line_id": line.id, "cancelled_quantity": line.cancelled_quantity}
                        for line in lines
                    ],
                },
            )
        return output

    async def _publish(self, order: Order, changed: list[OrderLine]) -> OrderOutput:
        if not changed:
            return (await self._reading.outputs([order]))[0]
        for line in changed:
            await self._orders.touch_line(line)
        order.status = derived_status(line.status for line in order.lines)
        order.total = sum(line.total for line in order.lines)
        await self._orders.touch(order)
        output = (await self._reading.outputs([order]))[0]
        cancelled = order.status == OrderStatus.CANCELLED
        self._orders.unit.record(
            "order.cancelled" if cancelled else "order.updated",
            output.model_dump(mode="json"),
            actor=self._principal.actor,
            table_id=order.table_id,
            session_id=order.session_id,
        )
        return output


def _check_not_held(order: Order, moving: Sequence[object]) -> None:
    if order.held and moving:
        raise OrderHeldError


def _line(order: Order, line_id: UUID) -> OrderLine:
    for line in order.lines:
        if line.id == line_id:
            return line
    raise NotFoundError
