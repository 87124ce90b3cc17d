"""Tablets and screens: listed, renamed, moved to another table, revoked."""

from uuid import uuid4

import httpx
import pytest

from tests.support.credentials import pair, pair_screen, post, streaming_ends
from tests.support.floor import Floor, order_body
from tests.support.shops import Json, Shop


def devices(shop: Shop, **query: str) -> list[Json]:
    listed = shop.manager.get("/devices", params=query)
    assert listed.status_code == 200, listed.text
    rows: list[Json] = listed.json()["data"]
    return rows


def change(shop: Shop, device: Json, body: Json, version: int | None = None) -> httpx.Response:
    headers = {"If-Match": f'"{version or device["version"]}"'}
    return shop.manager.patch(f"/devices/{device['id']}", json=body, headers=headers)


def audited(shop: Shop) -> list[str]:
    query = "SELECT action FROM audit_entries WHERE store_id = %(store)s ORDER BY id"
    return [action for (action,) in shop.rows(query) if action.startswith("device-")]


def order(client: httpx.Client, floor: Floor) -> httpx.Response:
    body = order_body(floor.stew, 1)
    return client.post("/orders", json=body, headers={"Idempotency-Key": str(uuid4())})


def test_a_paired_tablet_is_listed(shop: Shop) -> None:
    floor = Floor(shop)
    pair(shop, floor.table(7), "7번 태블릿")

    [device] = devices(shop)

    assert (device["name"], device["kind"], device["table_id"], device["revoked_at"]) == (
        "7번 태블릿",
        "table",
        str(floor.table(7)),
        None,
    )
    assert device["paired_at"] <= device["last_seen_at"]
    assert [(type_, data) for type_, data in shop.events() if type_ == "device.paired"] == [
        ("device.paired", device)
    ]
    assert shop.staff.get("/devices").status_code == 403


def test_a_device_is_seen_when_it_refreshes(shop: Shop) -> None:
    tablet = pair(shop, Floor(shop).table(7))
    [before] = devices(shop)

    tablet.refresh()

    [after] = devices(shop)
    assert after["last_seen_at"] > before["last_seen_at"]
    assert after["version"] == before["version"]


def test_the_list_has_pages(shop: Shop) -> None:
    floor = Floor(shop)
    for name in ("a", "b", "c"):
        pair(shop, floor.table(7), name)

    first = shop.manager.get("/devices", params={"limit": 2}).json()
    second = shop.manager.get("/devices", params={"limit": 2, "cursor": first["next_cursor"]})

    assert [one["name"] for one in first["data"] + second.json()["data"]] == ["c", "b", "a"]
    assert second.json()["next_cursor"] is None


def test_a_change_needs_the_version_that_was_read(shop: Shop) -> None:
    pair(shop, Floor(shop).table(7))
    [device] = devices(shop)

    missing = shop.manager.patch(f"/devices/{device['id']}", json={"name": "x"})
    stale = change(shop, device, {"name": "x"}, version=9)
    renamed = change(shop, device, {"name": "창가"})

    assert (missing.status_code, stale.status_code) == (428, 412)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "창가")
    assert renamed.headers["ETag"] == '"2"'
    assert devices(shop) == [renamed.json()]
    assert audited(shop) == ["device-paired", "device-changed"]


