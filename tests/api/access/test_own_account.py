"""Keeping one's own account: sign-ins one by one, first and own passwords, refreshing."""

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.core import clock
from app.core.security.permissions import Role
from tests.support.floor import Floor
from tests.support.people import (
    FIRST_PASSWORD,
    OWN_PASSWORD,
    bearer,
    call,
    hired,
    login,
    refresh,
    settled,
)
from tests.support.shops import Json, Shop


def aged(shop: Shop, statement: str) -> None:
    """Change times of the shop, as if they were long ago."""
    with psycopg.connect(shop.owner_url) as owner:
        owner.execute(f"{statement} WHERE store_id = %s".encode(), (shop.id,))


def grace_is_over(shop: Shop) -> None:
    aged(shop, "UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds'")


def actions(shop: Shop) -> list[str]:
    rows = shop.rows("SELECT action FROM audit_entries WHERE store_id = %(store)s ORDER BY id")
    return [row[0] for row in rows]


def status(shop: Shop, tokens: Json) -> int:
    """What `GET /auth/me` answers to an access token."""
    return call(shop, "GET", "/auth/me", headers=bearer(tokens)).status_code


def ends_at(tokens: Json) -> datetime:
    return datetime.fromisoformat(tokens["refresh_expires_at"])


# -- first and own passwords -----------------------------------------------------------------------


def test_a_first_password_opens_nothing_but_the_way_to_change_it(shop: Shop) -> None:
    person = hired(shop, "kim", Role.MANAGER)
    assert person.sign_in()["must_change_password"] is True

    me = person.call("GET", "/auth/me").json()
    refused = [
        person.call(*request)
        for request in (("GET", "/tables"), ("POST", "/tables", {"number": 1}), ("GET", "/menu"))
    ]
    refreshed = refresh(shop, person.tokens).json()

    assert (me["must_change_password"], me["permissions"]) == (True, ["signed-in"])
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {
        (403, "password-change-required")
    }
    assert refreshed["must_change_password"] is True
    assert person.call("GET", "/auth/sessions").status_code == 200


def test_after_the_change_the_answers_tokens_do_what_the_role_may(shop: Shop) -> None:
    person = hired(shop, "kim", Role.MANAGER)
    person.sign_in()

    changed = person.change_password(OWN_PASSWORD)

    assert (changed.status_code, changed.json()["must_change_password"]) == (200, False)
    assert person.call("POST", "/tables", {"number": 1}).status_code == 201
    assert person.call("GET", "/auth/me").json()["must_change_password"] is False
    assert refresh(shop, person.tokens).json()["must_change_password"] is False
    assert login(shop, "kim", FIRST_PASSWORD).status_code == 401
    assert login(shop, "kim", OWN_PASSWORD).json()["must_change_password"] is False


def test_a_changed_password_ends_all_other_sign_ins_of_the_person(shop: Shop) -> None:
    person, other = settled(shop, "kim"), settled(shop, "lee")
    elsewhere = person.sign_in()
    here = person.sign_in()

    assert person.change_password("yet another one").status_code == 200

    assert status(shop, elsewhere) == 401
    assert refresh(shop, elsewhere).status_code == 401
    assert status(shop, person.tokens) == 200
    assert ends_at(person.tokens) == ends_at(here)
    assert status(shop, other.tokens) == 200
    [(details,)] = shop.rows(
        "SELECT details FROM audit_entries WHERE store_id = %(store)s"
        " AND action = 'password-changed' ORDER BY id DESC LIMIT 1"
    )
    assert details == {"sign_ins_ended": 2}


def test_the_refresh_token_from_before_the_change_is_an_old_one(shop: Shop) -> None:
    person = settled(shop, "kim")
    before = person.sign_in()
    assert person.change_password("yet another one").status_code == 200
    grace_is_over(shop)

    assert refresh(shop, before).status_code == 401
    assert status(shop, person.tokens) == 401


