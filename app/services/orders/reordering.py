"""Ordering the same again: an old order's basket at today's menu and prices."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError
from app.core.language import pick
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import Order, OrderLine, OrderLineOption
from app.repositories.order import OrderRepository, StockKey
from app.schemas.order import (
    ChoiceInput,
    LineInput,
    OrderInput,
    OrderOptionInput,
    QuoteLineOutput,
)
from app.schemas.reorder import ReorderLineOutput, ReorderProblem, ReorderQuoteOutput
from app.services.menu.snapshot import MenuSnapshot
from app.services.orders.reading import OrderReadingService
from app.services.orders.set_rules import counted, parts_of
from app.services.pricing.basket_pricing import LineAssessment, assess_lines


class ReorderingService:
    def __init__(
        self,
        orders: OrderRepository,
        reading: OrderReadingService,
        snapshot: MenuSnapshot,
        principal: Principal,
        language: tuple[str, str],
    ) -> None:
        self._orders = orders
        self._reading = reading
        self._snapshot = snapshot
        self._principal = principal
        self._language = language

    async def quote(self, order_id: UUID) -> ReorderQuoteOutput:
        """What the order's portions that were not cancelled would cost now, and which can be had.

        Raises:
            NotFoundError: none that the caller may see.
            SessionClosedError: the guest's visit has ended.
        """
        order = await self._reading.visible(order_id)
        live = [one for one in counted(order.lines) if one.cancelled_quantity < one.quantity]
        wanted = [same_again(one, parts_of(order.lines, one)) for one in live]
        assessed = assess_lines(self._snapshot, wanted, clock.now())
        short = await self._short_of_stock(assessed)
        lines = [
            self._line(line, wish, one, short=place in short)
            for place, (line, wish, one) in enumerate(zip(live, wanted, assessed, strict=True))
        ]
        had = [one for one in lines if one.now is not None]
        total = sum(one.now.total for one in had if one.now is not None)
        return ReorderQuoteOutput(
            lines=lines,
            total=total,
            currency=self._snapshot.store.currency,
            order=await self._body(order, [one.wanted for one in had], total) if had else None,
        )

    async def _short_of_stock(self, assessed: Sequence[LineAssessment]) -> set[int]:
        """The places of lines for which too little is left, after what those before them take."""
        keys = {key for one in assessed for key in one.stock_needs}
        left: Counter[StockKey] = Counter(await self._orders.stock_of(keys))
        short = set()
        for place, one in enumerate(assessed):
            if one.priced is None:
                continue
            if any(left[key] < units for key, units in one.stock_needs.items()):
                short.add(place)
            else:
                left.subtract(one.stock_needs)
        return short

    def _line(
        self, line: OrderLine, wanted: LineInput, assessed: LineAssessment, *, short: bool
    ) -> ReorderLineOutput:
        errors = list(assessed.errors)
        if short:
            detail = Words(
                "Fewer portions are left than were ordered then.",
                "남은 수량이 지난번 주문한 수량보다 적습니다.",
            )
            errors.append(FieldError("/quantity", "stock-insufficient", detail))
        now = None
        if assessed.priced is not None and not errors:
            shown = assessed.priced.quote(self._language)
            now = QuoteLineOutput.model_validate(shown, strict=False)
        return ReorderLineOutput(
            line_id=line.id,
            item_id=line.item_id,
            name=pick(line.names, *self._language),
            wanted=wanted,
            was=line.total,
            now=now,
            price_change=None if now is None else now.total - line.total,
            problems=[
                ReorderProblem(
                    pointer=one.pointer, code=one.code, detail=one.detail[self._language[0]]
                )
                for one in errors
            ],
        )

    async def _body(self, order: Order, lines: list[LineInput], total: int) -> OrderInput:
        """Where the caller may order: staff go on in the order's session while it is open."""
        place: dict[str, Any] = {}
        if not self._principal.sits_at_table:
            is_open = await self._orders.is_open(order.session_id)
            place = {"session_id": order.session_id} if is_open else {"table_id": order.table_id}
        return OrderInput(lines=lines, note=order.note, expected_total=total, **place)


def same_again(line: OrderLine, parts: Sequence[OrderLine]) -> LineInput:
    """The line as it would be sent today: what is left of it, its options and choices."""
    choices = [
        ChoiceInput(
            slot_id=part.slot_id,
            item_id=part.item_id,
            quantity=part.per_set or 1,
            options=_options(part.options),
        )
        for part in parts
        if part.slot_id is not None
    ]
    return LineInput(
        item_id=line.item_id,
        quantity=line.quantity - line.cancelled_quantity,
        options=_options(line.options),
        choices=choices,
        note=line.note,
        seat=line.seat,
    )


def _options(options: Sequence[OrderLineOption]) -> list[OrderOptionInput]:
    """Each option once: one that was partly free was charged in two entries."""
    units: Counter[UUID] = Counter()
    for option in options:
        units[option.option_id] += option.quantity
    return [OrderOptionInput(option_id=one, quantity=count) for one, count in units.items()]
