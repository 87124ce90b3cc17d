"""A new order of a list names exactly what the list holds."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidRequestError
from app.services.menu.arranging import check_order

IDS = st.sets(st.uuids(), max_size=8)


@given(IDS)
def test_any_order_of_the_same_ids_is_good(live: set[UUID]) -> None:
    check_order(sorted(live), live)
    check_order(sorted(live, reverse=True), live)


@given(st.lists(st.uuids(), max_size=8), IDS)
def test_each_difference_is_named(wanted: list[UUID], live: set[UUID]) -> None:
    if len(wanted) == len(live) and set(wanted) == live:
        check_order(wanted, live)
        return
    with pytest.raises(InvalidRequestError) as refused:
        check_order(wanted, live)
    found = {(error.pointer, error.code) for error in refused.value.errors}
    unknown = {(f"/ids/{n}", "unknown") for n, one in enumerate(wanted) if one not in live}
    missing = [one for one in live if one not in wanted]
    assert {one for one in found if one[1] == "unknown"} == unknown
    told = [error.detail.en for error in refused.value.errors if error.code == "missing"]
    assert told == [f"{one} is left out." for one in sorted(missing)]


@given(st.lists(st.uuids(), min_size=1, max_size=8, unique=True), st.data())
def test_an_id_named_twice_is_refused(live: list[UUID], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(live))
    with pytest.raises(InvalidRequestError) as refused:
        check_order([*live, again], live)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [
        (f"/ids/{len(live)}", "repeated")
    ]
