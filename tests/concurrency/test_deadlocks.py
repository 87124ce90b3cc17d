"""Nothing that is done in a store deadlocks with its orders, or with anything else.

PostgreSQL ends a deadlock after a second and the transaction is run again, so that all answers may
be right and the store has stood still: the server's own count says it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.local.processes import wait_until
from app.main import create_app
from app.services.orders import ordering
from tests.support import storm
from tests.support.floor import created, order_body
from tests.support.meanwhile import meanwhile
from tests.support.menu_building import ok
from tests.support.racing import sender
from tests.support.server import live_server
from tests.support.shops import open_shop
from tests.support.storm import Deed, Hand, House

FIRST = "UPDATE items SET stock = stock - 1 WHERE id = %(first)s"
SECOND = "UPDATE items SET stock = stock - 1 WHERE id = %(second)s"
PATIENT = 1_000
"""So often an order is priced again while the menu changes all the time."""
SEEDS = 10
"""More would wait for connections: each of them is busy with one request."""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
OTHERS = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture(autouse=True)
def _patient_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 503 says that somebody waited in vain, and not that the menu was never the same twice."""
    monkeypatch.setattr(ordering, "ATTEMPTS", PATIENT)


@contextmanager
def houses(database_url: str, data_dir: Path, count: int = 1) -> Iterator[list[House]]:
    """Stores of a service of their own; when it ends there has been no deadlock in its database."""
    settings = Settings(
        database_url=SecretStr(database_url),
        data_dir=data_dir,
        rate_limit_per_minute=0,
        address_limit_per_minute=0,
        database_pool_size=2 * SEEDS * count,
        # A slow machine is no deadlock.
        database_lock_timeout_ms=20_000,
        database_statement_timeout_ms=20_000,
    )
    with psycopg.connect(database_url, autocommit=True) as watching:
        before, others = watching.execute(DEADLOCKS).fetchone(), _pids(watching)
        app = create_app(settings)
        with live_server(app) as url:
            shops = [open_shop(url, app.state.runtime, database_url) for _ in range(count)]
            try:
                yield [House(shop) for shop in shops]
            finally:
                for shop in shops:
                    shop.close()
        # What a connection has counted is told when it ends.
        wait_until(lambda: _pids(watching) <= others, 20)
        assert watching.execute(DEADLOCKS).fetchone() == before


def _pids(watching: psycopg.Connection) -> set[int]:
    return {row[0] for row in watching.execute(OTHERS)}


@pytest.mark.parametrize(
    "deeds",
    [
        pytest.param(storm.CANCELS, id="cancels"),
        pytest.param(storm.BASKETS, id="baskets"),
        pytest.param(storm.MENU, id="menu"),
        pytest.param(storm.FLOOR, id="floor"),
    ],
)
def test_orders_go_on_whatever_is_changed(
    database_url: str, tmp_path: Path, deeds: list[Deed]
) -> None:
    with houses(database_url, tmp_path) as [house]:
        ordering = {Hand(house, seed): [storm.order] for seed in range(5)}
        changing = {Hand(house, seed): deeds for seed in range(5, SEEDS)}
        answers = storm.run({**ordering, **changing}, 20)

    assert [one.text for one in answers if one.is_server_error] == []


def test_everything_is_done_at_once(database_url: str, tmp_path: Path) -> None:
    every = [*storm.CANCELS, *storm.BASKETS, *storm.MENU, *storm.FLOOR, *[storm.order] * 10]
    with houses(database_url, tmp_path, 2) as both:
        hands = {Hand(house, seed): every for house in both for seed in range(SEEDS)}
        answers = storm.run(hands, 25)

    assert [one.text for one in answers if one.is_server_error] == []


def test_a_forced_close_gives_back_by_the_ids_of_dishes(database_url: str, tmp_path: Path) -> None:
    """Not by its orders: another close, or an order, has them the other way round."""
    with houses(database_url, tmp_path) as [house]:
        staff, dishes = house.shop.manager, sorted(house.dishes[name] for name in storm.COUNTED)
        party = created(staff, f"/tables/{house.tables[0]}/sessions", {})["id"]
        for dish in reversed(dishes):
            body = order_body(dish, 1) | {"session_id": party}
            ok(staff.post("/orders", json=body, headers={"Idempotency-Key": dish}), 201)
        close = sender(staff, "POST", f"/sessions/{party}/close", {"force": True, "reason": "-"})

        closed = meanwhile(house.shop, close, FIRST, SECOND, first=dishes[0], second=dishes[1])

    assert ok(closed)["status"] == "closed"


@pytest.mark.parametrize("deed", [storm.put_set, storm.copy_item])
def test_a_set_is_held_with_what_it_offers_by_the_ids(
    database_url: str, tmp_path: Path, deed: Deed
) -> None:
    """Not the set first: an order of counted ones has the dishes before, which are older."""
    with houses(database_url, tmp_path) as [house]:
        hand = Hand(house, 0)
        ids = {"first": house.dishes["stew"], "second": house.dishes["set"]}

        answer = meanwhile(house.shop, lambda: deed(hand), FIRST, SECOND, **ids)
        hand.close()

    assert answer.is_success, answer.text
