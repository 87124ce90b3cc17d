"""Who works in the store: adding people, changing what they are, letting them go."""

from typing import Any

import pytest

from app.core.idempotency import fingerprint
from app.core.security.permissions import Role
from tests.support.floor import created
from tests.support.people import FIRST_PASSWORD, Person, call, hired, login, refresh, settled
from tests.support.shops import Json, Shop

WITH_PASSWORD = {
    "username": "kim",
    "display_name": "김민지",
    "role": "staff",
    "password": FIRST_PASSWORD,
}


def change(person: Person, body: Json, version: int | None = None) -> Any:
    """PATCH by another owner, with the version that is current unless another is given."""
    owner = person.shop.client(Role.OWNER)
    version = version or owner.get(person.path).json()["version"]
    return owner.patch(person.path, json=body, headers={"If-Match": f'"{version}"'})


def audited(shop: Shop, person: Person) -> list[tuple[str, Json]]:
    """Action and details of what was done to a person, oldest first."""
    return [
        (row[0], row[1])
        for row in shop.rows(
            "SELECT action, details FROM audit_entries WHERE store_id = %(store)s"
            " AND target_id = %(person)s ORDER BY id",
            person=person.id,
        )
    ]


def test_a_person_is_added_listed_and_shown(shop: Shop) -> None:
    owner = shop.client(Role.OWNER)

    added = owner.post("/staff", json=WITH_PASSWORD | {"username": " Kim "})

    person = added.json()
    assert (added.status_code, added.headers["ETag"]) == (201, '"1"')
    assert set(person) == {
        *("id", "username", "display_name", "role", "active", "must_change_password"),
        *("created_at", "updated_at", "version", "archived_at"),
    }
    assert (person["username"], person["active"], person["must_change_password"]) == (
        *("kim", True),
        True,
    )
    assert owner.get("/staff").json() == {"data": [person], "next_cursor": None}
    assert owner.get(f"/staff/{person['id']}").json() == person


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.KITCHEN])
def test_only_owners_look_after_people(shop: Shop, role: Role) -> None:
    person = hired(shop, "kim")
    client = shop.client(role)

    answers = [
        client.get("/staff"),
        client.post("/staff", json=WITH_PASSWORD | {"username": "lee"}),
        client.get(person.path),
        client.patch(person.path, json={"role": "owner"}, headers={"If-Match": '"1"'}),
        client.delete(person.path),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert shop.rows("SELECT username, role FROM staff WHERE store_id = %(store)s") == [
        ("kim", "staff")
    ]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"password": "7 chars"}, "/password"),
        ({"password": "x" * 129}, "/password"),
        ({"password": "Kim-Minji", "username": "kim-minji"}, "/password"),
        ({"username": "김"}, "/username"),
        ({"role": "chef"}, "/role"),
        ({"display_name": " "}, "/display_name"),
        ({"active": True}, "/active"),
    ],
)
def test_what_can_not_be_a_person_is_refused(shop: Shop, wrong: Json, pointer: str) -> None:
    refused = shop.client(Role.OWNER).post("/staff", json=WITH_PASSWORD | wrong)

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert str(wrong.get("password", "canary")) not in refused.text
    assert shop.rows("SELECT 1 FROM staff WHERE store_id = %(store)s") == []


def test_a_user_name_is_taken_once_in_a_store_and_free_again_after_archiving(
    shop: Shop, other_shop: Shop
) -> None:
    person = hired(shop, "kim")
    hired(other_shop, "kim")
    owner = shop.client(Role.OWNER)

    taken = owner.post("/staff", json=WITH_PASSWORD)
    archived = owner.delete(person.path)
    again = owner.post("/staff", json=WITH_PASSWORD)

    assert (taken.status_code, taken.json()["code"]) == (409, "username-taken")
    assert (archived.status_code, again.status_code) == (204, 201)
    assert [one["id"] for one in owner.get("/staff").json()["data"]] == [again.json()["id"]]
    gone = owner.get("/staff?archived=true").json()["data"]
    assert [one["id"] for one in gone] == [person.id]
    assert owner.get(person.path).json()["archived_at"] is not None
    assert change(person, {"active": True}).status_code == 404
    assert owner.delete(person.path).status_code == 404


