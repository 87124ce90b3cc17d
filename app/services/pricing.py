"""What a basket costs, and whether it may be ordered: pure rules over a menu snapshot.

Line total = (unit price + Σ option price × option quantity) × quantity; order total = Σ line
totals; all in whole minor units. The client never sets a price: `check_expected_total` compares
what it showed, nothing more.

Free quota: of the units chosen in a group, the first `free_quota` are free, counted in the
group's menu order and not in the order of the request, so that one basket has one price. A unit
with a negative price keeps it (a discount is never lost) and uses up no quota. An option that is
partly free becomes two entries, one at 0 and one at its price, so that the sum above stays exact.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from app.core.errors import (
    FieldError,
    ItemUnavailableError,
    OptionInvalidError,
    PriceChangedError,
    QuantityInvalidError,
)
from app.core.language import pick
from app.core.money import MAX_AMOUNT
from app.services.menu_snapshot import (
    GroupEntry,
    ItemEntry,
    MenuSnapshot,
    OptionEntry,
    Orderable,
    Texts,
)

MAX_QUANTITY = 99

StockKey = tuple[Literal["item", "option"], UUID]


class WantedOption(Protocol):
    @property
    def option_id(self) -> UUID: ...
    @property
    def quantity(self) -> int: ...


class WantedLine(Protocol):
    """What pricing reads of a line of an order."""

    @property
    def item_id(self) -> UUID: ...
    @property
    def quantity(self) -> int: ...
    @property
    def options(self) -> Sequence[WantedOption]: ...
    @property
    def note(self) -> str | None: ...
    @property
    def seat(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class PricedOption:
    """`quantity` units per portion, each charged at `price`."""

    option_id: UUID
    group_names: Texts
    names: Texts
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line as it is to be stored. `options_total` is per portion; `total` is for all."""

    item_id: UUID
    names: Texts
    quantity: int
    unit_price: int
    options: tuple[PricedOption, ...]
    options_total: int
    total: int
    note: str | None
    seat: int | None


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """A basket that may be ordered, in the order of the request.

    `stock_needs` has only what is counted: how many units of each item or option it takes. What is
    offered and at which price held `at` this instant, which is also the order's own.
    """

    lines: tuple[PricedLine, ...]
    total: int
    currency: str
    default_language: str
    stock_needs: dict[StockKey, int]
    at: datetime

    def quote(self, language: str) -> dict[str, Any]:
        """The basket as `POST /orders/quote` answers it, texts in `language`."""

        def words(texts: Texts) -> str:
            return pick(texts, language, self.default_language)

        return {
            "lines": [
                {
                    "item_id": str(line.item_id),
                    "name": words(line.names),
                    "quantity": line.quantity,
                    "unit_price": line.unit_price,
                    "options": [
                        {
                            "option_id": str(option.option_id),
                            "group": words(option.group_names),
                            "name": words(option.names),
                            "quantity": option.quantity,
                            "price": option.price,
                        }
                        for option in line.options
                    ],
                    "total": line.total,
                }
                for line in self.lines
            ],
            "total": self.total,
            "currency": self.currency,
        }


def price_basket(
    snapshot: MenuSnapshot, lines: Sequence[WantedLine], now: datetime
) -> PricedBasket:
    """Price `lines` at the menu of `snapshot` as it stands at `now`; all of them or none.

    Raises:
        QuantityInvalidError: a line is not 1–99 portions, or the total exceeds what money holds.
        ItemUnavailableError: an item is unknown, hidden or sold out, or an option is; or, with
            the code `not-now`, it is another time of day than the item's.
        OptionInvalidError: options that the item does not offer in this number or at all.
    Each one points at every such place of the basket.
    """
    checks = [_Line(snapshot, place, line, now) for place, line in enumerate(lines)]
    for found, error in (
        ([e for check in checks for e in check.quantity], QuantityInvalidError),
        ([e for check in checks for e in check.unavailable], ItemUnavailableError),
        ([e for check in checks for e in check.options], OptionInvalidError),
    ):
        if found:
            raise error(errors=found)
    priced = tuple(check.price() for check in checks)
    total = sum(line.total for line in priced)
    if total > MAX_AMOUNT:
        raise QuantityInvalidError("The order's total is too large.")
    needs: Counter[StockKey] = Counter()
    for check in checks:
        needs.update(check.stock_needs())
    store = snapshot.store
    return PricedBasket(priced, total, store.currency, store.default_language, dict(needs), at=now)


def check_expected_total(basket: PricedBasket, expected: int | None, language: str) -> None:
    """Refuse a basket whose total is not the one that the client showed, if it said one.

    Raises:
        PriceChangedError: with `quote`, the basket at today's prices.
    """
    if expected is not None and expected != basket.total:
        raise PriceChangedError(quote=basket.quote(language))