def test_a_moved_tablet_speaks_for_its_new_table_without_signing_in_again(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = pair(shop, floor.table(7))
    old = order(tablet.http, floor).json()
    [device] = devices(shop)

    moved = change(shop, device, {"table_id": str(floor.table(8))})

    assert (moved.status_code, moved.json()["table_id"]) == (200, str(floor.table(8)))
    refused = order(tablet.http, floor)
    assert (refused.status_code, refused.json()["code"]) == (401, "token-expired")
    assert tablet.refresh().me()["table_id"] == str(floor.table(8))
    assert tablet.http.get("/orders").json()["data"] == []
    assert tablet.http.get(f"/orders/{old['id']}").status_code == 404
    assert order(tablet.http, floor).json()["table"]["number"] == 8


def test_a_tablet_that_moves_there_and_back_needs_a_new_token_each_time(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = pair(shop, floor.table(7))
    for number in (8, 7, 8):
        [device] = devices(shop)
        assert change(shop, device, {"table_id": str(floor.table(number))}).is_success
        assert tablet.http.get("/session").status_code == 401
        tablet.refresh()
        assert tablet.http.get("/session").json()["code"] == "not-found"


def test_the_stream_of_a_moved_tablet_ends(shop: Shop) -> None:
    floor = Floor(shop)
    tablet = pair(shop, floor.table(7))
    [device] = devices(shop)

    assert streaming_ends(
        shop, tablet.http, lambda: change(shop, device, {"table_id": str(floor.table(8))})
    )


@pytest.mark.parametrize("wanted", ["unknown", "archived"])
def test_a_tablet_moves_to_a_live_table_only(shop: Shop, wanted: str) -> None:
    floor = Floor(shop)
    tablet = pair(shop, floor.table(7))
    [device] = devices(shop)
    target = uuid4() if wanted == "unknown" else floor.table(8)
    if wanted == "archived":
        shop.manager.delete(f"/tables/{target}")

    assert change(shop, device, {"table_id": str(target)}).status_code in (404, 422)

    assert devices(shop) == [device]
    assert tablet.me()["table_id"] == str(floor.table(7))


def test_a_revoked_device_is_out_and_stays_in_the_archive(shop: Shop) -> None:
    floor = Floor(shop)
    tablet, other = pair(shop, floor.table(7), "lost"), pair(shop, floor.table(7), "kept")
    lost = next(one for one in devices(shop) if one["name"] == "lost")

    assert streaming_ends(shop, tablet.http, lambda: shop.manager.delete(f"/devices/{lost['id']}"))

    assert (tablet.http.get("/session").status_code, tablet.try_refresh().status_code) == (401, 401)
    assert other.refresh().me()["kind"] == "tablet"
    assert [one["name"] for one in devices(shop)] == ["kept"]
    [archived] = devices(shop, archived="true")
    assert (archived["id"], archived["revoked_at"] is None) == (lost["id"], False)
    assert [data for type_, data in shop.events() if type_ == "device.revoked"] == [archived]
    assert audited(shop)[-1] == "device-revoked"
    assert shop.manager.delete(f"/devices/{lost['id']}").status_code == 404
    assert change(shop, archived, {"name": "x"}).status_code == 404


@pytest.mark.parametrize(("kind", "moves"), [("board", 403), ("kitchen", 200)])
def test_a_screen_is_the_stores(shop: Shop, kind: str, moves: int) -> None:
    floor = Floor(shop)
    placed = order(floor.tablet(7), floor).json()

    screen = pair_screen(shop, kind)

    assert (screen.tokens["device_kind"], screen.tokens["table_id"]) == (kind, None)
    me = screen.refresh().me()
    assert (me["kind"], me["device_kind"], me["table_id"]) == ("screen", kind, None)
    assert [one["id"] for one in screen.http.get("/orders").json()["data"]] == [placed["id"]]
    assert screen.http.get("/tables/board").status_code == 200
    moved = screen.http.patch(f"/orders/{placed['id']}", json={"status": "preparing"})
    assert moved.status_code == moves
    assert order(screen.http, floor).status_code == 403
    [device] = devices(shop)
    refused = change(shop, device, {"table_id": str(floor.table(7))})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/table_id")


def test_a_screens_code_is_a_managers_to_make(shop: Shop) -> None:
    for body, status in (({"kind": "table"}, 422), ({}, 422), ({"kind": "board"}, 201)):
        assert shop.manager.post("/devices/pairing-codes", json=body).status_code == status
    assert shop.staff.post("/devices/pairing-codes", json={"kind": "board"}).status_code == 403


def test_devices_of_another_store_do_not_exist(shop: Shop, other_shop: Shop) -> None:
    floor = Floor(shop)
    pair(shop, floor.table(7))
    [device] = devices(shop)

    assert devices(other_shop) == []
    assert change(other_shop, device, {"name": "x"}).status_code == 404
    assert other_shop.manager.delete(f"/devices/{device['id']}").status_code == 404
    theirs = change(shop, device, {"table_id": str(Floor(other_shop).table(1))})
    assert theirs.status_code in (404, 422)
    assert devices(shop) == [device]


def test_an_unknown_code_pairs_nothing(shop: Shop) -> None:
    refused = post(shop, "/auth/pair", {"code": "AAAAAAAA", "device_name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (401, "pairing-code-invalid")
    assert devices(shop) == []
