"""What was chosen in a set (세트), and what each part of it carries of the set's price. Pure.

A set costs its own price, its own options, and for what was chosen the upcharges and options of
that. The first two are allocated to the parts in proportion to what these would cost alone
(largest remainder), upcharges and options stay with the part that they belong to. A part whose
discounts exceed that carries as much as it needs to cost nothing, and the others so much less, in
proportion to what they can spare. All of it is whole for one portion of the set, so it is exact
for any number of portions, and after a part of them was cancelled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.core.errors import FieldError
from app.core.money import allocate
from app.core.words import Words
from app.services.menu.snapshot import ChoiceEntry, ItemEntry, SlotEntry
from app.services.pricing.configuring import Configured, Review, WantedOption
from app.services.pricing.priced_basket import PricedLine, SetPart, StockUse


class WantedChoice(Protocol):
    """What is read of one choice in a set; `quantity` is per portion of the set."""

    @property
    def slot_id(self) -> UUID: ...
    @property
    def item_id(self) -> UUID: ...
    @property
    def quantity(self) -> int: ...
    @property
    def options(self) -> Sequence[WantedOption]: ...


@dataclass(frozen=True, slots=True)
class _Chosen:
    slot: SlotEntry
    choice: ChoiceEntry
    units: int
    configured: Configured

    @property
    def extra(self) -> int:
        """What it adds to one portion of the set."""
        return self.upcharge + self.configured.options_total * self.units

    @property
    def upcharge(self) -> int:
        return self.choice.upcharge * self.units

    @property
    def least(self) -> int:
        """The smallest share with which it costs no less than nothing."""
        return max(0, -self.configured.options_total * self.units)


class SetSelection:
    """The choices of one line at `path`, checked; for an item that is no set there are none."""

    def __init__(
        self, item: ItemEntry, wanted: Sequence[WantedChoice], path: str, review: Review
    ) -> None:
        self._path = f"{path}/choices"
        self._review = review
        self._slots = {slot.id: slot for slot in item.slots}
        self._chosen: list[_Chosen] = []
        if wanted and not item.slots:
            self._invalid(
                self._path, "unknown", Words("The item is no set.", "세트 메뉴가 아닙니다.")
            )
            return
        for place, choice in enumerate(wanted):
            self._take(f"{self._path}/{place}", choice)
        for slot in item.slots:
            self._check_slot(slot)
        # In menu order, whatever the order of the request: one basket, one allocation.
        places = {slot.id: place for place, slot in enumerate(item.slots)}
        self._chosen.sort(key=lambda one: (places[one.slot.id], one.slot.choices.index(one.choice)))

    @property
    def extra(self) -> int:
        """What the choices add to one portion of the set: upcharges and their options."""
        return sum(one.extra for one in self._chosen)

    @property
    def upcharges(self) -> int:
        """What the choices add to one portion, their options apart."""
        return sum(one.upcharge for one in self._chosen)

    @property
    def allergens(self) -> list[str]:
        return [code for one in self._chosen for code in one.configured.allergens]

    def check_prices(self, amount: int) -> None:
        """Report parts with discounts, when these exceed all that is shared out in one portion.

        Args:
            amount: what one portion costs without what its choices add.
        """
        spare = amount + self.upcharges - sum(one.least for one in self._chosen)
        for one in self._chosen:
            if one.least:
                one.configured.check_price(spare)

    def stock_uses(self, portions: int) -> Iterator[StockUse]:
        for one in self._chosen:
            yield from one.configured.stock_uses(one.units * portions)

    def lines(self, amount: int, portions: int, seat: int | None) -> tuple[PricedLine, ...]:
        """The parts of so many portions, once nothing is wrong.

        Args:
            amount: what one portion costs without what its choices add.
        """
        return tuple(
            self._line(one, share, portions, seat)
            for one, share in zip(self._chosen, self._shares(amount), strict=True)
        )

    def _shares(self, amount: int) -> list[int]:
        """What each part carries of one portion's price, its upcharges included."""
        if not self._chosen:
            return []
        now = self._review.now
        weights = [one.choice.item.prices.regular_at(now) * one.units for one in self._chosen]
        parts = allocate(amount, weights)
        shares = [part + one.upcharge for part, one in zip(parts, self._chosen, strict=True)]
        return _lifted(shares, [one.least for one in self._chosen])

    @staticmethod
    def _line(one: _Chosen, share: int, portions: int, seat: int | None) -> PricedLine:
        options_total = one.configured.options_total
        return PricedLine(
            item_id=one.choice.item.id,
            names=one.choice.item.names,
            quantity=one.units * portions,
            unit_price=share // one.units,
            options=one.configured.options,
            options_total=options_total,
            total=(share + options_total * one.units) * portions,
            note=None,
            seat=seat,
            allergens=one.configured.allergens,
            part=SetPart(one.slot.id, one.slot.names, one.units, share),
        )

    def _invalid(self, pointer: str, code: str, detail: Words) -> None:
        self._review.choices.append(FieldError(pointer, code, detail))

    def _take(self, path: str, wanted: WantedChoice) -> None:
        """Take one choice, or say why it can't be."""
        slot = self._slots.get(wanted.slot_id)
        if slot is None:
            return self._invalid(
                f"{path}/slot_id",
                "unknown",
                Words("The set has no such part.", "이 세트에 없는 구성입니다."),
            )
        choice = next((one for one in slot.choices if one.item.id == wanted.item_id), None)
        if choice is None:
            detail = Words(
                "This part of the set does not offer the item.",
                "이 구성에서 고를 수 없는 메뉴입니다.",
            )
            return self._invalid(f"{path}/item_id", "unknown", detail)
        if wanted.quantity < 1:
            return self._invalid(
                f"{path}/quantity", "too-few", Words("At least 1 of it.", "1개 이상 골라 주세요.")
            )
        self._review.check_item(f"{path}/item_id", choice.item)
        configured = Configured(choice.item, wanted.options, path, self._review)
        self._chosen.append(_Chosen(slot, choice, wanted.quantity, configured))
        return None

    def _check_slot(self, slot: SlotEntry) -> None:
        chosen = sum(one.units for one in self._chosen if one.slot is slot)
        bounds = (slot.min_select, slot.max_select)
        error = self._review.count(slot.names, bounds, chosen, self._path)
        if error is not None:
            self._review.choices.append(error)
            self._review.slots.append(
                {
                    "pointer": self._path,
                    "slot_id": str(slot.id),
                    "min": slot.min_select,
                    "max": slot.max_select,
                    "chosen": chosen,
                }
            )


def _lifted(shares: list[int], least: list[int]) -> list[int]:
    """The shares with each at least as large as it must be, and the same sum.

    What some lack the others give in proportion to what they have to spare. `least` may not sum
    to more than the shares do.
    """
    spare = [share - low for share, low in zip(shares, least, strict=True)]
    if min(spare) >= 0:
        return shares
    lacking = sum(-one for one in spare if one < 0)
    given = allocate(lacking, [max(one, 0) for one in spare])
    return [low + max(one, 0) - less for low, one, less in zip(least, spare, given, strict=True)]
