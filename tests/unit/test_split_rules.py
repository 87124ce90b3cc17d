"""Taking portions off lines: nothing is lost, nothing is made, and the money adds up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import QuantityInvalidError
from app.core.ids import uuid7
from app.models import OrderLine
from app.services.floor.split_rules import check_portions, goes_whole, live, take_part


def line(quantity: int, cancelled: int = 0, price: int = 9_000, options: int = 0) -> OrderLine:
    left = quantity - cancelled
    return OrderLine(
        id=uuid7(),
        quantity=quantity,
        cancelled_quantity=cancelled,
        unit_price=price,
        options_total=options,
        total=(price + options) * left,
        status="pending" if left else "cancelled",
        names={"ko": "김치찌개"},
    )


@given(st.data())
def test_a_line_and_its_part_add_up_to_what_the_line_was(data: st.DataObject) -> None:
    quantity = data.draw(st.integers(2, 99))
    cancelled = data.draw(st.integers(0, quantity - 2))
    price, options = data.draw(st.integers(0, 10**9)), data.draw(st.integers(0, 10**6))
    whole = line(quantity, cancelled, price, options)
    before = (whole.quantity, live(whole), whole.total)
    taken = data.draw(st.integers(1, min(live(whole), quantity - 1)))

    part = take_part(whole, taken)

    assert (whole.quantity + part.quantity, live(whole) + live(part)) == before[:2]
    assert whole.total + part.total == before[2]
    assert (part.quantity, part.cancelled_quantity, part.status) == (taken, 0, "pending")
    assert (part.names, part.unit_price) == (whole.names, whole.unit_price)
    assert whole.cancelled_quantity == cancelled <= whole.quantity
    assert whole.status == ("pending" if live(whole) else "cancelled")
    assert part.id != whole.id


def test_an_order_goes_whole_when_nothing_live_stays() -> None:
    some, gone = line(3, 1), line(2, 2)
    assert goes_whole([some, gone], {some.id: 2})
    assert not goes_whole([some, gone], {some.id: 1})
    assert not goes_whole([some, line(1)], {some.id: 2})


def test_no_line_gives_more_than_it_has() -> None:
    some = line(3, 1)
    check_portions([some], {some.id: 2})
    with pytest.raises(QuantityInvalidError) as refused:
        check_portions([some], {some.id: 3})
    assert refused.value.members == {"line_id": str(some.id), "remaining": 2}
