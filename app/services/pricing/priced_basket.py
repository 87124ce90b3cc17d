"""A basket with its prices: what an order stores and a quote shows. All amounts are minor units."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.core.language import pick
from app.services.menu.snapshot import Texts

StockKey = tuple[Literal["item", "option"], UUID]


@dataclass(frozen=True, slots=True)
class StockUse:
    """What a place of the request takes of a counted thing: `units` for all portions of a line.

    `pointer` is where the request names it.
    """

    pointer: str
    key: StockKey
    units: int


def units_by_key(uses: Iterable[StockUse]) -> dict[StockKey, int]:
    """How many units are taken of each counted thing in all."""
    needs: Counter[StockKey] = Counter()
    for use in uses:
        needs[use.key] += use.units
    return dict(needs)


@dataclass(frozen=True, slots=True)
class PricedOption:
    """`quantity` units per portion, each charged at `price`."""

    option_id: UUID
    group_names: Texts
    names: Texts
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class SetPart:
    """What a line is in the set that it belongs to.

    `per_set` units are in each portion of the set; `share` is what all of these units carry of
    the portion's price, upcharges included, options apart.
    """

    slot_id: UUID
    slot_names: Texts
    per_set: int
    share: int


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line as it is to be stored. `options_total` is per portion; `total` is for all.

    `parts` are the lines of what was chosen in a set: their totals sum to the set's own exactly,
    so only one of the two counts. `allergens` are those of the dish as it was configured.
    """

    item_id: UUID
    names: Texts
    quantity: int
    unit_price: int
    options: tuple[PricedOption, ...]
    options_total: int
    total: int
    note: str | None
    seat: int | None
    allergens: tuple[str, ...] = ()
    parts: tuple["PricedLine", ...] = ()
    part: SetPart | None = None

    def quote(self, language: tuple[str, str]) -> dict[str, Any]:
        """The line as a quote shows it, texts in the wanted language or else the default one."""
        return _quote_line(self, language)


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """A basket that may be ordered, in the order of the request.

    `stock_uses` has only what is counted. What is offered and at which price held `at` this
    instant, which is also the order's own.
    """

    lines: tuple[PricedLine, ...]
    total: int
    currency: str
    default_language: str
    stock_uses: tuple[StockUse, ...]
    at: datetime

    @property
    def stock_needs(self) -> dict[StockKey, int]:
        """How many units of each counted item or option the basket takes."""
        return units_by_key(self.stock_uses)

    def quote(self, language: str) -> dict[str, Any]:
        """The basket as `POST /orders/quote` answers it, texts in `language`."""
        words = (language, self.default_language)
        return {
            "lines": [_quote_line(line, words) for line in self.lines],
            "total": self.total,
            "currency": self.currency,
        }


def shown_options(line: PricedLine, language: tuple[str, str]) -> list[dict[str, Any]]:
    """A line's options, texts in the wanted language or else the store's default."""
    return [
        {
            "option_id": str(option.option_id),
            "group": pick(option.group_names, *language),
            "name": pick(option.names, *language),
            "quantity": option.quantity,
            "price": option.price,
        }
        for option in line.options
    ]


def shown_slot(line: PricedLine, language: tuple[str, str]) -> dict[str, Any] | None:
    """The part of the set that a line fills."""
    if line.part is None:
        return None
    return {"id": str(line.part.slot_id), "name": pick(line.part.slot_names, *language)}


def _quote_line(line: PricedLine, language: tuple[str, str]) -> dict[str, Any]:
    shown = {
        "item_id": str(line.item_id),
        "name": pick(line.names, *language),
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "options": shown_options(line, language),
        "allergens": list(line.allergens),
        "total": line.total,
    }
    if line.part is not None:
        return {"slot": shown_slot(line, language), **shown}
    return {**shown, "choices": [_quote_line(part, language) for part in line.parts]}
