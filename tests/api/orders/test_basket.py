"""The basket that the phones and tablets of a party share."""

from uuid import uuid4

from tests.support.baskets import (
    BASKET,
    basket,
    basket_events,
    changed,
    filled,
    kept,
    line,
    put,
    ref,
    submit,
)
from tests.support.credentials import enter
from tests.support.floor import Floor
from tests.support.invariants import broken
from tests.support.menu_building import ok
from tests.support.parties import act, orders_of, told
from tests.support.sets import Diner
from tests.support.shops import Shop
from tests.support.streams import listening
from tests.support.switches import turn


def test_everybody_at_the_table_sees_who_put_in_what(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = enter(shop, floor.table(1)), enter(shop, floor.table(1))
    tablet = floor.tablet(1)

    ok(put(one.http, line(floor.stew, 2, seat=1, note="덜 맵게")))
    ok(put(two.http, line(floor.stew, 1, seat=2)))
    seen = ok(put(tablet, line(floor.stew, 3)))

    assert [(at["quantity"], at["seat"], at["version"]) for at in seen["lines"]] == [
        (2, 1, 1),
        (1, 2, 1),
        (3, None, 1),
    ]
    by = [at["added_by"] for at in seen["lines"]]
    assert [one["kind"] for one in by] == ["guest", "guest", "tablet"]
    assert [by[0]["id"], by[1]["id"]] == [one.me()["id"], two.me()["id"]]
    assert (seen["session_id"], seen["total"], seen["currency"]) == (
        one.tokens["session_id"],
        54_000,
        "KRW",
    )
    assert seen["lines"][0]["quote"]["name"] == "김치찌개"
    assert seen["lines"][0]["quote"]["total"] == 18_000
    assert basket(one.http) == basket(two.http) == seen
    assert orders_of(shop, seen["session_id"]) == []
    assert broken(shop) == {}


def test_the_others_hear_of_every_change_at_once(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = enter(shop, floor.table(1)), enter(shop, floor.table(1))
    with listening(two.http) as heard:
        put_in = ok(put(one.http, line(floor.stew, 2)))
        event = heard.get(timeout=3)
    assert event is not None
    assert event[1] == "session.basket_updated"
    [there] = put_in["lines"]
    shown = {name: value for name, value in there.items() if name not in ("quote", "problems")}
    assert event[2]["data"] == {"session_id": put_in["session_id"], "lines": [shown]}
    assert event[2]["actor"]["id"] == one.me()["id"]


def test_lines_that_are_not_named_stay(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1)).http
    first, second, third = filled(floor, guest, 1, 2, 3)

    after = ok(put(guest, changed(second, quantity=5, seat=4), removed=(third,)))

    assert [(at["id"], at["quantity"], at["version"]) for at in after["lines"]] == [
        (first["id"], 1, 1),
        (second["id"], 5, 2),
    ]
    assert after["lines"][1]["added_by"] == second["added_by"]


def test_what_somebody_else_has_changed_is_named_and_nothing_is_done(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = enter(shop, floor.table(1)).http, enter(shop, floor.table(1)).http
    first, second, third = filled(floor, one, 1, 2, 3)
    now = ok(put(two, changed(first, quantity=9), removed=(second,)))
    before = kept(shop), shop.counters()

    refused = put(
        one,
        changed(third, quantity=7),
        changed(first, quantity=4),
        changed(second, quantity=4),
        changed(first, version=None, quantity=4) | {"id": str(uuid4())},
        removed=(),
    )
    gone = one.put(BASKET, json={"lines": [], "removed": [ref(first)]})

    assert (refused.status_code, refused.json()["code"]) == (409, "basket-changed")
    found = [(error["pointer"], error["code"]) for error in refused.json()["errors"]]
    assert found == [("/lines/1/version", "stale"), ("/lines/2/version", "gone")]
    assert refused.json()["basket"] == now
    assert [error["pointer"] for error in gone.json()["errors"]] == ["/removed/0/version"]
    assert (kept(shop), shop.counters()) == before


def test_the_same_again_is_a_quiet_success(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1)).http
    new = line(floor.stew, 2)
    first = ok(put(guest, new))
    [there] = first["lines"]
    before = shop.counters()
    assert ok(put(guest, new)) == first
    assert ok(put(guest, changed(there, version=7))) == first
    assert ok(put(guest)) == first
    ok(put(guest, removed=(there,)))
    assert ok(put(guest, removed=(there,)))["lines"] == []
    assert shop.counters()[0] == before[0] + 1


def test_a_request_that_is_sent_twice_with_one_key_is_done_once(shop: Shop) -> None:
    """Even when the line has been ordered in between: it does not come back."""
    floor = Floor(shop)
    guest = enter(shop, floor.table(1)).http
    body, key = {"lines": [line(floor.stew, 2)]}, {"Idempotency-Key": "put-once"}
    first = guest.put(BASKET, json=body, headers=key)
    ok(submit(guest), 201)
    again = guest.put(BASKET, json=body, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert basket(guest)["lines"] == []


def test_what_can_not_be_had_is_refused_or_named(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1)).http
    [there] = filled(floor, guest, 2)
    unknown = put(guest, line(floor.stew), line(str(uuid4())))
    assert (unknown.status_code, unknown.json()["code"]) == (409, "item-unavailable")
    assert [one["pointer"] for one in unknown.json()["errors"]] == ["/lines/1/item_id"]
    assert basket(guest)["lines"] == [there]

    path = f"/menu/items/{floor.stew}/availability"
    ok(shop.staff.put(path, json={"status": "sold_out"}))

    now = basket(guest)
    [shown] = now["lines"]
    assert (shown["quote"], now["total"]) == (None, 0)
    [problem] = shown["problems"]
    assert (problem["pointer"], problem["code"]) == ("/item_id", "item-unavailable")
    refused = submit(guest)
    assert (refused.status_code, refused.json()["code"]) == (409, "item-unavailable")
    assert basket(guest) == now
    assert ok(put(guest, removed=(there,)))["lines"] == []


def test_a_basket_is_read_at_todays_prices(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1)).http
    filled(floor, guest, 2)
    dearer = shop.manager.patch(
        f"/menu/items/{floor.stew}", json={"price": 9_500}, headers={"If-Match": '"1"'}
    )
    assert dearer.is_success, dearer.text
    assert basket(guest)["total"] == 19_000
    refused = submit(guest, expected_total=18_000)
    assert (refused.status_code, refused.json()["code"]) == (409, "price-changed")
    assert refused.json()["quote"]["total"] == 19_000
    assert ok(submit(guest, expected_total=19_000), 201)["total"] == 19_000