def test_adding_twice_with_one_key_is_one_person_and_keeps_no_password(shop: Shop) -> None:
    owner, key = shop.client(Role.OWNER), {"Idempotency-Key": "add-kim"}

    first = owner.post("/staff", json=WITH_PASSWORD, headers=key)
    again = owner.post("/staff", json=WITH_PASSWORD, headers=key)
    other = owner.post("/staff", json=WITH_PASSWORD | {"password": "another one"}, headers=key)

    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    kept = str(shop.rows("SELECT r::text FROM idempotency_records r WHERE store_id = %(store)s"))
    assert FIRST_PASSWORD not in kept
    assert fingerprint("POST", "/api/v1/staff", WITH_PASSWORD).hex() not in kept


def test_a_change_needs_the_version_that_was_read(shop: Shop) -> None:
    person = hired(shop, "kim")

    without = shop.client(Role.OWNER).patch(person.path, json={"display_name": "김"})
    stale = change(person, {"display_name": "김"}, version=9)
    good = change(person, {"display_name": "김", "role": "kitchen"}, version=1)

    assert (without.status_code, stale.status_code) == (428, 412)
    assert (good.status_code, good.headers["ETag"]) == (200, '"2"')
    assert (good.json()["display_name"], good.json()["role"]) == ("김", "kitchen")


@pytest.mark.parametrize(
    "body",
    [{"role": "manager"}, {"active": False}, {"password": "given once more"}, None],
    ids=["role", "switched off", "password", "archived"],
)
def test_what_changes_who_somebody_is_ends_the_sign_ins(shop: Shop, body: Json | None) -> None:
    person, other = settled(shop, "kim"), settled(shop, "lee")
    before = [person.tokens, person.sign_in()]

    if body is None:
        assert shop.client(Role.OWNER).delete(person.path).status_code == 204
    else:
        assert change(person, body).status_code == 200

    for tokens in before:
        person.tokens = tokens
        assert person.call("GET", "/auth/me").status_code == 401
        assert refresh(shop, tokens).status_code == 401
    assert other.call("GET", "/auth/me").status_code == 200


def test_a_new_display_name_and_what_is_so_already_end_nothing(shop: Shop) -> None:
    person = settled(shop, "kim")

    renamed = change(person, {"display_name": "김"})
    same = change(person, {"display_name": "김", "role": "staff", "active": True})

    assert same.json() == renamed.json()
    assert person.call("GET", "/auth/me").status_code == 200
    assert refresh(shop, person.tokens).status_code == 200


def test_who_is_switched_off_signs_in_again_only_after_being_switched_on(shop: Shop) -> None:
    person = settled(shop, "kim")

    off = change(person, {"active": False})
    refused = login(shop, "kim", person.password)
    on = change(person, {"active": True})

    assert (off.json()["active"], on.json()["active"]) == (False, True)
    assert (refused.status_code, refused.json()["code"]) == (401, "sign-in-refused")
    assert login(shop, "kim", person.password).status_code == 200


def test_a_new_role_counts_from_the_next_sign_in(shop: Shop) -> None:
    person = settled(shop, "kim")

    change(person, {"role": "manager"})
    person.sign_in()

    assert person.call("GET", "/auth/me").json()["role"] == "manager"
    assert person.call("POST", "/tables", {"number": 1}).status_code == 201