@pytest.mark.parametrize(
    ("body", "code", "error"),
    [
        ({"current_password": "a wrong one"}, "password-wrong", ("/current_password", "wrong")),
        ({"new_password": "7 chars"}, "invalid-request", ("/new_password", "string-too-short")),
        ({"new_password": "x" * 129}, "invalid-request", ("/new_password", "string-too-long")),
        ({"new_password": OWN_PASSWORD}, "invalid-request", ("/new_password", "same-as-current")),
        ({"new_password": "Kim-Minji"}, "invalid-request", ("/new_password", "same-as-username")),
        ({"current_password": "x" * 129}, "invalid-request", None),
    ],
)
def test_a_refused_change_changes_nothing(
    shop: Shop, body: Json, code: str, error: tuple[str, str] | None
) -> None:
    person = settled(shop, "kim-minji")
    elsewhere = person.sign_in()
    good = {"current_password": OWN_PASSWORD, "new_password": "yet another one"}

    refused = person.call("PUT", "/auth/password", good | body)

    assert (refused.status_code, refused.json()["code"]) == (422, code)
    if error is not None:
        [found] = refused.json()["errors"]
        assert (found["pointer"], found["code"]) == error
    assert status(shop, elsewhere) == 200
    assert login(shop, "kim-minji", OWN_PASSWORD).status_code == 200
    assert ("password-change-refused" in actions(shop)) == (code == "password-wrong")


def test_a_tablet_has_no_password(shop: Shop) -> None:
    body = {"current_password": OWN_PASSWORD, "new_password": "yet another one"}

    refused = Floor(shop).tablet(1).put("/auth/password", json=body)

    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")


def test_refused_sign_ins_are_kept_without_what_was_typed(shop: Shop) -> None:
    settled(shop, "kim")

    login(shop, "kim", "canary-password")
    login(shop, "canary-user", "canary-password")

    rows = shop.rows(
        "SELECT target_id IS NULL, a::text FROM audit_entries a"
        " WHERE store_id = %(store)s AND action = 'sign-in-refused' ORDER BY id"
    )
    assert [row[0] for row in rows] == [False, True]
    assert "canary" not in str(rows)


# -- sign-ins one by one ---------------------------------------------------------------------------


def test_the_live_sign_ins_are_listed_newest_first(shop: Shop) -> None:
    person = settled(shop, "kim")
    body = {"store_code": shop.code, "username": "kim", "password": OWN_PASSWORD}
    agent = {"User-Agent": "Counter screen 1.0 " + "x" * 300}
    person.tokens = call(shop, "POST", "/auth/login", body, agent).json()

    listed = person.call("GET", "/auth/sessions").json()

    newest, oldest = listed["data"]
    assert listed["next_cursor"] is None
    assert set(newest) == {
        *("id", "kind", "created_at", "last_used_at", "expires_at", "user_agent", "current"),
    }
    assert (newest["current"], oldest["current"]) == (True, False)
    assert newest["user_agent"] == agent["User-Agent"][:200]
    assert newest["kind"] == "staff"
    assert newest["expires_at"] == person.tokens["refresh_expires_at"]


def test_many_sign_ins_come_by_pages(shop: Shop) -> None:
    person = settled(shop, "kim")
    for _ in range(4):
        person.sign_in()
    whole = [one["id"] for one in person.call("GET", "/auth/sessions").json()["data"]]
    assert len(whole) == 5

    first = person.call("GET", "/auth/sessions?limit=2").json()
    # What comes and goes meanwhile neither repeats nor hides another one.
    person.sign_in()
    assert person.call("DELETE", f"/auth/sessions/{whole[3]}").status_code == 204
    path = f"/auth/sessions?limit=2&cursor={first['next_cursor']}"
    last = person.call("GET", path).json()

    assert [one["id"] for one in first["data"]] == whole[:2]
    assert [one["id"] for one in last["data"]] == [whole[2], whole[4]]
    assert last["next_cursor"] is None
    for query in ("limit=201", "limit=0", "cursor=x"):
        assert person.call("GET", f"/auth/sessions?{query}").status_code == 422


