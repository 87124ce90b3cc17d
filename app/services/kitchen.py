"""Working through placed orders: moving them along, recalling a slip, cancelling."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from app.core.errors import (
    NotFoundError,
    OrderHeldError,
    PartOfSetError,
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
from app.services.menu_journal import MenuJournal
from app.services.menu_outputs import availability_output
from app.services.order_reading import OrderReadingService
from app.services.order_rules import allowed_after, derived_status, moves
from app.services.set_rules import (
    counted,
    follow_parts,
    parts_of,
    remaining_total,
    with_parts,
    worked_on,
)

CANCELLED = OrderStatus.CANCELLED
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
        return await self._move(order, worked_on(order.lines), target)

    async def move_line(
        self, order_id: UUID, line_id: UUID, target: OrderStatus, expected: int | None
    ) -> OrderOutput:
        """Bring one line to `target`: a dish, a part of a set, or all parts of a set.

        Raises: as `move_order`.
        """
        order = await self._locked(order_id, expected)
        line = _line(order, line_id)
        return await self._move(order, parts_of(order.lines, line) or [line], target)

    async def cancel_order(
        self, order_id: UUID, wanted: CancelInput, expected: int | None
    ) -> OrderOutput:
        """Cancel what is left of every line.

        Raises:
            PermissionDeniedError: a line is ready or served, which takes a manager.
        """
        order = await self._locked(order_id, expected)
        live = [line for line in order.lines if line.status != CANCELLED]
        for line in live:
            self._check_may_cancel(line)
        return await self._cancel(order, _all_of(order, live), wanted)

    async def cancel_line(
        self, order_id: UUID, line_id: UUID, wanted: CancelLineInput, expected: int | None
    ) -> OrderOutput:
        """Cancel some portions of a line, or all of them; a set's parts go along.

        Raises:
            PartOfSetError: the line is a part of a set, which goes as a whole.
            QuantityInvalidError: more than are left; `remaining` says how many are.
            PermissionDeniedError: the line is ready or served, which takes a manager.
        """
        order = await self._locked(order_id, expected)
        line = _line(order, line_id)
        if line.parent_line_id is not None:
            raise PartOfSetError(parent_line_id=str(line.parent_line_id))
        remaining = line.quantity - line.cancelled_quantity
        if wanted.quantity > remaining:
            raise QuantityInvalidError(remaining=remaining)
        going = with_parts(order.lines, line, wanted.quantity)
        for one in going:
            self._check_may_cancel(one)
        return await self._cancel(order, going, wanted)

    async def cancel_unfinished(self, order_id: UUID, reason: str) -> None:
        """For a forced close: cancel what the kitchen has not finished, keep what it has.

        A set of which any part is unfinished goes as a whole: it can't be charged in part.
        """
        order = await self._orders.get(order_id, lock=True)
        lines = [line for line in order.lines if line.status in UNFINISHED]
        wanted = CancelInput(reason_code="staff_error", reason=reason)
        await self._cancel(order, _all_of(order, lines), wanted)

    async def _locked(self, order_id: UUID, expected: int | None) -> Order:
        order = await self._orders.lock(order_id)
        if expected is not None and order.version != expected:
            raise VersionMismatchError(version=order.version)
        return order

    def _check_may_cancel(self, line: OrderLine) -> None:
        if line.status not in UNFINISHED and not self._principal.may(Permission.ORDERS_CANCEL_ANY):
            raise PermissionDeniedError(permission=str(Permission.ORDERS_CANCEL_ANY))

    async def _move(
        self, order: Order, lines: Sequence[OrderLine], target: OrderStatus
    ) -> OrderOutput:
        """Bring the lines to `target`, as far as they are not there."""
        moving = moves([line.status for line in lines], target)
        if moving is None:
            current = derived_status(line.status for line in lines)
            raise TransitionInvalidError(current=current, allowed=allowed_after(current))
        _check_not_held(order, moving)
        for index in moving:
            lines[index].status = target
        return await self._publish(order, [lines[index] for index in moving])

    async def _cancel(
        self, order: Order, portions: Mapping[OrderLine, int], wanted: CancelInput
    ) -> OrderOutput:
        """Take portions off lines; what is counted goes back once, and is told if it had run out."""
        returned: Counter[StockKey] = Counter()
        for line, quantity in portions.items():
            line.cancelled_quantity += quantity
            line.total = remaining_total(line)
            if line.cancelled_quantity == line.quantity:
                line.status = CANCELLED
            returned["item", line.item_id] += quantity
            for option in line.options:
                returned["option", option.option_id] += option.quantity * quantity
        if portions and derived_status(line.status for line in order.lines) == CANCELLED:
            order.cancel_reason_code, order.cancel_reason = wanted.reason_code, wanted.reason
        for row in await self._orders.give_back_stock(returned):
            kind: Literal["item", "option"] = "item" if isinstance(row, Item) else "option"
            self._journal.availability_changed(kind, row.id, availability_output(row))
        return await self._publish_cancel(order, list(portions), wanted)

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
        sets = [line for line in follow_parts(order.lines) if line not in changed]
        for line in (*changed, *sets):
            await self._orders.touch_line(line)
        order.status = derived_status(line.status for line in order.lines)
        order.total = sum(line.total for line in counted(order.lines))
        await self._orders.touch(order)
        output = (await self._reading.outputs([order]))[0]
        cancelled = order.status == CANCELLED
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


def _all_of(order: Order, lines: Sequence[OrderLine]) -> dict[OrderLine, int]:
    """All portions that are left of the lines; sets among them with all of their parts."""
    going: dict[OrderLine, int] = {}
    for line in counted(lines):
        going |= with_parts(order.lines, line, line.quantity - line.cancelled_quantity)
    return going


def _line(order: Order, line_id: UUID) -> OrderLine:
    for line in order.lines:
        if line.id == line_id:
            return line
    raise NotFoundError
