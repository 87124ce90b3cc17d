"""Two releases in one store, where only the newer one knows what the schema holds."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.demo.loading import DEMO_PASSWORD
from tests.support import migration
from tests.support.release import Place, run, serving, visit

pytestmark = pytest.mark.slow

Json = dict[str, Any]
FAULT = 500


class Floor:
    """The demo store as one version's server shows it."""

    def __init__(self, address: str, open_with_us: ExitStack) -> None:
        self.address = address
        self._clients = open_with_us
        self.owner = self._client()
        who = {"store_code": "hanok", "username": "owner", "password": DEMO_PASSWORD}
        signed_in = self.owner.post("/auth/login", json=who).raise_for_status().json()
        self.owner.headers["Authorization"] = f"Bearer {signed_in['access_token']}"

    def _client(self) -> httpx.Client:
        client = httpx.Client(base_url=f"{self.address}/api/v1", timeout=20, trust_env=False)
        return self._clients.enter_context(client)

    def get(self, path: str) -> Json:
        answer = self.owner.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        body: Json = answer.json()
        return body

    def free_tables(self) -> list[str]:
        entries = self.get("/tables/board")["tables"]
        return [one["table"]["id"] for one in entries if one["session"] is None]

    def tablet(self, table_id: str) -> httpx.Client:
        code = self.owner.post(f"/tables/{table_id}/pairing-codes").raise_for_status().json()
        tablet = self._client()
        wanted = {"code": code["code"], "device_name": "a tablet"}
        paired = tablet.post("/auth/pair", json=wanted).raise_for_status().json()
        tablet.headers["Authorization"] = f"Bearer {paired['access_token']}"
        return tablet


def plain_item(floor: Floor) -> str:
    """A dish that can be ordered without choosing anything."""
    for category in floor.get("/menu")["categories"]:
        for item in category["items"]:
            # Sets have slots; old menus name none.
            asks = any(group["min_select"] for group in item["option_groups"]) or item.get("set")
            if item["availability"]["status"] == "available" and not asks:
                found: str = item["id"]
                return found
    raise AssertionError("every dish asks for something")


def order(tablet: httpx.Client, item_id: str) -> httpx.Response:
    lines = [{"item_id": item_id, "quantity": 1}]
    headers = {"Idempotency-Key": str(uuid4())}
    return tablet.post("/orders", json={"lines": lines}, headers=headers)


def plan_a_happy_hour(floor: Floor) -> None:
    """Without dates that differ: only today's code knows those."""
    path = f"/menu/items/{plain_item(floor)}"
    windows = [{"weekday": 1, "start": "15:00", "end": "17:00"}]
    tag = {"If-Match": floor.owner.get(path).headers["ETag"]}
    happy = [{"price": 100, "windows": windows}]
    floor.owner.put(f"{path}/happy-hours", json=happy, headers=tag).raise_for_status()


class Both(NamedTuple):
    """Two servers on one database that the release before has filled."""

    source: Path
    place: Place
    before: Floor
    today: Floor


@pytest.fixture
def both(old: Path, migrated: Place) -> Iterator[Both]:
    run(old, migrated, "app.cli", "demo")
    with ExitStack() as stack:
        after = stack.enter_context(serving(migration.ROOT, migrated))
        before = stack.enter_context(serving(old, migrated))
        yield Both(old, migrated, Floor(before, stack), Floor(after, stack))


def test_the_release_before_reads_what_todays_code_has_written(both: Both) -> None:
    visit(migration.ROOT, both.place, both.today.address)
    visit(both.source, both.place, both.before.address)
    plan_a_happy_hour(both.today)

    for floor, source in ((both.before, both.source), (both.today, migration.ROOT)):
        document = json.loads((source / "openapi.json").read_text())
        asked = [
            path
            for path, operations in document["paths"].items()
            if "get" in operations and "{" not in path and "stream" not in path
        ]
        assert {"/api/v1/tables/board", "/api/v1/orders", "/api/v1/sessions"} <= set(asked)
        for path in asked:
            answer = floor.owner.get(floor.address + path)
            # An old one is not ready on a schema that it doesn't know.
            assert answer.status_code < FAULT or path.endswith("/ready"), f"{path}: {answer.text}"
        for kind in ("orders", "sessions"):
            found = floor.get(f"/{kind}")["data"]
            assert found
            for one in found:
                floor.get(f"/{kind}/{one['id']}")


def test_a_linked_tables_order_is_the_partys_on_every_replica(both: Both) -> None:
    today = both.today
    own, linked, *_ = today.free_tables()
    item = plain_item(today)
    placed = order(today.tablet(own), item).raise_for_status().json()
    link = {"table_ids": [linked]}
    path = f"/sessions/{placed['session_id']}/tables"
    today.owner.put(path, json=link).raise_for_status()

    for floor in (both.before, today):
        answer = order(floor.tablet(linked), item)
        assert answer.status_code == 201, answer.text
        assert answer.json()["session_id"] == placed["session_id"]
        assert answer.json()["table"]["id"] == own


def test_holding_a_guests_first_order_means_the_same_to_both(both: Both) -> None:
    """The release before reads and writes the column; today's code, the acceptance."""

    def held() -> tuple[bool, str]:
        with psycopg.connect(both.place.url) as connection:
            row = connection.execute(
                "SELECT guest_first_order_held, order_acceptance ->> 'guest' FROM stores"
                " WHERE code = 'hanok'"
            ).fetchone()
        assert row is not None
        return bool(row[0]), str(row[1])

    def patch(change: Json) -> None:
        tag = both.today.owner.get("/store").headers["ETag"]
        today = {"If-Match": tag}
        both.today.owner.patch("/store", json=change, headers=today).raise_for_status()

    def write(value: bool) -> None:
        with psycopg.connect(both.place.url) as connection:
            connection.execute(
                "UPDATE stores SET guest_first_order_held = %s WHERE code = 'hanok'", [value]
            )

    patch({"order_acceptance": {"tablet": "auto", "guest": "staff", "pos": "auto"}})
    assert held() == (True, "staff")
    patch({"order_acceptance": {"tablet": "auto", "guest": "auto", "pos": "auto"}})
    assert held() == (False, "auto")
    write(value=True)
    assert held() == (True, "first_order")
    assert both.today.get("/store")["order_acceptance"]["guest"] == "first_order"
    write(value=False)
    assert held() == (False, "auto")


def test_a_store_that_the_release_before_opens_can_be_called_from(both: Both) -> None:
    for source, code in ((both.source, "before"), (migration.ROOT, "today")):
        words = ("--code", code, "--name", code, "--timezone", "Asia/Seoul", "--currency", "KRW")
        run(
            source,
            both.place,
            "app.cli",
            "store",
            "create",
            *words,
            *("--language", "ko", "--owner", "owner"),
        )

    with psycopg.connect(both.place.url) as connection:
        rows = connection.execute(
            "SELECT s.code, jsonb_agg(jsonb_build_array(t.code, t.names, t.max_quantity,"
            " t.cooldown_seconds, t.active) ORDER BY t.position)"
            " FROM service_request_types t JOIN stores s USING (store_id)"
            " WHERE s.code IN ('before', 'today') GROUP BY s.code"
        ).fetchall()
    types: dict[str, list[Any]] = dict(rows)
    assert len(types["before"]) == 7
    assert types["before"] == types["today"]
