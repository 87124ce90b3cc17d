"""Orders as readers see them: staff in all languages, guests in their own."""

from typing import Any
from uuid import UUID

from app.core.errors import NotFoundError, SessionClosedError
from app.core.language import pick
from app.core.security.principals import Principal
from app.models import LineCancellation, Order, OrderLine, OrderLineOption, OrderStatus
from app.repositories.order_history import OrderHistoryRepository
from app.schemas.base import Page
from app.schemas.history import OrderFilter
from app.schemas.order import OrderOutput


class OrderReadingService:
    """A tablet sees the orders of its table's open session, a guest those of its own, and no more."""

    def __init__(
        self, orders: OrderHistoryRepository, principal: Principal, language: tuple[str, str]
    ) -> None:
        self._orders = orders
        self._principal = principal
        self._language = language

    async def get(self, order_id: UUID) -> OrderOutput:
        """One order.

        Raises: as `visible`.
        """
        return await self.output(await self.visible(order_id))

    async def visible(self, order_id: UUID) -> Order:
        """The order, if the caller may see it.

        Raises:
            NotFoundError: none in this store that the caller may see.
            SessionClosedError: the guest's visit has ended.
        """
        own = await self.own_session() if self._principal.sits_at_table else None
        order = await self._orders.get(order_id)
        if self._principal.sits_at_table and order.session_id != own:
            raise NotFoundError
        return order

    async def find(self, wanted: OrderFilter) -> Page[OrderOutput]:
        """Orders, newest first; by `updated_after` the oldest change first."""
        session_id = wanted.session_id
        if self._principal.sits_at_table:
            own = await self.own_session()
            if own is None or session_id not in (None, own):
                return Page(data=[], next_cursor=None)
            session_id = own
        orders, place = await self._orders.find(wanted, session_id)
        cursor = None if place is None else str(place)
        return Page(data=await self.outputs(orders), next_cursor=cursor)

    async def output(self, order: Order) -> OrderOutput:
        """The order as the caller sees it."""
        return (await self.outputs([order]))[0]

    async def outputs(self, orders: list[Order]) -> list[OrderOutput]:
        """Orders as the caller sees them."""
        staff = not self._principal.sits_at_table
        return await self._shown(orders, self._language, staff=staff)

    async def published(self, orders: list[Order]) -> list[OrderOutput]:
        """Orders as events tell them, whoever changed them: as staff see them, in the store's
        language."""
        default = self._language[1]
        return await self._shown(orders, (default, default), staff=True)

    async def _shown(
        self, orders: list[Order], language: tuple[str, str], *, staff: bool
    ) -> list[OrderOutput]:
        numbers = await self._orders.table_numbers(orders)
        return [
            OrderOutput.model_validate(
                order_document(order, numbers[order.table_id], language, staff=staff)
            )
            for order in orders
        ]

    async def own_session(self) -> UUID | None:
        """The open session of a tablet's table, None while it is free; or that of a guest.

        Raises:
            SessionClosedError: the guest's visit has ended.
        """
        if self._principal.session_id is not None:
            # The revocation takes a moment to get here; the session itself knows at once.
            if not await self._orders.is_open(self._principal.session_id):
                raise SessionClosedError
            return self._principal.session_id
        table_id = self._principal.table_id
        return await self._orders.open_session_at(table_id) if table_id else None


def order_document(
    order: Order, table_number: int, language: tuple[str, str], *, staff: bool
) -> dict[str, Any]:
    """The order's fields; `language` is the wanted one and the store's default."""
    return {
        "id": order.id,
        "number": order.number,
        "display_number": order.display_number,
        "business_date": order.business_date,
        "session_id": order.session_id,
        "table": {"id": order.table_id, "number": table_number},
        "channel": order.channel,
        "status": order.status,
        "held": order.is_waiting,
        "duplicate_of": order.duplicate_of,
        **_cancel_reason(order),
        "lines": [_line(order, line, language, staff=staff) for line in order.lines],
        "note": order.note,
        "total": order.total,
        "currency": order.currency,
        "client_created_at": order.client_created_at,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "version": order.version,
    }


def _cancel_reason(order: Order) -> dict[str, str | None]:
    """Why nothing is left of the order: the reason that was given last."""
    given = [one for line in order.lines for one in line.cancellations]
    if order.status != OrderStatus.CANCELLED or not given:
        return {"cancel_reason_code": None, "cancel_reason": None}
    last = max(given, key=lambda one: one.id)
    return {"cancel_reason_code": last.reason_code, "cancel_reason": last.reason}


def _line(
    order: Order, line: OrderLine, language: tuple[str, str], *, staff: bool
) -> dict[str, Any]:
    # Lines older than this column were added by whoever placed the order.
    added_by = line.added_by or order.placed_by
    return {
        "id": line.id,
        "parent_line_id": line.parent_line_id,
        "slot": _slot(line, language),
        "item_id": line.item_id,
        "name": pick(line.names, *language),
        "names": line.names if staff else None,
        "quantity": line.quantity,
        "cancelled_quantity": line.cancelled_quantity,
        "unit_price": line.unit_price,
        "options": [_option(option, language) for option in line.options],
        "allergens": line.allergens,
        "note": line.note,
        "seat": line.seat,
        "added_by": added_by if staff else None,
        "status": line.status,
        "cancellations": [_cancellation(one, language, staff=staff) for one in line.cancellations],
        "total": line.total,
    }


def _slot(line: OrderLine, language: tuple[str, str]) -> dict[str, Any] | None:
    if line.slot_id is None or line.slot_names is None:
        return None
    return {"id": line.slot_id, "name": pick(line.slot_names, *language)}


def _option(option: OrderLineOption, language: tuple[str, str]) -> dict[str, Any]:
    return {
        "option_id": option.option_id,
        "group": pick(option.group_names, *language),
        "name": pick(option.names, *language),
        "quantity": option.quantity,
        "price": option.price,
    }


def _cancellation(
    cancelled: LineCancellation, language: tuple[str, str], *, staff: bool
) -> dict[str, Any]:
    """What guests see of it has neither names of people nor what these wrote."""
    return {
        "quantity": cancelled.quantity,
        "reason_code": cancelled.reason_code,
        "reason_name": pick(cancelled.reason_names, *language),
        "reason": cancelled.reason if staff else None,
        "actor": cancelled.actor if staff else None,
        "cancelled_at": cancelled.created_at,
    }