def test_a_reset_password_replaces_the_old_one_and_must_be_changed(shop: Shop) -> None:
    person = settled(shop, "kim")
    own = person.password

    reset = change(person, {"password": "given once more"})

    assert reset.json()["must_change_password"] is True
    assert login(shop, "kim", own).status_code == 401
    person.password = "given once more"
    assert person.sign_in()["must_change_password"] is True
    assert person.call("GET", "/tables").json()["code"] == "password-change-required"


def test_nobody_resets_the_own_password_without_knowing_it(shop: Shop) -> None:
    person = settled(shop, "kim", Role.OWNER)
    version = person.call("GET", person.path).json()["version"]
    headers = person.headers | {"If-Match": f'"{version}"'}

    refused = call(shop, "PATCH", person.path, {"password": "found open"}, headers)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "own-password"
    assert login(shop, "kim", person.password).status_code == 200


def test_the_last_owner_stays(shop: Shop) -> None:
    last = hired(shop, "kim", Role.OWNER)
    off, gone = hired(shop, "off", Role.OWNER), hired(shop, "gone", Role.OWNER)
    hired(shop, "lee", Role.MANAGER)
    assert change(off, {"active": False}).status_code == 200
    owner = shop.client(Role.OWNER)
    assert owner.delete(gone.path).status_code == 204

    answers = [
        change(last, {"role": "manager"}),
        change(last, {"active": False}),
        owner.delete(last.path),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (409, "last-owner")
    }
    person = owner.get(last.path).json()
    assert (person["role"], person["active"], person["version"]) == ("owner", True, 1)
    assert change(off, {"role": "staff"}).status_code == 200


def test_another_stores_people_do_not_exist(shop: Shop, other_shop: Shop) -> None:
    theirs = hired(other_shop, "kim")
    owner = shop.client(Role.OWNER)

    answers = [
        owner.get(theirs.path),
        owner.patch(theirs.path, json={"role": "owner"}, headers={"If-Match": '"1"'}),
        owner.delete(theirs.path),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert owner.get("/staff").json()["data"] == []
    assert other_shop.client(Role.OWNER).get(theirs.path).json()["version"] == 1


def test_every_change_is_audited_without_secrets(shop: Shop) -> None:
    person = hired(shop, "kim")

    change(person, {"display_name": "김"})
    change(person, {"role": "manager", "active": False})
    change(person, {"active": True, "password": "given once more"})
    shop.client(Role.OWNER).delete(person.path)

    assert audited(shop, person) == [
        ("staff-added", {"username": "kim", "role": "staff"}),
        ("staff-renamed", {"before": "kim님", "after": "김"}),
        ("role-changed", {"before": "staff", "after": "manager"}),
        ("staff-disabled", {}),
        ("staff-enabled", {}),
        ("password-reset", {}),
        ("staff-archived", {"username": "kim", "role": "manager"}),
    ]
    written = str(shop.rows("SELECT a::text FROM audit_entries a WHERE store_id = %(store)s"))
    for secret in (FIRST_PASSWORD, "given once more", "argon2"):
        assert secret not in written


def test_a_refused_change_leaves_no_trace(shop: Shop) -> None:
    person = hired(shop, "kim", Role.OWNER)

    assert change(person, {"display_name": "김", "role": "staff"}).status_code == 409
    assert change(person, {"role": "owner", "password": "kim"}).status_code == 422

    assert [action for action, _ in audited(shop, person)] == ["staff-added"]
    assert shop.client(Role.OWNER).get(person.path).json()["version"] == 1


def test_bad_passwords_are_no_server_error(shop: Shop) -> None:
    created(shop.client(Role.OWNER), "/staff", WITH_PASSWORD | {"password": "null\x00 inside"})

    answers = [
        login(shop, "kim", "null\x00 inside"),
        login(shop, "kim", "\x00"),
        shop.client(Role.OWNER).post(
            "/auth/login",
            content=b'{"store_code":"a","username":"b","password":"\\ud800"}',
            headers={"Content-Type": "application/json"},
        ),
    ]

    assert [answer.status_code for answer in answers] == [200, 401, 422]
