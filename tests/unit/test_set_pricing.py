"""Sets without a database: the parts sum to the set, whatever it consists of."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import ChoiceInvalidError, OptionInvalidError
from app.core.ids import uuid7
from app.services.menu.snapshot import (
    Availability,
    ChoiceEntry,
    ItemEntry,
    MenuSnapshot,
    Orderable,
    SlotEntry,
)
from app.services.pricing.basket_pricing import price_basket
from tests.support.menus import NOW, SOLD_OUT, group, item, menu, option


@dataclass(frozen=True)
class Option:
    option_id: UUID
    quantity: int = 1


@dataclass(frozen=True)
class Choice:
    slot_id: UUID
    item_id: UUID
    quantity: int = 1
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Line:
    item_id: UUID
    quantity: int = 1
    options: tuple[Option, ...] = ()
    choices: tuple[Choice, ...] = ()
    note: str | None = None
    seat: int | None = None


def slot(*dishes: ItemEntry, upcharge: int = 0, least: int = 1, most: int = 9) -> SlotEntry:
    choices = tuple(ChoiceEntry(dish, upcharge) for dish in dishes)
    return SlotEntry(uuid7(), {"ko": "식사"}, least, most, choices)


DISHES = st.builds(
    lambda price, more, allergens: item(
        group(option(more, allergens_added=("milk",))), price=price, allergens=allergens
    ),
    st.integers(0, 30_000),
    # At most 27 units: less off in all than the cheapest set costs.
    st.integers(-100, 2_000),
    st.lists(st.sampled_from(("egg", "crab", "pork")), unique=True, max_size=2).map(tuple),
)


@st.composite
def set_lines(draw: st.DrawFn) -> tuple[MenuSnapshot, Line]:
    slots, choices = [], []
    for _ in range(draw(st.integers(1, 3))):
        dishes = draw(st.lists(DISHES, min_size=1, max_size=3))
        part = slot(*dishes, upcharge=draw(st.integers(0, 3_000)))
        slots.append(part)
        for dish in draw(st.lists(st.sampled_from(dishes), min_size=1, max_size=3)):
            [extra] = dish.groups[0].options
            options = (Option(extra.id),) if draw(st.booleans()) else ()
            choices.append(Choice(part.id, dish.id, draw(st.integers(1, 3)), options))
    wrap = option(draw(st.integers(-500, 500)))
    whole = item(group(wrap), price=draw(st.integers(3_200, 60_000)), slots=tuple(slots))
    chosen = (Option(wrap.id),) if draw(st.booleans()) else ()
    line = Line(whole.id, draw(st.integers(1, 99)), chosen, tuple(choices))
    dishes = [choice.item for part in slots for choice in part.choices]
    return menu(whole, *dishes), line


@given(set_lines())
def test_the_parts_sum_to_the_set_exactly(case: tuple[MenuSnapshot, Line]) -> None:
    snapshot, wanted = case
    basket = price_basket(snapshot, [wanted], NOW)
    [line] = basket.lines
    assert basket.total == line.total == (line.unit_price + line.options_total) * wanted.quantity
    assert sum(part.total for part in line.parts) == line.total
    assert len(line.parts) == len(wanted.choices)
    for part in line.parts:
        assert part.part is not None
        per_set, share = part.part.per_set, part.part.share
        assert part.quantity == per_set * wanted.quantity
        assert part.total >= 0
        assert share >= 0
        # Whole for one portion, so a cancel of some leaves exact sums too.
        assert part.total == (share + part.options_total * per_set) * wanted.quantity
        assert 0 <= share - part.unit_price * per_set < per_set
    assert set(line.allergens) >= {code for part in line.parts for code in part.allergens}


@given(set_lines())
def test_the_order_of_the_choices_does_not_change_the_price(
    case: tuple[MenuSnapshot, Line],
) -> None:
    snapshot, wanted = case
    turned = Line(wanted.item_id, wanted.quantity, wanted.options, wanted.choices[::-1])
    one, other = (price_basket(snapshot, [line], NOW) for line in (wanted, turned))
    assert one.total == other.total


def test_a_part_carries_its_share_and_its_own_upcharge() -> None:
    stew, cola = item(price=9_000), item(price=3_000)
    main, side = slot(stew), slot(cola, upcharge=500)
    whole = item(price=10_001, slots=(main, side))
    line = Line(whole.id, 2, choices=(Choice(main.id, stew.id), Choice(side.id, cola.id)))
    [priced] = price_basket(menu(whole, stew, cola), [line], NOW).lines
    assert [part.part.share for part in priced.parts if part.part] == [7_501, 2_500 + 500]
    assert (priced.unit_price, priced.total) == (10_501, 21_002)


def test_dishes_that_cost_nothing_alone_share_evenly() -> None:
    one, other = item(price=0), item(price=0)
    both = slot(one, other, least=2)
    whole = item(price=1_001, slots=(both,))
    line = Line(whole.id, choices=(Choice(both.id, one.id), Choice(both.id, other.id)))
    [priced] = price_basket(menu(whole, one, other), [line], NOW).lines
    assert [part.total for part in priced.parts] == [501, 500]


def discounted(price: int, less: int, upcharge: int = 0) -> tuple[MenuSnapshot, Line]:
    """A set of rice at a discount and steak, for `price`."""
    without = option(-less)
    rice, steak = item(group(without), price=1_500), item(price=40_000)
    part = slot(rice, steak, least=2, upcharge=upcharge)
    whole = item(price=price, slots=(part,))
    chosen = (Choice(part.id, rice.id, 1, (Option(without.id),)), Choice(part.id, steak.id))
    return menu(whole, rice, steak), Line(whole.id, 3, choices=chosen)


def test_a_discount_may_exceed_its_parts_share() -> None:
    snapshot, wanted = discounted(20_000, 1_000)
    [line] = price_basket(snapshot, [wanted], NOW).lines
    assert line.total == 19_000 * 3
    assert [part.total for part in line.parts] == [0, 19_000 * 3]
    assert [part.part.share for part in line.parts if part.part] == [1_000, 19_000]


@pytest.mark.parametrize(("price", "upcharge"), [(20_000, 0), (19_000, 500), (0, 10_000)])
def test_a_discount_may_not_exceed_the_price_of_the_set(price: int, upcharge: int) -> None:
    snapshot, wanted = discounted(price, 20_000, upcharge)
    assert price_basket(snapshot, [wanted], NOW).total == 0
    snapshot, wanted = discounted(price, 20_001, upcharge)
    with pytest.raises(OptionInvalidError) as caught:
        price_basket(snapshot, [wanted], NOW)
    [error] = caught.value.errors
    assert (error.pointer, error.code) == ("/lines/0/choices/0/options", "negative-price")


def test_upcharges_may_pay_for_the_discount_of_the_set_itself() -> None:
    less, dish = option(-1_500), item(price=9_000)
    part = slot(dish, upcharge=600)
    whole = item(group(less), price=1_000, slots=(part,))
    line = Line(whole.id, 2, (Option(less.id),), (Choice(part.id, dish.id),))
    [priced] = price_basket(menu(whole, dish), [line], NOW).lines
    assert (priced.total, [one.total for one in priced.parts]) == (200, [200])


def test_a_slot_counts_units_and_says_what_it_takes() -> None:
    dish = item()
    part = slot(dish, least=2, most=3)
    whole = item(slots=(part,))
    for units, code in ((1, "too-few"), (4, "too-many")):
        line = Line(whole.id, choices=(Choice(part.id, dish.id, units),))
        with pytest.raises(ChoiceInvalidError) as caught:
            price_basket(menu(whole, dish), [line], NOW)
        assert [one.code for one in caught.value.errors] == [code]
        [told] = caught.value.members["slots"]
        assert (told["min"], told["max"], told["chosen"]) == (2, 3, units)


def test_a_set_is_orderable_while_every_required_slot_can_be_filled() -> None:
    gone, few = item(availability=SOLD_OUT), item(availability=Availability(stock=1))
    assert item(slots=(slot(gone),)).at(NOW) is Orderable.SOLD_OUT
    assert item(slots=(slot(gone, few),)).at(NOW) is Orderable.AVAILABLE
    assert item(slots=(slot(gone, few, least=2),)).at(NOW) is Orderable.SOLD_OUT
    assert item(slots=(slot(item()), slot(gone, least=0))).at(NOW) is Orderable.AVAILABLE


def test_stock_is_needed_for_every_unit_of_every_portion() -> None:
    dish = item(availability=Availability(stock=50))
    part = slot(dish)
    whole = item(slots=(part,), availability=Availability(stock=9))
    line = Line(whole.id, 3, choices=(Choice(part.id, dish.id, 2),))
    needs = price_basket(menu(whole, dish), [line], NOW).stock_needs
    assert needs == {("item", whole.id): 3, ("item", dish.id): 6}
