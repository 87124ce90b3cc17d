"""Two stores side by side: neither learns anything of the other."""

import psycopg
import pytest

from tests.support.floor import Floor, order_body
from tests.support.shops import Shop

CANARY = "canary-7f3a"


def test_another_stores_things_do_not_exist(shop: Shop, other_shop: Shop) -> None:
    floor = Floor(other_shop)
    order = (
        floor.tablet(1)
        .post(
            "/orders",
            json=order_body(floor.stew, 1) | {"note": CANARY},
            headers={"Idempotency-Key": "k"},
        )
        .json()
    )
    unknown = "01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"
    things = {
        "/orders/{}": order["id"],
        "/sessions/{}": order["session_id"],
        "/tables/{}": order["table"]["id"],
        "/tables/{}/session": order["table"]["id"],
        "/menu/items/{}": floor.stew,
    }
    for path, id_ in things.items():
        theirs = shop.manager.get(path.format(id_))
        nobodys = shop.manager.get(path.format(unknown))
        assert (theirs.status_code, nobodys.status_code) == (404, 404)
        assert theirs.json() | {"request_id": ""} == nobodys.json() | {"request_id": ""}
    for path in ("/orders", "/sessions", "/tables", "/tables/board", "/menu", "/events"):
        listed = shop.manager.get(path)
        assert listed.status_code == 200
        assert CANARY not in listed.text
        assert order["id"] not in listed.text


def test_another_stores_things_can_not_be_changed(shop: Shop, other_shop: Shop) -> None:
    mine, theirs = Floor(shop), Floor(other_shop)
    order = (
        theirs.tablet(1)
        .post("/orders", json=order_body(theirs.stew, 1), headers={"Idempotency-Key": "k"})
        .json()
    )
    before = other_shop.counters()

    answers = [
        shop.kitchen.patch(f"/orders/{order['id']}", json={"status": "ready"}),
        shop.staff.post(f"/sessions/{order['session_id']}/close", json={}),
        shop.staff.post(f"/tables/{order['table']['id']}/sessions", json={}),
        shop.staff.post(f"/tables/{order['table']['id']}/pairing-codes"),
        shop.manager.delete(f"/tables/{order['table']['id']}"),
        shop.staff.post(
            "/orders",
            json=order_body(mine.stew, 1) | {"session_id": order["session_id"]},
            headers={"Idempotency-Key": "k"},
        ),
        shop.staff.post(
            "/orders",
            json=order_body(mine.stew, 1) | {"table_id": order["table"]["id"]},
            headers={"Idempotency-Key": "k2"},
        ),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert other_shop.counters() == before


def test_the_databases_wall_stands_without_the_service(
    shop: Shop, other_shop: Shop, database_url: str
) -> None:
    Floor(other_shop)
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE table_order_app")
        connection.execute("SELECT set_config('app.store_id', %s, true)", (str(shop.id),))
        stores = connection.execute("SELECT store_id FROM stores").fetchall()
        items = connection.execute("SELECT count(*) FROM items").fetchone()
        assert stores == [(shop.id,)]
        assert items == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO areas (store_id, id, name, position, created_at, updated_at, version)"
                " VALUES (%s, gen_random_uuid(), 'x', 0, now(), now(), 1)",
                (other_shop.id,),
            )
