"""Two parties that sit down together, and apart again."""

from datetime import timedelta
from uuid import uuid4

from app.core import clock
from app.core.security.permissions import Role
from tests.support.credentials import enter, streaming_ends
from tests.support.floor import Floor, order_body
from tests.support.invariants import broken
from tests.support.menu_building import if_match, ok
from tests.support.parties import (
    act,
    audits,
    merge,
    move,
    order,
    orders_of,
    seat,
    serve_all,
    split,
    told,
)
from tests.support.shops import Json, Shop

PLACE = ("session_id", "table", "updated_at", "version")


def untouched(order: Json) -> Json:
    """What a change of seats must leave as it is."""
    return {name: value for name, value in order.items() if name not in PLACE}


def test_orders_go_over_as_they_are(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 2, 1), seat(floor, 2, 3)
    [first, _] = before = orders_of(shop, one["id"])
    ok(shop.kitchen.patch(f"/orders/{first['id']}", json={"status": "preparing"}))
    before, head = orders_of(shop, one["id"]), shop.counters()[0]

    merged = ok(act(shop, one["id"], "merge", into_session_id=two["id"], reason="합석 요청"))

    assert (merged["id"], merged["order_count"], merged["total"]) == (two["id"], 3, 54_000)
    after = [now for now in orders_of(shop, two["id"]) if now["id"] in {o["id"] for o in before}]
    assert [untouched(now) for now in after] == [untouched(was) for was in before]
    assert {now["table"]["number"] for now in after} == {2}
    absorbed = ok(shop.staff.get(f"/sessions/{one['id']}"))
    assert (absorbed["status"], absorbed["merged_into_id"]) == ("closed", two["id"])
    assert (absorbed["order_count"], absorbed["total"]) == (0, 0)
    old, new = str(floor.table(1)), str(floor.table(2))
    assert told(shop, head) == [
        ("session.closed", old, one["id"]),
        ("session.updated", new, two["id"]),
        ("order.updated", new, two["id"]),
        ("order.updated", new, two["id"]),
    ]
    [(target, reason, details)] = audits(shop, "session-merged")
    assert (target, reason, details["into_session_id"]) == (one["id"], "합석 요청", two["id"])
    assert (details["from_table"], details["to_table"], details["orders"]) == (1, 2, [1, 2])
    assert floor.tablet(1).get("/session").status_code == 404
    assert ok(floor.tablet(2).get("/session"))["total"] == 54_000
    assert broken(shop) == {}


def test_guests_go_on_ordering_at_the_other_table(shop: Shop) -> None:
    floor = Floor(shop)
    guest, two = enter(shop, floor.table(1)), seat(floor, 2)
    one = guest.tokens["session_id"]

    assert streaming_ends(shop, guest.http, lambda: ok(merge(shop, one, two["id"])))

    expired = guest.http.get("/session")
    assert (expired.status_code, expired.json()["code"]) == (401, "token-expired")
    assert guest.refresh().me()["session_id"] == two["id"]
    key = {"Idempotency-Key": str(uuid4())}
    placed = ok(guest.http.post("/orders", json=order_body(floor.stew, 1), headers=key), 201)
    assert (placed["session_id"], placed["table"]["number"]) == (two["id"], 2)
    ok(shop.manager.post(f"/sessions/{two['id']}/close", json={"force": True, "reason": "끝"}))
    assert guest.http.get("/session").status_code == 410
    assert broken(shop) == {}


def test_a_merge_that_can_not_be_is_refused(shop: Shop, other_shop: Shop) -> None:
    floor, others = Floor(shop), Floor(other_shop)
    one, two, closed = seat(floor, 1, 1), seat(floor, 2), seat(floor, 3)
    ok(act(shop, closed["id"], "close"))
    theirs = seat(others, 1)
    before = shop.counters(), other_shop.counters(), orders_of(shop, one["id"])

    itself = merge(shop, one["id"], one["id"])
    shut = [merge(shop, one["id"], closed["id"]), merge(shop, closed["id"], one["id"])]
    foreign = [merge(shop, one["id"], id_) for id_ in (theirs["id"], str(uuid4()))]
    foreign += [merge(shop, theirs["id"], one["id"])]
    stale = shop.staff.post(
        f"/sessions/{one['id']}/merge", json={"into_session_id": two["id"]}, headers=if_match(9)
    )

    assert (itself.status_code, itself.json()["errors"][0]["pointer"]) == (422, "/into_session_id")
    assert [(r.status_code, r.json()["code"]) for r in shut] == [(409, "session-not-open")] * 2
    assert [(r.status_code, r.json()["code"]) for r in foreign] == [(404, "not-found")] * 3
    assert (stale.status_code, stale.json()["version"]) == (412, one["version"])
    assert (shop.counters(), other_shop.counters(), orders_of(shop, one["id"])) == before
    assert audits(shop, "session-merged") == []
    assert broken(shop) == {}