def test_a_basket_is_ordered_whole_and_once(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = enter(shop, floor.table(1)), enter(shop, floor.table(1))
    filled(floor, one.http, 2)
    ok(put(two.http, line(floor.stew, 1, seat=2, note="포장")))
    head = shop.counters()[0]

    placed = submit(one.http, "once", note="같이 주세요", expected_total=27_000)
    again = submit(one.http, "once", note="같이 주세요", expected_total=27_000)
    other = submit(two.http)

    order = ok(placed, 201)
    assert [(at["quantity"], at["seat"], at["note"]) for at in order["lines"]] == [
        (2, None, None),
        (1, 2, "포장"),
    ]
    assert (order["note"], order["total"], order["channel"]) == ("같이 주세요", 27_000, "guest")
    assert (again.status_code, again.json()) == (201, order)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (409, "basket-empty")
    session = one.tokens["session_id"]
    assert told(shop, head) == [
        ("order.created", str(floor.table(1)), session),
        ("session.basket_updated", str(floor.table(1)), session),
    ]
    assert basket_events(shop)[-1] == {"session_id": session, "lines": []}
    assert len(orders_of(shop, session)) == 1
    assert kept(shop) == []
    assert broken(shop) == {}


def test_the_order_says_whose_each_line_is(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = enter(shop, floor.table(1)), enter(shop, floor.table(1))
    filled(floor, one.http, 2)
    filled(floor, two.http, 1)
    placed = ok(submit(two.http), 201)
    stored = ok(shop.staff.get(f"/orders/{placed['id']}"))
    assert [at["added_by"]["id"] for at in stored["lines"]] == [one.me()["id"], two.me()["id"]]
    assert [at["added_by"] for at in placed["lines"]] == [None, None]


def test_a_suspected_duplicate_can_be_confirmed(shop: Shop) -> None:
    floor = Floor(shop)
    turn(shop, duplicate_window_seconds=60, duplicate_action="confirm")
    guest = enter(shop, floor.table(1)).http
    filled(floor, guest, 2)
    ok(submit(guest), 201)
    filled(floor, guest, 2)
    refused = submit(guest)
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate-suspected")
    assert basket(guest)["total"] == 18_000
    ok(submit(guest, confirm_duplicate=True), 201)
    assert kept(shop) == []


def test_a_retry_gets_the_first_answer_though_the_next_round_has_begun(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1)).http
    filled(floor, guest, 2)
    order = ok(submit(guest, "first", expected_total=18_000), 201)
    filled(floor, guest, 1)
    again = submit(guest, "first", expected_total=18_000)
    assert (again.status_code, again.json()) == (201, order)
    assert basket(guest)["total"] == 9_000
    reused = submit(guest, "first", expected_total=9_000)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency-key-reused")
    assert basket(guest)["total"] == 9_000


def test_a_set_goes_through_the_basket_as_it_was_chosen(shop: Shop) -> None:
    diner = Diner(shop)
    session = ok(shop.staff.post(f"/tables/{tables(shop)[0]}/sessions", json={}), 201)["id"]
    wanted = line(
        diner.dishes["set"],
        2,
        choices=[diner.choice(diner.main, "galbitang"), diner.choice(diner.side, "rice")],
    )
    seen = ok(put(diner.tablet, wanted))
    assert seen["total"] == 36_000
    assert ok(put(diner.tablet, wanted)) == seen
    order = ok(submit(diner.tablet, expected_total=36_000), 201)
    assert (order["session_id"], order["total"], len(order["lines"])) == (session, 36_000, 3)
    assert broken(shop) == {}


def tables(shop: Shop) -> list[str]:
    return [one["id"] for one in ok(shop.staff.get("/tables"))["data"]]


def test_limits_are_kept(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1)).http
    lines = filled(floor, guest, *[1] * 99)
    before = kept(shop)
    full = put(guest, line(floor.stew), line(floor.stew))
    assert (full.status_code, full.json()["errors"][0]["code"]) == (422, "too-many")
    twice = put(guest, changed(lines[0], quantity=2), removed=(lines[0],))
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (422, "/removed/0/id")
    assert put(guest, line(floor.stew, 100)).status_code == 422
    assert kept(shop) == before
    assert (
        len(ok(put(guest, line(floor.stew), line(floor.stew), removed=(lines[0],)))["lines"]) == 100
    )


