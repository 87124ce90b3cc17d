"""What a basket costs, and whether it may be ordered: pure rules over a menu snapshot.

Line total = (unit price + Σ option price × option quantity) × quantity; order total = Σ line
totals; all in whole minor units. The client never sets a price: `check_expected_total` compares
what it showed, nothing more. Options are the subject of `configuring`, sets of `set_pricing`.

A set is one line whose unit price has in it what its choices add; the lines of its parts sum to
it exactly and are not counted again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.core.dietary import effective_allergens
from app.core.errors import (
    FieldError,
    PriceChangedError,
    QuantityInvalidError,
    StockInsufficientError,
)
from app.core.money import MAX_AMOUNT
from app.core.words import Words
from app.services.menu.snapshot import MenuSnapshot
from app.services.pricing.configuring import Configured, Review, WantedOption
from app.services.pricing.priced_basket import (
    PricedBasket,
    PricedLine,
    PricedOption,
    SetPart,
    StockKey,
    StockUse,
    units_by_key,
)
from app.services.pricing.set_pricing import SetSelection, WantedChoice

__all__ = [
    "MAX_QUANTITY",
    "LineAssessment",
    "PricedBasket",
    "PricedLine",
    "PricedOption",
    "SetPart",
    "assess_lines",
    "check_expected_total",
    "check_stock",
    "price_basket",
]

MAX_QUANTITY = 99


class WantedLine(Protocol):
    """What pricing reads of a line of an order."""

    @property
    def item_id(self) -> UUID: ...
    @property
    def quantity(self) -> int: ...
    @property
    def options(self) -> Sequence[WantedOption]: ...
    @property
    def choices(self) -> Sequence[WantedChoice]: ...
    @property
    def note(self) -> str | None: ...
    @property
    def seat(self) -> int | None: ...


def price_basket(
    snapshot: MenuSnapshot, lines: Sequence[WantedLine], now: datetime
) -> PricedBasket:
    """Price `lines` at the menu of `snapshot` as it stands at `now`; all of them or none.

    Raises:
        QuantityInvalidError: a line is not 1–99 portions, or the total exceeds what money holds.
        ItemUnavailableError: an item is unknown, hidden or sold out, or an option is; or, with
            the code `not-now`, it is another time of day than the item's.
        ChoiceInvalidError: choices that a set does not offer in this number or at all.
        OptionInvalidError: options that the item does not offer in this number or at all.
    Each one points at every such place of the basket.
    """
    review = Review(now, snapshot.store.default_language)
    checks = [_Line(snapshot, f"/lines/{place}", line, review) for place, line in enumerate(lines)]
    review.refuse()
    priced = tuple(check.price() for check in checks)
    total = sum(line.total for line in priced)
    if total > MAX_AMOUNT:
        raise QuantityInvalidError(
            Words("The order's total is too large.", "주문 금액이 너무 큽니다.")
        )
    uses = tuple(use for check in checks for use in check.stock_uses())
    store = snapshot.store
    return PricedBasket(priced, total, store.currency, store.default_language, uses, at=now)


def check_stock(basket: PricedBasket, left: Mapping[StockKey, int]) -> None:
    """Refuse a basket that takes more of counted things than there is.

    Args:
        left: how many there are now; what is not in it is not counted any more.

    Raises:
        StockInsufficientError: with every place that takes of what is too little, and `left`.
    """
    short = {key for key, units in basket.stock_needs.items() if units > left.get(key, units)}
    if short:
        raise StockInsufficientError(
            errors=[
                FieldError(
                    use.pointer,
                    "stock-insufficient",
                    Words(
                        f"Of this {use.key[0]} {left[use.key]} are left.",
                        f"남은 수량은 {left[use.key]}개입니다.",
                    ),
                    left=left[use.key],
                )
                for use in basket.stock_uses
                if use.key in short
            ]
        )


@dataclass(frozen=True, slots=True)
class LineAssessment:
    """One line by itself: priced, or everything that is wrong with it, by pointers into the line."""

    priced: PricedLine | None
    errors: tuple[FieldError, ...]
    stock_needs: Mapping[StockKey, int]


def assess_lines(
    snapshot: MenuSnapshot, lines: Sequence[WantedLine], now: datetime
) -> list[LineAssessment]:
    """Judge each line by itself, so that one that can't be had does not refuse the others."""
    return [_assess(snapshot, line, now) for line in lines]


def _assess(snapshot: MenuSnapshot, wanted: WantedLine, now: datetime) -> LineAssessment:
    review = Review(now, snapshot.store.default_language)
    line = _Line(snapshot, "", wanted, review)
    if errors := review.errors:
        return LineAssessment(None, tuple(errors), {})
    return LineAssessment(line.price(), (), units_by_key(line.stock_uses()))


def check_expected_total(basket: PricedBasket, expected: int | None, language: str) -> None:
    """Refuse a basket whose total is not the one that the client showed, if it said one.

    Raises:
        PriceChangedError: with `quote`, the basket at today's prices.
    """
    if expected is not None and expected != basket.total:
        raise PriceChangedError(quote=basket.quote(language))


class _Line:
    """One line of the basket while it is checked; the review learns what is wrong with it."""

    def __init__(
        self, snapshot: MenuSnapshot, path: str, wanted: WantedLine, review: Review
    ) -> None:
        self._wanted = wanted
        if not 1 <= wanted.quantity <= MAX_QUANTITY:
            detail = Words(
                f"A line has 1 to {MAX_QUANTITY} portions.",
                f"수량은 1~{MAX_QUANTITY}개여야 합니다.",
            )
            review.quantity.append(FieldError(f"{path}/quantity", "quantity-invalid", detail))
        item = snapshot.items.get(wanted.item_id)
        review.check_item(f"{path}/item_id", item)
        if item is None:
            return
        self._item = item
        self._price_now = item.prices.at(review.now)
        self._configured = Configured(item, wanted.options, path, review)
        self._selection = SetSelection(item, wanted.choices, path, review)
        self._configured.check_price(self._own_price + self._selection.upcharges)
        self._selection.check_prices(self._own_price)

    @property
    def _own_price(self) -> int:
        """What one portion costs without what its choices add."""
        return self._price_now + self._configured.options_total

    def price(self) -> PricedLine:
        """The line, once nothing is wrong with it."""
        wanted, item, chosen = self._wanted, self._item, self._selection
        return PricedLine(
            item_id=item.id,
            names=item.names,
            quantity=wanted.quantity,
            unit_price=self._price_now + chosen.extra,
            options=self._configured.options,
            options_total=self._configured.options_total,
            total=(self._own_price + chosen.extra) * wanted.quantity,
            note=wanted.note,
            seat=wanted.seat,
            allergens=effective_allergens(self._configured.allergens, (), chosen.allergens),
            parts=chosen.lines(self._own_price, wanted.quantity, wanted.seat),
        )

    def stock_uses(self) -> Iterator[StockUse]:
        """What the line takes of counted things, its choices included."""
        portions = self._wanted.quantity
        yield from self._configured.stock_uses(portions)
        yield from self._selection.stock_uses(portions)
