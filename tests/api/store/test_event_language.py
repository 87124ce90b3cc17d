"""Events tell of orders in the store's language, whoever changed them."""

from tests.support.floor import Floor
from tests.support.menu_building import ok
from tests.support.parties import link, merge, move, order, orders_of, seat, split
from tests.support.shops import Shop
from tests.support.switches import order as order_at
from tests.support.switches import placed, turn


def _languages(shop: Shop, after: int) -> set[str]:
    """The names of dishes that order events have told."""
    events = [data for type_, data in shop.events(after) if type_.startswith("order.")]
    assert events
    return {line["name"] for data in events for line in data["lines"]}


def test_who_moves_merges_and_splits_in_another_language(shop: Shop) -> None:
    floor = Floor(shop)
    session, into = seat(floor, 1, 2), seat(floor, 2, 1)
    head = shop.counters()[0]
    shop.staff.headers["Accept-Language"] = "en"

    ok(move(floor, session["id"], 3))
    [stew] = orders_of(shop, session["id"])[0]["lines"]
    ok(split(floor, session["id"], [(stew, 1)], 4), 201)
    ok(link(floor, session["id"], 5))
    ok(merge(shop, session["id"], into["id"]))
    ok(shop.staff.post(f"/sessions/{session['id']}/unmerge", json={}))
    order(floor, session["id"])

    assert _languages(shop, head) == {"김치찌개"}


def test_who_accepts_in_another_language(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, order_acceptance={"tablet": "staff", "guest": "auto", "pos": "auto"})
    held = placed(order_at(floor.tablet(1), floor))
    head = shop.counters()[0]

    english = {"Accept-Language": "en"}
    accepted = ok(shop.staff.post(f"/orders/{held['id']}/accept", headers=english))

    assert accepted["lines"][0]["name"] == "Kimchi stew"
    assert _languages(shop, head) == {"김치찌개"}
