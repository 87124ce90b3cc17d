"""Cancelling portions of orders: who may, why, and what goes back to the counted stock.

Guests cancel what is pending, where the store lets them; staff what is pending or preparing;
managers anything.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from app.core.errors import (
    NotFoundError,
    PartOfSetError,
    PermissionDeniedError,
    QuantityInvalidError,
)
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import Item, Order, OrderLine, OrderStatus
from app.repositories.cancel_reason import CancelReasonRepository
from app.repositories.order import OrderRepository, StockKey
from app.schemas.order import CancelInput, CancelLineInput, OrderOutput
from app.services.menu.journal import MenuJournal
from app.services.menu.outputs import availability_output
from app.services.orders.cancel_reasons import USUAL, CancelReason, known_reasons, reason_of
from app.services.orders.publishing import OrderPublisher
from app.services.orders.reading import OrderReadingService
from app.services.orders.set_rules import counted, line_of, remaining_total, with_parts

UNFINISHED = (OrderStatus.PENDING, OrderStatus.PREPARING)
FORCED = "staff_error"
"""Why what a forced close finds unfinished is cancelled, besides the reason that was written."""


class CancellingService:
    """Each cancel locks the session and its orders by id, then what goes back to the stock."""

    def __init__(
        self,
        orders: OrderRepository,
        reasons: CancelReasonRepository,
        reading: OrderReadingService,
        publisher: OrderPublisher,
        journal: MenuJournal,
        principal: Principal,
    ) -> None:
        self._orders = orders
        self._reasons = reasons
        self._reading = reading
        self._publisher = publisher
        self._journal = journal
        self._principal = principal

    async def cancel_order(
        self, order_id: UUID, wanted: CancelInput, expected: int | None
    ) -> OrderOutput:
        """Cancel what is left of every line; where nothing is, that is a quiet success.

        Raises:
            PermissionDeniedError: a line is further along than the caller may cancel.
            InvalidRequestError: no such reason.
        """
        order = await self._locked(order_id, expected)
        reason = await self._reason(wanted.reason_code)
        live = [line for line in order.lines if line.status != OrderStatus.CANCELLED]
        self._check_may_cancel(live)
        [output] = await self._cancel([(order, _all_of(order, live))], reason, wanted.reason)
        return output

    async def cancel_line(
        self, order_id: UUID, line_id: UUID, wanted: CancelLineInput, expected: int | None
    ) -> OrderOutput:
        """Cancel some portions of a line, or all of them; a set's parts go along.

        Raises:
            PartOfSetError: the line is a part of a set, which goes as a whole.
            QuantityInvalidError: more than are left; `remaining` says how many are.
            PermissionDeniedError: the line is further along than the caller may cancel.
            InvalidRequestError: no such reason.
        """
        order = await self._locked(order_id, expected)
        reason = await self._reason(wanted.reason_code)
        line = line_of(order.lines, line_id)
        if line.parent_line_id is not None:
            raise PartOfSetError(parent_line_id=str(line.parent_line_id))
        remaining = line.quantity - line.cancelled_quantity
        if wanted.quantity > remaining:
            raise QuantityInvalidError(remaining=remaining)
        going = with_parts(order.lines, line, wanted.quantity)
        self._check_may_cancel(going)
        [output] = await self._cancel([(order, going)], reason, wanted.reason)
        return output

    async def cancel_unfinished(self, order_ids: Sequence[UUID], why: str) -> None:
        """For a forced close: cancel what the kitchen has not finished, keep what it has.

        A set of which any part is unfinished goes as a whole: it can't be charged in part.
        """
        # Also where the store has archived this reason, or never had it.
        known = (*known_reasons(await self._reasons.get()), *USUAL)
        reason = next(one for one in known if one.code == FORCED)
        going = []
        for order_id in order_ids:
            order = await self._orders.get(order_id, lock=True)
            lines = [line for line in order.lines if line.status in UNFINISHED]
            going.append((order, _all_of(order, lines)))
        await self._cancel(going, reason, why)

    async def _locked(self, order_id: UUID, expected: int | None) -> Order:
        if not self._principal.sits_at_table:
            return await self._orders.lock_for_change(order_id, expected)
        if not await self._reasons.guests_may_cancel():
            raise PermissionDeniedError(
                Words(
                    "The store does not let its guests cancel. Ask the staff.",
                    "이 매장에서는 손님이 직접 취소할 수 없습니다. 직원에게 말씀해 주세요.",
                )
            )
        # First without a lock: what another party has ordered is neither told of nor waited for.
        await self._reading.visible(order_id)
        order = await self._orders.lock_for_change(order_id, expected)
        if order.session_id != await self._reading.own_session():
            raise NotFoundError
        return order

    async def _reason(self, code: str) -> CancelReason:
        known = known_reasons(await self._reasons.get())
        return reason_of(known, code, by_guest=self._principal.sits_at_table)

    def _check_may_cancel(self, lines: Mapping[OrderLine, int] | Sequence[OrderLine]) -> None:
        if self._principal.may(Permission.ORDERS_CANCEL_ANY):
            return
        allowed = (OrderStatus.PENDING,) if self._principal.sits_at_table else UNFINISHED
        live = [line for line in lines if line.status != OrderStatus.CANCELLED]
        if any(line.status not in allowed for line in live):
            raise PermissionDeniedError(permission=str(Permission.ORDERS_CANCEL_ANY))

    async def _cancel(
        self,
        going: Sequence[tuple[Order, Mapping[OrderLine, int]]],
        reason: CancelReason,
        why: str | None,
    ) -> list[OrderOutput]:
        """Take portions off the lines of locked orders.

        What is counted goes back once, after all: by orders it would be locked out of its order.
        """
        for _, portions in going:
            self._take_off(portions, reason, why)
        await self._give_back({line: n for _, portions in going for line, n in portions.items()})
        outputs = []
        for order, portions in going:
            outputs.append(await self._publisher.publish(order, list(portions)))
            await self._audit(order, portions, reason, why)
        return outputs

    def _take_off(
        self, portions: Mapping[OrderLine, int], reason: CancelReason, why: str | None
    ) -> None:
        for line, quantity in portions.items():
            line.cancelled_quantity += quantity
            line.total = remaining_total(line)
            if line.cancelled_quantity == line.quantity:
                line.status = OrderStatus.CANCELLED
            self._orders.note_cancellation(
                line,
                quantity=quantity,
                reason_code=reason.code,
                reason_names=reason.names,
                reason=why,
                actor=self._principal.actor,
            )

    async def _give_back(self, portions: Mapping[OrderLine, int]) -> None:
        """Return what is counted, and tell of what had run out."""
        returned: Counter[StockKey] = Counter()
        for line, quantity in portions.items():
            returned["item", line.item_id] += quantity
            for option in line.options:
                returned["option", option.option_id] += option.quantity * quantity
        for row in await self._orders.give_back_stock(returned):
            kind: Literal["item", "option"] = "item" if isinstance(row, Item) else "option"
            self._journal.availability_changed(kind, row.id, availability_output(row))

    async def _audit(
        self,
        order: Order,
        portions: Mapping[OrderLine, int],
        reason: CancelReason,
        why: str | None,
    ) -> None:
        if not portions:
            return
        lines = [
            {
                "line_id": line.id,
                "quantity": quantity,
                "cancelled_quantity": line.cancelled_quantity,
            }
            for line, quantity in portions.items()
        ]
        await self._orders.unit.audit(
            "order-cancelled",
            actor=self._principal.actor,
            target_kind="order",
            target_id=order.id,
            reason=why,
            details={"reason_code": reason.code, "lines": lines},
        )


def _all_of(order: Order, lines: Sequence[OrderLine]) -> dict[OrderLine, int]:
    """All portions that are left of the lines; sets among them with all of their parts."""
    going: dict[OrderLine, int] = {}
    for line in counted(lines):
        going |= with_parts(order.lines, line, line.quantity - line.cancelled_quantity)
    return going
