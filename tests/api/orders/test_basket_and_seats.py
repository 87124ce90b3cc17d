"""A basket goes where its party goes, and is shared at each of its tables."""

import pytest

from tests.support.baskets import BASKET, basket, basket_events, changed, filled, kept, put, submit
from tests.support.credentials import enter
from tests.support.floor import Floor
from tests.support.invariants import broken
from tests.support.menu_building import ok
from tests.support.parties import act, link, merge, seat
from tests.support.shops import Shop


@pytest.mark.parametrize("undone", [False, True])
def test_a_merge_brings_the_basket_along_and_back(shop: Shop, undone: bool) -> None:
    floor = Floor(shop)
    one, two = enter(shop, floor.table(1)), enter(shop, floor.table(2))
    mine, theirs = filled(floor, one.http, 1)[0], filled(floor, two.http, 2)[0]
    ids = one.tokens["session_id"], two.tokens["session_id"]

    ok(merge(shop, *ids))

    both = basket(one.refresh().http)
    assert [at["id"] for at in both["lines"]] == [mine["id"], theirs["id"]]
    assert (both, both["session_id"]) == (basket(two.http), ids[1])
    assert [at["id"] for at in basket_events(shop)[-1]["lines"]] == [mine["id"], theirs["id"]]
    ok(put(two.http, changed(mine, quantity=4)))
    if undone:
        ok(act(shop, ids[0], "unmerge"))
        [back] = basket(one.refresh().http)["lines"]
        assert (back["id"], back["quantity"]) == (mine["id"], 4)
        assert [at["id"] for at in basket(two.http)["lines"]] == [theirs["id"]]
        assert [at["session_id"] for at in basket_events(shop)[-2:]] == list(ids)
    else:
        order = ok(submit(one.http), 201)
        assert (order["session_id"], order["total"]) == (ids[1], 54_000)
    assert broken(shop) == {}


def test_a_merge_may_make_a_basket_larger_than_an_order(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = enter(shop, floor.table(1)), enter(shop, floor.table(2))
    filled(floor, one.http, *[1] * 60)
    lines = filled(floor, two.http, *[1] * 60)
    ok(merge(shop, one.tokens["session_id"], two.tokens["session_id"]))
    refused = submit(two.http)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "too-many")
    assert len(kept(shop)) == 120
    ok(put(two.http, removed=tuple(lines[:20])))
    assert len(ok(submit(two.http), 201)["lines"]) == 100


def test_a_linked_tables_tablet_shares_the_basket(shop: Shop) -> None:
    floor = Floor(shop)
    session = seat(floor, 1)["id"]
    ok(link(floor, session, 2))
    filled(floor, floor.tablet(2), 2)
    assert basket(floor.tablet(1)) == basket(floor.tablet(2))
    order = ok(submit(floor.tablet(2)), 201)
    assert (order["session_id"], order["table"]["number"]) == (session, 1)
    filled(floor, floor.tablet(2), 1)
    ok(link(floor, session))
    assert floor.tablet(2).get(BASKET).status_code == 404
    assert basket(floor.tablet(1))["total"] == 9_000
    assert broken(shop) == {}
