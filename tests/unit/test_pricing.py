"""Pricing without a database: the arithmetic for any basket, and each refusal by its pointer."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import (
    DomainError,
    ItemUnavailableError,
    OptionInvalidError,
    PriceChangedError,
    QuantityInvalidError,
)
from app.core.ids import uuid7
from app.core.money import MAX_AMOUNT
from app.services.menu.snapshot import Availability, ItemEntry, MenuSnapshot, Orderable
from app.services.pricing.basket_pricing import PricedBasket, check_expected_total, price_basket
from app.services.pricing.set_pricing import WantedChoice
from tests.support.menus import HIDDEN, LATER, NOW, SOLD_OUT, group, item, menu, option


@dataclass(frozen=True)
class Choice:
    option_id: UUID
    quantity: int = 1


@dataclass(frozen=True)
class Line:
    item_id: UUID
    quantity: int = 1
    options: tuple[Choice, ...] = ()
    choices: tuple[WantedChoice, ...] = ()
    note: str | None = None
    seat: int | None = None


def pointers(error: DomainError) -> list[str]:
    return [one.pointer for one in error.errors]


def order(entry: ItemEntry, *chosen: Choice, quantity: int = 1) -> PricedBasket:
    return price_basket(menu(entry), [Line(entry.id, quantity, chosen)], NOW)


OPTIONS = st.builds(option, st.integers(-500, 3000), max_quantity=st.integers(1, 5))
GROUPS = st.builds(
    lambda options, quota: group(*options, free_quota=quota),
    st.lists(OPTIONS, max_size=4),
    st.integers(0, 4),
)
ITEMS = st.builds(
    lambda groups, price: item(*groups, price=price),
    st.lists(GROUPS, max_size=3),
    st.integers(20_000, 90_000),
)


@st.composite
def baskets(draw: st.DrawFn) -> tuple[MenuSnapshot, list[Line]]:
    items = draw(st.lists(ITEMS, min_size=1, max_size=3))
    lines = []
    for entry in draw(st.lists(st.sampled_from(items), min_size=1, max_size=4)):
        known = [one for _, one in entry.choices.values()]
        chosen = (
            draw(st.lists(st.sampled_from(known), unique_by=lambda one: one.id)) if known else []
        )
        choices = [Choice(one.id, draw(st.integers(1, one.max_quantity))) for one in chosen]
        lines.append(Line(entry.id, draw(st.integers(1, 99)), tuple(choices)))
    return menu(*items), lines


@given(baskets())
def test_every_sum_is_exact(basket: tuple[MenuSnapshot, list[Line]]) -> None:
    snapshot, lines = basket
    priced = price_basket(snapshot, lines, NOW)
    for line, wanted in zip(priced.lines, lines, strict=True):
        entry = snapshot.items[wanted.item_id]
        options = sum(one.price * one.quantity for one in line.options)
        assert line.options_total == options
        assert line.total == (entry.price + options) * wanted.quantity
        assert line.total >= 0
        for choice in wanted.options:
            units = sum(o.quantity for o in line.options if o.option_id == choice.option_id)
            assert units == choice.quantity
    assert priced.total == sum(line.total for line in priced.lines)


@given(baskets(), st.randoms(use_true_random=False))
def test_the_order_of_the_options_does_not_change_the_price(
    basket: tuple[MenuSnapshot, list[Line]], shuffle: Any
) -> None:
    snapshot, lines = basket
    shuffled = [
        replace(line, options=tuple(shuffle.sample(line.options, len(line.options))))
        for line in lines
    ]
    assert price_basket(snapshot, shuffled, NOW) == price_basket(snapshot, lines, NOW)


@given(baskets())
def test_a_free_quota_never_makes_it_dearer(basket: tuple[MenuSnapshot, list[Line]]) -> None:
    snapshot, lines = basket
    items = {
        key: replace(one, groups=tuple(replace(g, free_quota=0) for g in one.groups))
        for key, one in snapshot.items.items()
    }
    without = price_basket(replace(snapshot, items=items), lines, NOW)
    assert price_basket(snapshot, lines, NOW).total <= without.total


def test_options_are_charged_per_portion() -> None:
    tofu = option(1500, max_quantity=2)
    basket = order(item(group(tofu)), Choice(tofu.id, 2), quantity=3)
    assert basket.total == (9000 + 2 * 1500) * 3
    assert basket.currency == "KRW"


def test_the_first_units_in_menu_order_are_free() -> None:
    butter, jam = option(60, max_quantity=2), option(80, max_quantity=2)
    entry = item(group(butter, jam, free_quota=1), price=0)
    basket = order(entry, Choice(jam.id), Choice(butter.id, 2))
    charged = [(one.option_id, one.quantity, one.price) for one in basket.lines[0].options]
    assert charged == [(butter.id, 1, 0), (butter.id, 1, 60), (jam.id, 1, 80)]
    assert basket.total == 140


def test_a_discount_is_not_lost_to_the_free_quota() -> None:
    no_rice, tofu = option(-1000), option(1500)
    entry = item(group(no_rice, tofu, free_quota=1))
    assert order(entry, Choice(no_rice.id), Choice(tofu.id)).total == 8000


def test_a_line_may_be_free_but_not_below() -> None:
    gift, discount = option(-9000), option(-9001)
    assert order(item(group(gift)), Choice(gift.id)).total == 0
    with pytest.raises(OptionInvalidError) as caught:
        order(item(group(discount)), Choice(discount.id))
    assert pointers(caught.value) == ["/lines/0/options"]


@pytest.mark.parametrize("quantity", [-1, 0, 100, 10**30])
def test_a_line_has_1_to_99_portions(quantity: int) -> None:
    with pytest.raises(QuantityInvalidError) as caught:
        order(item(), quantity=quantity)
    assert pointers(caught.value) == ["/lines/0/quantity"]


def test_a_total_beyond_what_money_holds_is_refused() -> None:
    assert order(item(price=MAX_AMOUNT)).total == MAX_AMOUNT
    with pytest.raises(QuantityInvalidError):
        order(item(price=MAX_AMOUNT), quantity=2)


@pytest.mark.parametrize(
    "availability", [SOLD_OUT, HIDDEN, Availability(stock=0), replace(SOLD_OUT, until=LATER)]
)
def test_what_is_not_available_is_refused(availability: Availability) -> None:
    gone, here = item(availability=availability), item()
    lines = [Line(here.id), Line(gone.id), Line(uuid7())]
    with pytest.raises(ItemUnavailableError) as caught:
        price_basket(menu(gone, here), lines, NOW)
    assert pointers(caught.value) == ["/lines/1/item_id", "/lines/2/item_id"]

    choice = option(availability=availability)
    with pytest.raises(ItemUnavailableError) as caught:
        order(item(group(choice, option())), Choice(choice.id))
    assert pointers(caught.value) == ["/lines/0/options/0"]


def test_a_sold_out_ends_at_its_time_exactly() -> None:
    entry = item(availability=replace(SOLD_OUT, until=LATER))
    snapshot = menu(entry)
    assert snapshot.next_change(NOW) == LATER
    assert snapshot.next_change(LATER) is None
    assert price_basket(snapshot, [Line(entry.id)], LATER).total == 9000


def test_an_item_whose_required_group_is_exhausted_is_not_orderable() -> None:
    last = option(max_quantity=5, availability=Availability(stock=1))
    gone = option(availability=SOLD_OUT)
    assert item(group(last, gone, min_select=1)).at(NOW) is Orderable.AVAILABLE
    assert item(group(last, gone, min_select=2)).at(NOW) is Orderable.SOLD_OUT
    assert item(group(gone, min_select=0)).at(NOW) is Orderable.AVAILABLE
    assert item(group(gone, min_select=1), availability=HIDDEN).at(NOW) is Orderable.HIDDEN


def test_options_that_do_not_fit_are_pointed_at() -> None:
    tofu = option(1500, max_quantity=2)
    entry = item(group(tofu))
    chosen = (Choice(uuid7()), Choice(tofu.id), Choice(tofu.id))
    with pytest.raises(OptionInvalidError) as caught:
        order(entry, *chosen)
    assert pointers(caught.value) == ["/lines/0/options/0", "/lines/0/options/2"]
    assert [one.code for one in caught.value.errors] == ["unknown", "repeated"]
    for quantity in (0, 3):
        with pytest.raises(OptionInvalidError) as caught:
            order(entry, Choice(tofu.id, quantity))
        assert pointers(caught.value) == ["/lines/0/options/0"]


def test_a_group_counts_units() -> None:
    one, two = option(max_quantity=3), option(max_quantity=3)
    entry = item(group(one, two, min_select=2, max_select=3))
    assert order(entry, Choice(one.id, 2)).total == 9000
    for chosen in ((), (Choice(one.id),), (Choice(one.id, 2), Choice(two.id, 2))):
        with pytest.raises(OptionInvalidError) as caught:
            order(entry, *chosen)
        assert pointers(caught.value) == ["/lines/0/options"]
        code = "too-few" if len(chosen) < 2 else "too-many"
        assert [error.code for error in caught.value.errors] == [code]
        [told] = caught.value.members["groups"]
        assert told["group_id"] == str(entry.groups[0].id)
        assert (told["min_select"], told["max_select"]) == (2, 3)


@given(
    st.integers(0, 4),
    st.integers(1, 6),
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), min_size=1, max_size=4),
)
def test_an_order_is_taken_exactly_when_every_bound_holds(
    least: int, more: int, chosen: list[tuple[int, int]]
) -> None:
    options = [option(100, max_quantity=most) for most, _ in chosen]
    entry = item(group(*options, min_select=least, max_select=least + more))
    wanted = [
        Choice(one.id, units) for one, (_, units) in zip(options, chosen, strict=True) if units
    ]
    fits = least <= sum(units for _, units in chosen) <= least + more
    fits &= all(units <= most for most, units in chosen)
    # What nobody could fill is not orderable at all.
    if sum(most for most, _ in chosen) < least:
        with pytest.raises(ItemUnavailableError):
            order(entry, *wanted)
    elif fits:
        assert order(entry, *wanted).total == 9000 + 100 * sum(one.quantity for one in wanted)
    else:
        with pytest.raises(OptionInvalidError):
            order(entry, *wanted)


def test_defaults_are_not_added_by_the_server() -> None:
    entry = item(group(option(500, is_default=True), max_select=1))
    assert order(entry).total == 9000


def test_options_change_what_the_dish_contains() -> None:
    cheese = option(allergens_added=("milk",))
    plain = option(allergens_removed=("egg",))
    topped = option(allergens_added=("egg",))
    entry = item(group(cheese, plain, topped), allergens=("egg", "soybean"))
    assert order(entry).lines[0].allergens == ("egg", "soybean")
    assert order(entry, Choice(plain.id), Choice(cheese.id)).lines[0].allergens == (
        "milk",
        "soybean",
    )
    both = order(entry, Choice(topped.id), Choice(plain.id))
    assert both.lines[0].allergens == ("egg", "soybean")


def test_stock_needs_are_summed_over_lines() -> None:
    egg = option(max_quantity=2, availability=Availability(stock=50))
    counted = item(group(egg), availability=Availability(stock=3))
    lines = [Line(counted.id, 2, (Choice(egg.id, 2),)), Line(counted.id, 4)]
    basket = price_basket(menu(counted), lines, NOW)
    assert basket.stock_needs == {("item", counted.id): 6, ("option", egg.id): 4}
    assert order(item()).stock_needs == {}


def test_a_changed_price_carries_the_new_quote() -> None:
    tofu = option(1500)
    entry = item(group(tofu))
    basket = order(entry, Choice(tofu.id), quantity=2)
    check_expected_total(basket, None, "en")
    check_expected_total(basket, 21_000, "en")
    with pytest.raises(PriceChangedError) as caught:
        check_expected_total(basket, 20_999, "en")
    quote = caught.value.members["quote"]
    assert quote["total"] == 21_000
    assert quote["lines"][0]["name"] == "Kimchi stew"
    assert quote["lines"][0]["options"] == [
        {
            "option_id": str(tofu.id),
            "group": "Toppings",
            "name": "Extra tofu",
            "quantity": 1,
            "price": 1500,
        }
    ]
