"""An item with the options that a guest chose of it: what is allowed, what it costs and contains.

Pure rules. Whatever is wrong is collected in a `Review`, so that a client learns of all of it at
once; each finding points at its place in the request.

Free quota: of the units chosen in a group, the first `free_quota` are free, counted in the
group's menu order and not in the order of the request, so that one basket has one price. A unit
with a negative price keeps it (a discount is never lost) and uses up no quota. An option that is
partly free becomes two entries, one at 0 and one at its price, so that every sum stays exact.

Defaults: `is_default` tells a client what to tick beforehand. The server adds nothing that was not
sent: an order without a group's defaults is an order without them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from app.core.dietary import effective_allergens
from app.core.errors import (
    ChoiceInvalidError,
    FieldError,
    ItemUnavailableError,
    OptionInvalidError,
    QuantityInvalidError,
)
from app.core.language import pick
from app.core.words import Words
from app.services.menu.snapshot import GroupEntry, ItemEntry, OptionEntry, Orderable, Texts
from app.services.pricing.priced_basket import PricedOption, StockUse


class WantedOption(Protocol):
    @property
    def option_id(self) -> UUID: ...
    @property
    def quantity(self) -> int: ...


@dataclass
class Review:
    """What was found wrong with a basket, read at `now`. Names that have no text
    in the language of a message are in the store's `default_language` there.

    `groups` and `slots` say what those with too few or too many choices would take.
    """

    now: datetime
    default_language: str
    quantity: list[FieldError] = field(default_factory=list)
    unavailable: list[FieldError] = field(default_factory=list)
    choices: list[FieldError] = field(default_factory=list)
    options: list[FieldError] = field(default_factory=list)
    slots: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)

    @property
    def errors(self) -> list[FieldError]:
        """All that was found, of every kind."""
        return [*self.quantity, *self.unavailable, *self.choices, *self.options]

    def refuse(self) -> None:
        """Raise what was found, one kind of it: the client mends that first."""
        if self.quantity:
            raise QuantityInvalidError(errors=self.quantity)
        if self.unavailable:
            raise ItemUnavailableError(errors=self.unavailable)
        if self.choices:
            raise ChoiceInvalidError(errors=self.choices, slots=self.slots)
        if self.options:
            raise OptionInvalidError(errors=self.options, groups=self.groups)

    def check_item(self, pointer: str, item: ItemEntry | None) -> None:
        """Report an item that can't be ordered, and one of another time of day as that."""
        if item is None or item.at(self.now) is not Orderable.AVAILABLE:
            detail = Words("The item can't be ordered now.", "지금 주문할 수 없는 메뉴입니다.")
            self.unavailable.append(FieldError(pointer, "item-unavailable", detail))
        elif not item.opening.open_at(self.now):
            detail = Words(
                "The item is not served at this time of day.",
                "지금 시간에는 주문할 수 없는 메뉴입니다.",
            )
            self.unavailable.append(FieldError(pointer, "not-now", detail))

    def check_option(self, pointer: str, option: OptionEntry) -> None:
        """Report an option that can't be ordered."""
        if option.availability.at(self.now) is not Orderable.AVAILABLE:
            detail = Words("The option can't be ordered now.", "지금 고를 수 없는 옵션입니다.")
            self.unavailable.append(FieldError(pointer, "item-unavailable", detail))

    def count(
        self, entry_names: Texts, bounds: tuple[int, int], chosen: int, pointer: str
    ) -> FieldError | None:
        """What is wrong when `chosen` units are taken of something that takes so many."""
        least, most = bounds
        if least <= chosen <= most:
            return None
        en, ko = (pick(entry_names, language, self.default_language) for language in ("en", "ko"))
        detail = Words(
            f"Choose {_range(least, most)} of “{en}”, not {chosen}.",
            f"“{ko}”에서는 {_range(least, most)}개를 골라야 합니다. 지금은 {chosen}개입니다.",
        )
        return FieldError(pointer, "too-few" if chosen < least else "too-many", detail)


def _range(least: int, most: int) -> str:
    return str(least) if least == most else f"{least}–{most}"


Charge = tuple[GroupEntry, OptionEntry, int, int]
"""Group, option, units and the price of each unit."""