def test_an_undone_merge_gives_back_what_came_with_it(shop: Shop) -> None:
    floor = Floor(shop)
    guest = enter(shop, floor.table(1))
    one, two = guest.tokens["session_id"], seat(floor, 2, 3)["id"]
    came = order(floor, one, 2)
    own = orders_of(shop, two)
    ok(merge(shop, one, two))
    guest.refresh()
    later = order(floor, two, 1)
    ok(shop.kitchen.patch(f"/orders/{came['id']}", json={"status": "ready"}))
    head = shop.counters()[0]

    apart = ok(act(shop, one, "unmerge", reason="따로 계산"))

    assert (apart["id"], apart["status"], apart["table"]["number"]) == (one, "open", 1)
    assert (apart["merged_into_id"], apart["closed_at"]) == (None, None)
    [back] = orders_of(shop, one)
    assert (back["id"], back["number"], back["status"]) == (came["id"], came["number"], "ready")
    assert back["table"]["number"] == 1
    assert [o["id"] for o in orders_of(shop, two)] == [own[0]["id"], later["id"]]
    assert guest.refresh().me()["session_id"] == one
    old, new = str(floor.table(1)), str(floor.table(2))
    assert told(shop, head) == [
        ("session.opened", old, one),
        ("session.updated", new, two),
        ("order.updated", old, one),
    ]
    [(target, reason, details)] = audits(shop, "session-unmerged")
    assert (target, reason, details["orders"]) == (one, "따로 계산", [came["number"]])
    assert broken(shop) == {}


def test_merges_upon_merges_are_undone_from_the_last(shop: Shop) -> None:
    floor = Floor(shop)
    one, two, three = (seat(floor, number, number)["id"] for number in (1, 2, 3))
    ok(merge(shop, one, two))
    ok(merge(shop, two, three))
    early = act(shop, one, "unmerge")
    assert (early.status_code, early.json()["code"]) == (409, "session-not-open")

    ok(act(shop, two, "unmerge"))
    assert [o["number"] for o in orders_of(shop, two)] == [1, 2]
    ok(act(shop, one, "unmerge"))

    assert [[o["number"] for o in orders_of(shop, id_)] for id_ in (one, two, three)] == [
        [1],
        [2],
        [3],
    ]
    assert broken(shop) == {}


def test_an_order_that_was_split_off_again_stays_where_it_is(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1, 1)["id"], seat(floor, 2)["id"]
    gone, stays = orders_of(shop, one)
    ok(merge(shop, one, two))
    third = ok(split(floor, two, [(gone["lines"][0], 1)], 3), 201)

    ok(act(shop, one, "unmerge"))

    assert [o["id"] for o in orders_of(shop, one)] == [stays["id"]]
    assert [o["id"] for o in orders_of(shop, third["id"])] == [gone["id"]]
    assert broken(shop) == {}


def test_a_merge_is_undone_at_another_table_when_the_old_one_is_taken(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 2)["id"]
    ok(merge(shop, one, two))
    seat(floor, 1)
    before = shop.counters(), orders_of(shop, two)
    refused = act(shop, one, "unmerge")
    assert (refused.status_code, refused.json()["code"]) == (409, "table-occupied")
    assert (shop.counters()[0], orders_of(shop, two)) == (before[0][0], before[1])

    apart = ok(act(shop, one, "unmerge", table_id=str(floor.table(4))))

    assert apart["table"]["number"] == orders_of(shop, one)[0]["table"]["number"] == 4
    assert broken(shop) == {}


def test_the_party_that_was_joined_may_have_moved_meanwhile(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 2, 1)["id"]
    ok(merge(shop, one, two))
    ok(move(floor, two, 3))
    ok(act(shop, one, "unmerge"))
    places = [orders_of(shop, id_)[0]["table"]["number"] for id_ in (one, two)]
    assert places == [1, 3]
    assert broken(shop) == {}


def test_what_is_no_merge_is_not_undone(shop: Shop) -> None:
    floor = Floor(shop)
    one, two, closed = (seat(floor, number)["id"] for number in (1, 2, 3))
    ok(act(shop, closed, "close"))
    ok(merge(shop, one, two))
    before = shop.counters()

    refused = [act(shop, id_, "unmerge") for id_ in (two, closed)]
    merged = act(shop, one, "reopen")

    codes = [(answer.status_code, answer.json()["code"]) for answer in refused]
    assert codes == [(409, "session-not-merged")] * 2
    assert (merged.status_code, merged.json()["code"]) == (409, "session-merged")
    assert merged.json()["merged_into_id"] == two
    assert act(shop, str(uuid4()), "unmerge").status_code == 404
    assert shop.counters() == before


def test_a_merge_stays_once_the_visit_or_the_day_is_over(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 2)["id"]
    ok(merge(shop, one, two))
    with clock.held_at(clock.now() + timedelta(days=1)):
        # The token that this client gets is tomorrow's.
        late = shop.client(Role.OWNER).post(f"/sessions/{one}/unmerge", json={})
    assert (late.status_code, late.json()["code"]) == (409, "business-day-over")
    serve_all(shop, two)
    ok(act(shop, two, "close"))
    over = act(shop, one, "unmerge")
    assert (over.status_code, over.json()["code"]) == (409, "session-not-open")

    ok(act(shop, two, "reopen"))
    ok(act(shop, one, "unmerge"))
    assert broken(shop) == {}


def test_the_kitchen_works_on_through_a_merge(shop: Shop) -> None:
    floor = Floor(shop)
    one, two = seat(floor, 1, 1)["id"], seat(floor, 2)["id"]
    [placed] = orders_of(shop, one)
    ok(merge(shop, one, two))
    path = f"/orders/{placed['id']}"
    moved = ok(shop.kitchen.patch(path, json={"status": "preparing"}))
    assert (moved["session_id"], moved["status"]) == (two, "preparing")
    ok(shop.staff.post(f"{path}/cancel", json={"reason_code": "guest_request"}))
    assert broken(shop) == {}