def test_what_has_ended_or_run_out_is_not_listed(shop: Shop) -> None:
    person = settled(shop, "kim")
    ended = person.sign_in()
    call(shop, "POST", "/auth/logout", headers=bearer(ended))
    aged(shop, "UPDATE sign_ins SET expires_at = now() - interval '1 second'")
    current = person.sign_in()

    listed = person.call("GET", "/auth/sessions").json()["data"]

    assert [one["expires_at"] for one in listed] == [current["refresh_expires_at"]]


def test_one_sign_in_is_ended_and_the_others_go_on(shop: Shop) -> None:
    person = settled(shop, "kim")
    lost = person.sign_in()
    kept = person.sign_in()
    wanted = person.call("GET", "/auth/sessions").json()["data"][1]["id"]

    ended = person.call("DELETE", f"/auth/sessions/{wanted}")
    again = person.call("DELETE", f"/auth/sessions/{wanted}")

    assert (ended.status_code, again.status_code) == (204, 404)
    assert (status(shop, lost), refresh(shop, lost).status_code) == (401, 401)
    assert status(shop, kept) == 200
    assert actions(shop)[-1] == "sign-in-ended"


def test_only_owners_see_and_end_the_sign_ins_of_others(shop: Shop, other_shop: Shop) -> None:
    person, boss = settled(shop, "kim"), settled(shop, "boss", Role.OWNER)
    chief, stranger = settled(shop, "lee", Role.MANAGER), settled(other_shop, "park", Role.OWNER)
    path = f"/auth/sessions?staff_id={person.id}"
    [theirs] = boss.call("GET", path).json()["data"]
    one = f"/auth/sessions/{theirs['id']}"

    assert theirs["current"] is False
    assert chief.call("GET", path).status_code == 403
    assert chief.call("DELETE", one).status_code == 404
    assert stranger.call("GET", path).status_code == 404
    assert stranger.call("DELETE", one).status_code == 404
    assert person.call("GET", path).json()["data"] == [theirs | {"current": True}]
    assert status(shop, person.tokens) == 200
    assert boss.call("DELETE", one).status_code == 204
    assert status(shop, person.tokens) == 401


def test_a_tablet_sees_its_own_sign_in(shop: Shop) -> None:
    floor = Floor(shop)
    code = shop.staff.post(f"/tables/{floor.table(7)}/pairing-codes").json()["code"]
    tokens = call(shop, "POST", "/auth/pair", {"code": code, "device_name": "7번"}).json()

    [listed] = call(shop, "GET", "/auth/sessions", headers=bearer(tokens)).json()["data"]

    assert (listed["kind"], listed["current"]) == ("device", True)
    assert ends_at(tokens) > clock.now() + timedelta(days=89)


# -- refreshing ------------------------------------------------------------------------------------


def test_a_lost_answer_may_be_asked_for_again_and_both_pairs_work(shop: Shop) -> None:
    person = settled(shop, "kim")
    old = person.sign_in()

    pairs = [refresh(shop, old), refresh(shop, old)]

    assert [pair.status_code for pair in pairs] == [200, 200]
    assert pairs[0].json()["refresh_token"] != pairs[1].json()["refresh_token"]
    nexts = [refresh(shop, pair.json()) for pair in pairs]
    assert [status(shop, one.json()) for one in nexts] == [200, 200]


@pytest.mark.parametrize("reused", [0, 1, 2])
def test_of_two_pairs_within_the_grace_an_old_one_reused_later_ends_all(
    shop: Shop, reused: int
) -> None:
    person = settled(shop, "kim")
    elsewhere = person.tokens
    old = person.sign_in()
    first, second = refresh(shop, old).json(), refresh(shop, old).json()
    latest = [refresh(shop, first).json(), refresh(shop, second).json()]
    grace_is_over(shop)

    stolen = refresh(shop, [old, first, second][reused])

    assert stolen.status_code == 401
    assert [status(shop, tokens) for tokens in latest] == [401, 401]
    assert [refresh(shop, tokens).status_code for tokens in latest] == [401, 401]
    assert status(shop, elsewhere) == 200
    assert actions(shop).count("refresh-token-reused") == 1


