"""What can be asked for: one list with one version, in the guests' languages, never forgotten."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from app.core.runtime import Runtime
from app.core.security.passwords import PasswordHasher
from app.core.security.permissions import Role
from app.schemas.store import StoreInput
from app.services.calls.defaults import DEFAULT_TYPES
from app.services.store.opening import StoreOpeningService
from tests.support.calls import SPOONS, STAFF, WATER, CallFloor, put_types, read
from tests.support.menu_building import if_match, ok
from tests.support.parties import audits
from tests.support.shops import Json, Shop

PATH = "/service-request-types"


def names(client: httpx.Client, **params: str) -> list[str]:
    return [one["name"] for one in ok(client.get(PATH, params=params))["data"]]


def test_tables_read_the_list_in_their_language(shop: Shop) -> None:
    floor = CallFloor(shop)
    tablet = floor.tablet(7)
    shown = ok(tablet.get(PATH))
    assert [one["name"] for one in shown["data"]] == ["물", "수저", "직원 호출"]
    assert {one["names"] for one in shown["data"]} == {None}
    tablet.headers["Accept-Language"] = "en"
    # What has no English name is shown in the store's own language.
    assert names(tablet) == ["Water", "Cutlery", "직원 호출"]
    staff = ok(shop.staff.get(PATH))
    assert staff["data"][0]["names"] == {"ko": "물", "en": "Water"}
    assert (staff["data"][0]["max_quantity"], staff["data"][2]["cooldown_seconds"]) == (5, 60)


def test_the_list_is_put_whole(shop: Shop) -> None:
    CallFloor(shop)
    before = ok(shop.manager.get(PATH))
    water, spoons, staff = before["data"]
    wanted = [
        STAFF | {"id": staff["id"]},
        {"name": {"ko": "앞치마", "en": "Apron"}, "max_quantity": 4},
        WATER | {"id": water["id"], "name": {"ko": "얼음물", "en": "Ice water"}},
    ]
    seen = shop.counters()[0]
    archived = Counter(names(shop.manager, archived="true"))

    after = put_types(shop, wanted, before["version"])

    assert after == ok(shop.manager.get(PATH))
    assert after["version"] == before["version"] + 1
    assert [one["name"] for one in after["data"]] == ["직원 호출", "앞치마", "얼음물"]
    assert [one["position"] for one in after["data"]] == [0, 1, 2]
    assert (after["data"][0]["id"], after["data"][2]["id"]) == (staff["id"], water["id"])
    assert Counter(names(shop.manager, archived="true")) - archived == Counter(["수저"])
    [(kind, data)] = shop.events(seen)
    assert (kind, data["kind"], data["version"]) == (
        "menu.changed",
        "service_request_types",
        after["version"],
    )
    [_, (target, _, details)] = audits(shop, "service-request-types-changed")
    assert target == str(shop.id)
    assert [one["names"]["ko"] for one in details["before"]] == ["물", "수저", "직원 호출"]
    # The archived one comes back with its id and its history.
    back = put_types(shop, [SPOONS | {"id": spoons["id"]}])
    assert [one["id"] for one in back["data"]] == [spoons["id"]]
    assert back["data"][0]["archived_at"] is None


def test_the_same_list_changes_nothing(shop: Shop) -> None:
    CallFloor(shop)
    before = ok(shop.manager.get(PATH))
    kept = ("id", "code", "max_quantity", "cooldown_seconds", "active")
    same = [{name: one[name] for name in kept} | {"name": one["names"]} for one in before["data"]]
    counters = shop.counters()
    assert put_types(shop, same, before["version"]) == before
    assert shop.counters() == counters


def test_what_is_switched_off_is_hidden_from_tables(shop: Shop) -> None:
    floor = CallFloor(shop)
    put_types(shop, [WATER | {"id": floor.types["water"], "active": False}, SPOONS])
    assert names(floor.tablet(7)) == ["수저"]
    assert names(floor.tablet(7), archived="true") == ["수저"]
    assert names(shop.staff) == ["물", "수저"]


def test_a_call_keeps_the_names_that_were_asked_for(shop: Shop) -> None:
    floor = CallFloor(shop)
    call = floor.calls(floor.tablet(7), water=1)
    put_types(shop, [WATER | {"id": floor.types["water"], "name": {"ko": "생수"}}])
    assert read(shop, call)["items"][0]["name"] == "물"
    put_types(shop, [])
    assert read(shop, call)["items"][0]["name"] == "물"


def refusals() -> Iterator[tuple[Json, dict[str, str], int, str]]:
    listed: Json = {"types": [WATER]}
    yield listed, {}, 428, "precondition-required"
    yield listed, if_match(1), 412, "version-mismatch"
    current = if_match(2)
    yield {"types": [WATER | {"name": {"en": "Water"}}]}, current, 422, "invalid-request"
    yield {"types": [WATER | {"name": {}}]}, current, 422, "invalid-request"
    yield {"types": [WATER | {"max_quantity": 0}]}, current, 422, "invalid-request"
    yield {"types": [WATER | {"cooldown_seconds": 3601}]}, current, 422, "invalid-request"
    yield {"types": [WATER | {"code": "Wasser!"}]}, current, 422, "invalid-request"
    yield {"types": [WATER] * 51}, current, 422, "invalid-request"
    stranger = "01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"
    yield {"types": [WATER | {"id": stranger}]}, current, 404, "not-found"


@pytest.mark.parametrize(("body", "headers", "status", "code"), list(refusals()))
def test_a_list_that_is_refused_changes_nothing(
    shop: Shop, body: Json, headers: dict[str, str], status: int, code: str
) -> None:
    CallFloor(shop)
    before = (ok(shop.manager.get(PATH)), shop.counters())
    answer = shop.manager.put(PATH, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 412:
        assert answer.headers["ETag"] == '"2"'
    assert (ok(shop.manager.get(PATH)), shop.counters()) == before


def test_a_type_stands_there_once(shop: Shop) -> None:
    floor = CallFloor(shop)
    twice = {"types": [WATER | {"id": floor.types["water"]}] * 2}
    answer = shop.manager.put(PATH, json=twice, headers=if_match(2))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


@pytest.mark.parametrize("role", [Role.STAFF, Role.KITCHEN])
def test_the_list_is_the_managers(shop: Shop, role: Role) -> None:
    client = shop.client(role)
    assert client.get(PATH).is_success
    answer = client.put(PATH, json={"types": []}, headers=if_match(1))
    assert answer.status_code == 403
    assert ok(shop.manager.get(PATH))["version"] == 1


def test_a_new_store_begins_with_a_list(app: FastAPI, shop: Shop) -> None:
    runtime: Runtime = app.state.runtime

    async def open_store() -> list[tuple[str, dict[str, str]]]:
        own = Runtime(runtime.settings)
        passwords = PasswordHasher()
        wanted = StoreInput(
            code=f"new-{shop.code}",
            name="새 식당",
            timezone="Asia/Seoul",
            currency="KRW",
            default_language="ko",
            languages=[],
            owner="owner",
        )
        try:
            async with own.database.transaction() as unit:
                opened = await StoreOpeningService(unit, passwords).open(wanted)
            found = shop.rows(
                "SELECT code, names FROM service_request_types WHERE store_id = %(new)s"
                " ORDER BY position",
                new=opened.store_id,
            )
        finally:
            passwords.close()
            await own.close()
        return [(row[0], row[1]) for row in found]

    made = asyncio.run(open_store())

    assert made == [(one.code, one.names) for one in DEFAULT_TYPES]
    assert {tuple(sorted(texts)) for _, texts in made} == {("en", "ja", "ko", "zh-Hans")}