def test_an_id_of_another_basket_is_refused(shop: Shop) -> None:
    floor = Floor(shop)
    theirs = filled(floor, enter(shop, floor.table(2)).http, 3)[0]
    guest = enter(shop, floor.table(1)).http
    before = kept(shop)
    taken = put(guest, line(floor.stew, 2, id=theirs["id"]))
    assert (taken.status_code, taken.json()["errors"][0]["code"]) == (422, "id-taken")
    gone = put(guest, changed(theirs, quantity=2))
    assert (gone.status_code, gone.json()["code"]) == (409, "basket-changed")
    assert gone.json()["basket"]["lines"] == []
    assert kept(shop) == before


def test_a_basket_needs_a_party(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    guest = enter(shop, floor.table(2))
    filled(floor, guest.http, 1)
    for answer in (tablet.get(BASKET), put(tablet, line(floor.stew)), submit(tablet)):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert shop.staff.get(BASKET).status_code == 403

    ok(act(shop, guest.tokens["session_id"], "close"))

    for answer in (guest.http.get(BASKET), put(guest.http, line(floor.stew)), submit(guest.http)):
        assert (answer.status_code, answer.json()["code"]) == (410, "session-closed")
    assert kept(shop) == []
    ok(act(shop, guest.tokens["session_id"], "reopen"))
    assert basket(floor.tablet(2))["lines"] == []
    assert guest.http.get(BASKET).status_code == 410
    assert broken(shop) == {}


def test_no_basket_is_ordered_while_the_store_is_paused(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1)).http
    filled(floor, guest, 1)
    shop.set(ordering_paused=True)
    refused = submit(guest)
    assert (refused.status_code, refused.json()["code"]) == (409, "store-closed")
    assert basket(guest)["total"] == 9_000


def test_a_submission_needs_a_key(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1)).http
    filled(floor, guest, 1)
    answer = guest.post(f"{BASKET}/submit", json={})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
    assert len(kept(shop)) == 1


def test_counted_stock_is_taken_by_the_order_not_by_the_basket(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1)).http
    path = f"/menu/items/{floor.stew}/availability"
    ok(shop.staff.put(path, json={"status": "available", "stock": 2}))
    lines = filled(floor, guest, 2, 1)
    refused = submit(guest)
    assert (refused.status_code, refused.json()["code"]) == (409, "stock-insufficient")
    short = [(one["pointer"], one["left"]) for one in refused.json()["errors"]]
    assert short == [("/lines/0/item_id", 2), ("/lines/1/item_id", 2)]
    assert len(basket(guest)["lines"]) == 2
    ok(put(guest, removed=(lines[1],)))
    ok(submit(guest), 201)
    assert broken(shop) == {}


def test_another_stores_dish_is_like_none(shop: Shop, other_shop: Shop) -> None:
    guest = enter(shop, Floor(shop).table(1)).http
    foreign = Floor(other_shop).stew
    answers = [put(guest, line(id_)) for id_ in (foreign, str(uuid4()))]
    assert {answer.status_code for answer in answers} == {409}
    assert kept(shop) == []
