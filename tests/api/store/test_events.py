"""The live stream and the log."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.floor import Floor, order_body
from tests.support.shops import Shop
from tests.support.streams import listening
from tests.support.traffic import own_connection


def order(floor: Floor, number: int) -> dict[str, Any]:
    response = floor.tablet(number).post(
        "/orders", json=order_body(floor.stew, 1), headers={"Idempotency-Key": str(uuid4())}
    )
    answer: dict[str, Any] = response.json()
    return answer


def test_the_kitchen_hears_an_order_with_its_number(shop: Shop) -> None:
    floor = Floor(shop)
    floor.tablet(3)

    with listening(shop.kitchen) as heard:
        placed = order(floor, 3)
        opened, created = heard.get(timeout=3), heard.get(timeout=3)

    assert opened is not None
    assert created is not None
    assert (opened[1], created[1]) == ("session.opened", "order.created")
    assert created[2]["seq"] == int(created[0] or 0) == shop.counters()[0]
    assert created[2]["data"] == shop.kitchen.get(f"/orders/{placed['id']}").json()


def test_a_reconnect_misses_nothing_and_repeats_nothing(shop: Shop) -> None:
    floor = Floor(shop)
    order(floor, 1)
    head = shop.counters()[0]
    order(floor, 1)
    order(floor, 1)

    with listening(shop.kitchen, str(head)) as heard:
        order(floor, 1)
        ids = [event[0] for event in (heard.get(timeout=3) for _ in range(3)) if event]

    assert ids == [str(head + step) for step in (1, 2, 3)]


@pytest.mark.parametrize("last", ["abc", "-1", "999999", "1.5"])
def test_an_unusable_position_gets_one_resync(shop: Shop, last: str) -> None:
    floor = Floor(shop)
    order(floor, 1)
    head = shop.counters()[0]

    with listening(shop.kitchen, last) as heard:
        resync = heard.get(timeout=3)
        order(floor, 1)
        live = heard.get(timeout=3)

    assert resync == (str(head), "resync", {"event_seq": head})
    assert live is not None
    assert live[0] == str(head + 1)


def test_a_tablet_hears_its_own_table_only(shop: Shop) -> None:
    floor = Floor(shop)
    own = floor.tablet(1)
    floor.tablet(2)

    with listening(own) as heard:
        order(floor, 2)
        mine = order(floor, 1)
        opened, created = heard.get(timeout=3), heard.get(timeout=3)

    assert opened is not None
    assert created is not None
    assert opened[2]["data"]["table"]["number"] == 1
    assert created[2]["data"]["id"] == mine["id"]


def test_the_next_party_is_told_nothing_of_the_last_one(shop: Shop) -> None:
    floor = Floor(shop)
    placed = order(floor, 1)
    shop.kitchen.patch(f"/orders/{placed['id']}", json={"status": "served"})
    assert shop.staff.post(f"/sessions/{placed['session_id']}/close", json={}).is_success

    with listening(floor.tablet(1), "1") as heard:
        first = heard.get(timeout=3)

    assert first is not None
    assert first[1] == "resync"
    assert floor.tablet(1).get("/session").status_code == 404
    assert floor.tablet(1).get("/orders").json()["data"] == []
    assert floor.tablet(1).get(f"/orders/{placed['id']}").status_code == 404


def test_the_log_is_read_in_stretches(shop: Shop) -> None:
    floor = Floor(shop)
    order(floor, 1)
    head = shop.counters()[0]

    seqs, after, more = [], 0, True
    while more:
        page = shop.staff.get("/events", params={"after": after, "limit": 2}).json()
        seqs += [event["seq"] for event in page["data"]]
        after, more = page["next_after"], page["has_more"]

    assert seqs == list(range(1, head + 1))
    beyond = shop.staff.get("/events", params={"after": head + 1})
    assert (beyond.status_code, beyond.json()["code"]) == (410, "cursor-expired")


def test_the_head_of_a_stream_is_all_of_it(shop: Shop) -> None:
    """It ends at once, so that its connection and its place among the open streams are free."""
    limit = shop.runtime.settings.streams_per_credential

    with own_connection(shop.kitchen) as client:
        heads = [client.head("/events/stream") for _ in range(limit + 1)]
        assert client.get("/auth/me").status_code == 200

    assert {head.status_code for head in heads} == {200}
    assert {head.headers["Content-Type"] for head in heads} == {"text/event-stream; charset=utf-8"}
    assert {head.content for head in heads} == {b""}
    with listening(shop.kitchen) as heard:
        order(Floor(shop), 1)
        assert heard.get(timeout=3) is not None
