"""Data is destroyed; the restore brings back what was acknowledged before, and nothing after."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr

from app.core import clock
from app.core.config import Settings
from app.main import create_app
from tests.backup.house import House, opened_house
from tests.support.floor import Floor, order_body
from tests.support.invariants import broken
from tests.support.server import live_server
from tests.support.shops import Shop, open_shop


@contextmanager
def service(house: House, shop: Shop | None = None) -> Iterator[Shop]:
    """The service on the house's database, with a new store or one that was there before."""
    settings = Settings(database_url=SecretStr(house.url()), data_dir=house.folder / "media")
    app = create_app(settings)
    with live_server(app) as url:
        opened = (
            Shop(shop.id, shop.code, url, app.state.runtime, house.url())
            if shop
            else open_shop(url, app.state.runtime, house.url())
        )
        yield opened
        opened.close()


def place(floor: Floor, count: int) -> list[str]:
    """Place orders at table 1; the ids of those that were acknowledged."""
    placed = []
    for _ in range(count):
        answer = floor.tablet(1).post(
            "/orders", json=order_body(floor.stew, 1), headers={"Idempotency-Key": str(uuid4())}
        )
        assert answer.status_code == 201, answer.text
        placed.append(answer.json()["id"])
    return placed


def orders(shop: Shop) -> set[str]:
    return {row[0] for row in shop.rows("SELECT id::text FROM orders")}


@dataclass
class Evening:
    """What was ordered before and after an instant; then all of it was destroyed."""

    house: House
    shop: Shop
    floor: Floor
    kept: set[str]
    instant: str


@pytest.fixture(scope="module")
def evening() -> Iterator[Evening]:
    with opened_house() as house:
        with service(house) as shop:
            floor = Floor(shop)
            early = place(floor, 3)
            house.db("backup", "--type=full")
            late = place(floor, 5)
            instant = clock.now().isoformat()
            place(floor, 2)
        with psycopg.connect(house.url("postgres")) as vandal:
            vandal.execute("TRUNCATE orders CASCADE")
            vandal.execute("UPDATE stores SET name = 'gone'")
        house.db("check")  # what came after the instant is in the archive too
        yield Evening(house, shop, floor, {*early, *late}, instant)


def test_a_running_server_is_never_overwritten(evening: Evening) -> None:
    house = evening.house
    said = house.refused("restore", "--at", evening.instant, "--yes")
    assert "A server runs on" in said
    house.stop()
    planned = house.cli("db", "restore", "--at", evening.instant)
    assert planned.returncode == 0
    assert "OVERWRITING the database" in planned.stderr
    assert "Nothing was done yet" in planned.stderr
    house.start()
    assert orders(evening.shop) == set()


def test_the_instant_before_the_damage_comes_back(evening: Evening) -> None:
    house, floor = evening.house, evening.floor
    house.stop()
    house.db("restore", "--at", evening.instant, "--yes")
    # Standbys copy these settings with the rest: they would look for pgBackRest, and stop at that instant.
    settings = (house.data / "postgresql.auto.conf").read_text()
    assert "restore_command" not in settings
    assert "recovery_target" not in settings
    house.start()

    assert orders(evening.shop) == evening.kept
    with service(house, evening.shop) as shop:
        assert broken(shop) == {}
        assert shop.staff.get("/store").json()["name"] != "gone"
        # The next order takes the next number: those that are gone have never been.
        floor.shop = shop
        place(floor, 1)
        numbers = [row[0] for row in shop.rows("SELECT number FROM orders ORDER BY number")]
        assert numbers == list(range(1, 10))
        assert broken(shop) == {}
    # The new course of things is archived, and can be brought back as well.
    house.db("backup", "--type=diff")
    house.db("verify")


def test_a_copy_is_restored_beside_the_running_server(house: House) -> None:
    copy = house.folder / "copy"
    house.db("restore", "--target", str(copy), "--yes")
    assert "archive_mode = 'off'" in (copy / "postgresql.auto.conf").read_text()
    again = house.refused("restore", "--target", str(house.folder), "--yes")
    assert "holds files that are no database" in again
    # A second time goes over the first one, when it is confirmed.
    house.db("restore", "--target", str(copy), "--yes")