@dataclass
class _Line:
    """One line of the basket while it is checked; the lists say what is wrong with it."""

    snapshot: MenuSnapshot
    place: int
    wanted: WantedLine
    now: datetime
    quantity: list[FieldError] = field(default_factory=list)
    unavailable: list[FieldError] = field(default_factory=list)
    options: list[FieldError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = f"/lines/{self.place}"
        if not 1 <= self.wanted.quantity <= MAX_QUANTITY:
            detail = f"A line has 1 to {MAX_QUANTITY} portions."
            self.quantity.append(FieldError(f"{self.path}/quantity", "quantity-invalid", detail))
        item = self.snapshot.items.get(self.wanted.item_id)
        if item is None or item.at(self.now) is not Orderable.AVAILABLE:
            self._unavailable(f"{self.path}/item_id", "The item can't be ordered now.")
        elif not item.opening.open_at(self.now):
            detail = "The item is not served at this time of day."
            self.unavailable.append(FieldError(f"{self.path}/item_id", "not-now", detail))
        if item is None:
            return
        self.item: ItemEntry = item
        self.unit_price = item.prices.at(self.now)
        self.chosen: dict[UUID, int] = {}
        for place, option in enumerate(self.wanted.options):
            self._choose(f"{self.path}/options/{place}", option)
        for group in item.groups:
            self._check_group(group)
        if not self.options and self.unit_price + self._options_total(self._charges()) < 0:
            self._invalid(f"{self.path}/options", "The options make the price negative.")

    def _unavailable(self, pointer: str, detail: str) -> None:
        self.unavailable.append(FieldError(pointer, "item-unavailable", detail))

    def _invalid(self, pointer: str, detail: str) -> None:
        self.options.append(FieldError(pointer, "option-invalid", detail))

    def _choose(self, pointer: str, wanted: WantedOption) -> None:
        """Take one chosen option, or say why it can't be."""
        if wanted.option_id not in self.item.choices:
            return self._invalid(pointer, "The item does not offer this option.")
        if wanted.option_id in self.chosen:
            return self._invalid(pointer, "The option is named twice; use its quantity.")
        self.chosen[wanted.option_id] = wanted.quantity
        _, option = self.item.choices[wanted.option_id]
        if not 1 <= wanted.quantity <= option.max_quantity:
            return self._invalid(pointer, f"At most {option.max_quantity} of it, at least 1.")
        if option.availability.at(self.now) is not Orderable.AVAILABLE:
            self._unavailable(pointer, "The option can't be ordered now.")
        return None

    def _check_group(self, group: GroupEntry) -> None:
        count = sum(self.chosen.get(option.id, 0) for option in group.options)
        if not group.min_select <= count <= group.max_select:
            limits = f"{group.min_select} to {group.max_select}"
            name = pick(group.names, self.snapshot.store.default_language, "")
            self._invalid(f"{self.path}/options", f"“{name}” takes {limits} choices, not {count}.")

    def _charges(self) -> list[tuple[GroupEntry, OptionEntry, int, int]]:
        """Group, option, units and the price of each unit, free units apart, in menu order."""
        charges = []
        for group in self.item.groups:
            free = group.free_quota
            for option in group.options:
                units = self.chosen.get(option.id, 0)
                waived = min(free, units) if option.price >= 0 else 0
                free -= waived
                split = ((waived, 0), (units - waived, option.price))
                charges += [(group, option, count, price) for count, price in split if count > 0]
        return charges

    @staticmethod
    def _options_total(charges: Sequence[tuple[GroupEntry, OptionEntry, int, int]]) -> int:
        return sum(units * price for _, _, units, price in charges)

    def price(self) -> PricedLine:
        """The line, once nothing is wrong with it."""
        charges = self._charges()
        per_portion = self._options_total(charges)
        wanted, item = self.wanted, self.item
        return PricedLine(
            item_id=item.id,
            names=item.names,
            quantity=wanted.quantity,
            unit_price=self.unit_price,
            options=tuple(
                PricedOption(option.id, group.names, option.names, units, price)
                for group, option, units, price in charges
            ),
            options_total=per_portion,
            total=(self.unit_price + per_portion) * wanted.quantity,
            note=wanted.note,
            seat=wanted.seat,
        )

    def stock_needs(self) -> Counter[StockKey]:
        """What the line takes of counted things: portions, and units of options in each."""
        needs: Counter[StockKey] = Counter()
        if self.item.availability.stock is not None:
            needs["item", self.item.id] += self.wanted.quantity
        for option_id, units in self.chosen.items():
            if self.item.choices[option_id][1].availability.stock is not None:
                needs["option", option_id] += units * self.wanted.quantity
        return needs