def test_a_staff_sign_in_ends_after_sixteen_hours_however_it_is_used(shop: Shop) -> None:
    person = settled(shop, "kim")
    signed_in = clock.now()
    tokens = person.sign_in()

    later = refresh(shop, tokens).json()

    assert abs(ends_at(tokens) - signed_in - timedelta(hours=16)) < timedelta(minutes=1)
    assert ends_at(later) == ends_at(tokens)
    aged(shop, "UPDATE sign_ins SET expires_at = now() - interval '1 second'")
    assert refresh(shop, later).status_code == 401


def test_no_access_token_outlives_its_sign_in(shop: Shop) -> None:
    tokens = settled(shop, "kim").sign_in()
    assert tokens["expires_in"] == 15 * 60
    aged(shop, "UPDATE sign_ins SET expires_at = now() + interval '1 minute'")

    last = refresh(shop, tokens).json()

    assert 0 < last["expires_in"] <= 60


def test_a_tablets_ninety_days_begin_anew_with_each_use(shop: Shop) -> None:
    floor = Floor(shop)
    code = shop.staff.post(f"/tables/{floor.table(7)}/pairing-codes").json()["code"]
    tokens = call(shop, "POST", "/auth/pair", {"code": code, "device_name": "7번"}).json()
    aged(shop, "UPDATE sign_ins SET expires_at = expires_at - interval '80 days'")
    aged(shop, "UPDATE refresh_tokens SET expires_at = expires_at - interval '80 days'")

    used = refresh(shop, tokens).json()

    assert abs(ends_at(used) - clock.now() - timedelta(days=90)) < timedelta(minutes=1)
    aged(shop, "UPDATE sign_ins SET expires_at = now() - interval '1 second'")
    assert refresh(shop, used).status_code == 401


@pytest.mark.parametrize("damage", ["secret", "id", "store", "shape"])
def test_a_refresh_token_that_was_tampered_with_ends_nothing(shop: Shop, damage: str) -> None:
    tokens = settled(shop, "kim").tokens
    store, token, secret = tokens["refresh_token"].split(".")
    text = {
        "secret": f"{store}.{token}.{secret[::-1]}",
        "id": f"{store}.{UUID(int=1).hex}.{secret}",
        "store": f"{UUID(int=1).hex}.{token}.{secret}",
        "shape": "x",
    }[damage]

    refused = refresh(shop, {"refresh_token": text})

    assert (refused.status_code, refused.json()["code"]) == (401, "not-authenticated")
    assert refresh(shop, tokens).status_code == 200


# -- streams ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def streaming(shop: Shop, tokens: Json) -> Iterator[Iterator[str]]:
    """The lines of an open stream."""
    url = f"{shop.url}/api/v1/events/stream"
    with (
        httpx.Client(trust_env=False, timeout=10) as client,
        client.stream("GET", url, headers=bearer(tokens)) as stream,
    ):
        assert stream.status_code == 200
        yield stream.iter_lines()


def test_the_stream_of_a_person_with_a_new_role_ends_and_the_next_one_follows(shop: Shop) -> None:
    person = settled(shop, "kim")
    owner = shop.client(Role.OWNER)

    with streaming(shop, person.tokens) as lines:
        version = owner.get(person.path).headers["ETag"]
        owner.patch(person.path, json={"role": "kitchen"}, headers={"If-Match": version})
        assert [line for line in lines if line.startswith("data:")] == []

    with streaming(shop, person.sign_in()) as lines:
        shop.manager.post("/tables", json={"number": 1})
        told: Any = next(json.loads(line[6:]) for line in lines if line.startswith("data: "))
    assert told["type"] == "table.changed"