class Configured:
    """One item as it was configured at the place `path` of the request."""

    def __init__(
        self, item: ItemEntry, wanted: Sequence[WantedOption], path: str, review: Review
    ) -> None:
        self.item = item
        self._wanted = wanted
        self._path = path
        self._review = review
        self._chosen: dict[UUID, int] = {}
        before = len(review.options)
        for place, option in enumerate(wanted):
            self._choose(f"{path}/options/{place}", option)
        for group in item.groups:
            self._check_group(group)
        self._sound = len(review.options) == before
        self._charges = self._charged()
        self.options_total = sum(units * price for _, _, units, price in self._charges)

    @property
    def options(self) -> tuple[PricedOption, ...]:
        """What is charged for each option, free units apart, in menu order."""
        return tuple(
            PricedOption(option.id, group.names, option.names, units, price)
            for group, option, units, price in self._charges
        )

    @property
    def allergens(self) -> tuple[str, ...]:
        """What the dish contains with these options and without what they leave out."""
        chosen = [self.item.choices[option_id][1] for option_id in self._chosen]
        return effective_allergens(
            self.item.allergens,
            {code for option in chosen for code in option.allergens_removed},
            (code for option in chosen for code in option.allergens_added),
        )

    def check_price(self, amount: int) -> None:
        """Report options whose discounts leave less than nothing of the price."""
        if self._sound and amount < 0:
            self._invalid(
                "",
                "negative-price",
                Words("The options make the price negative.", "옵션 할인이 가격보다 큽니다."),
            )

    def stock_uses(self, portions: int) -> Iterator[StockUse]:
        """What so many portions take of counted things, options by their units in each."""
        if self.item.availability.stock is not None:
            yield StockUse(f"{self._path}/item_id", ("item", self.item.id), portions)
        for place, one in enumerate(self._wanted):
            if self.item.choices[one.option_id][1].availability.stock is not None:
                units = one.quantity * portions
                yield StockUse(f"{self._path}/options/{place}", ("option", one.option_id), units)

    def _invalid(self, place: str, code: str, detail: Words) -> None:
        pointer = place or f"{self._path}/options"
        self._review.options.append(FieldError(pointer, code, detail))

    def _choose(self, pointer: str, wanted: WantedOption) -> None:
        """Take one chosen option, or say why it can't be."""
        if wanted.option_id not in self.item.choices:
            return self._invalid(
                pointer,
                "unknown",
                Words("The item does not offer this option.", "이 메뉴에 없는 옵션입니다."),
            )
        if wanted.option_id in self._chosen:
            detail = Words(
                "The option is named twice; use its quantity.",
                "같은 옵션이 두 번 있습니다. quantity로 개수를 정해 주세요.",
            )
            return self._invalid(pointer, "repeated", detail)
        self._chosen[wanted.option_id] = wanted.quantity
        _, option = self.item.choices[wanted.option_id]
        if not 1 <= wanted.quantity <= option.max_quantity:
            code = "too-many" if wanted.quantity > 0 else "too-few"
            return self._invalid(
                pointer,
                code,
                Words(
                    f"At most {option.max_quantity} of it, at least 1.",
                    f"1개부터 {option.max_quantity}개까지 고를 수 있습니다.",
                ),
            )
        self._review.check_option(pointer, option)
        return None

    def _check_group(self, group: GroupEntry) -> None:
        chosen = sum(self._chosen.get(option.id, 0) for option in group.options)
        bounds, pointer = (group.min_select, group.max_select), f"{self._path}/options"
        error = self._review.count(group.names, bounds, chosen, pointer)
        if error is not None:
            self._review.options.append(error)
            self._review.groups.append(
                {
                    "pointer": pointer,
                    "group_id": str(group.id),
                    "min_select": group.min_select,
                    "max_select": group.max_select,
                    "selected": chosen,
                }
            )

    def _charged(self) -> list[Charge]:
        charges: list[Charge] = []
        for group in self.item.groups:
            free = group.free_quota
            for option in group.options:
                units = self._chosen.get(option.id, 0)
                waived = min(free, units) if option.price >= 0 else 0
                free -= waived
                split = ((waived, 0), (units - waived, option.price))
                charges += [(group, option, count, price) for count, price in split if count > 0]
        return charges
