"""Races around people: the last owner, a user name, a sign-in against what ends it."""

from collections.abc import Callable

import httpx
import pytest

from app.core.security.permissions import Role
from tests.support.people import (
    FIRST_PASSWORD,
    OWN_PASSWORD,
    Person,
    bearer,
    call,
    hired,
    login,
    refresh,
    settled,
)
from tests.support.racing import at_once, sender
from tests.support.shops import Json, Shop

Send = Callable[[], httpx.Response]


def changing(person: Person, body: Json | None) -> Send:
    """An owner's change of the person, or with no body the archiving."""
    shop = person.shop
    headers = {"Authorization": shop.client(Role.OWNER).headers["Authorization"], "If-Match": "*"}
    method = "DELETE" if body is None else "PATCH"
    return lambda: call(shop, method, person.path, body, headers)


AWAY: list[Json | None] = [{"role": "manager"}, {"active": False}, None]


@pytest.mark.parametrize("first", range(3))
@pytest.mark.parametrize("second", range(3))
def test_of_two_owners_who_leave_at_once_one_stays(shop: Shop, first: int, second: int) -> None:
    owners = [hired(shop, name, Role.OWNER) for name in ("kim", "lee")]

    answers = at_once([changing(owners[0], AWAY[first]), changing(owners[1], AWAY[second])])

    refused = [answer for answer in answers if answer.status_code == 409]
    assert [answer.json()["code"] for answer in refused] == ["last-owner"]
    assert min(answer.status_code for answer in answers) in (200, 204)
    [(left,)] = shop.rows(
        "SELECT count(*) FROM staff WHERE store_id = %(store)s AND role = 'owner' AND active"
        " AND archived_at IS NULL"
    )
    assert left == 1


def test_of_many_owners_who_leave_at_once_one_stays(shop: Shop) -> None:
    owners = [hired(shop, f"owner-{number}", Role.OWNER) for number in range(6)]

    answers = at_once([changing(owner, AWAY[place % 3]) for place, owner in enumerate(owners)])

    assert sorted(answer.status_code for answer in answers)[-2:] == [204, 409]
    assert [answer.status_code for answer in answers].count(409) == 1


def test_one_user_name_is_given_once(shop: Shop) -> None:
    body = {"username": "kim", "display_name": "김", "role": "staff", "password": FIRST_PASSWORD}

    answers = at_once([sender(shop.client(Role.OWNER), "POST", "/staff", body)] * 5)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "username-taken"}


@pytest.mark.parametrize(
    "body", [{"active": False}, {"role": "manager"}, {"password": "given once more"}, None]
)
@pytest.mark.parametrize("turn", range(3))
def test_no_sign_in_slips_past_what_ends_them(shop: Shop, body: Json | None, turn: int) -> None:
    person = settled(shop, "kim")
    sign_in: Send = lambda: login(shop, "kim", OWN_PASSWORD)  # noqa: E731 - beside the other one

    *sign_ins, changed = at_once([*[sign_in] * 4, changing(person, body)])

    assert changed.status_code in (200, 204)
    assert {answer.status_code for answer in sign_ins} <= {200, 401}
    shown = shop.rows("SELECT role FROM staff WHERE store_id = %(store)s")
    for answer in sign_ins:
        if answer.status_code == 200 and refresh(shop, answer.json()).status_code == 200:
            # Only what was given out after the change lives on, and says what is so now.
            me = call(shop, "GET", "/auth/me", headers=bearer(answer.json())).json()
            assert body == {"role": "manager"}
            assert [(me["role"],)] == shown


@pytest.mark.parametrize("turn", range(3))
def test_a_refresh_against_what_ends_the_sign_in(shop: Shop, turn: int) -> None:
    person = settled(shop, "kim")
    sent: list[Send] = [lambda: refresh(shop, person.tokens), changing(person, {"role": "manager"})]

    refreshed, changed = at_once(sent)

    assert changed.status_code == 200
    assert refreshed.status_code in (200, 401)
    if refreshed.status_code == 200:
        assert refresh(shop, refreshed.json()).status_code == 401


def test_parallel_refreshes_of_one_token_all_get_a_pair_that_works(shop: Shop) -> None:
    tokens = settled(shop, "kim").tokens
    send: Send = lambda: refresh(shop, tokens)  # noqa: E731 - sent many times

    pairs = [answer.json() for answer in at_once([send] * 4)]

    assert len({pair["refresh_token"] for pair in pairs}) == 4
    assert {refresh(shop, pair).status_code for pair in pairs} == {200}


@pytest.mark.parametrize("turn", range(3))
def test_a_refresh_against_a_change_of_the_password(shop: Shop, turn: int) -> None:
    person = settled(shop, "kim")
    body = {"current_password": OWN_PASSWORD, "new_password": "yet another one"}
    sent: list[Send] = [
        lambda: refresh(shop, person.tokens),
        lambda: person.call("PUT", "/auth/password", body),
    ]

    answers = at_once(sent * 2)

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 422]
    assert {refresh(shop, one.json()).status_code for one in answers if one.is_success} == {200}


def test_of_two_parallel_changes_of_the_password_one_counts(shop: Shop) -> None:
    person = settled(shop, "kim")
    new = [f"new password {number}" for number in range(3)]

    def changes(password: str) -> Send:
        body = {"current_password": OWN_PASSWORD, "new_password": password}
        return lambda: person.call("PUT", "/auth/password", body)

    answers = at_once([changes(password) for password in new])

    won = [place for place, answer in enumerate(answers) if answer.status_code == 200]
    assert len(won) == 1
    assert {answer.json().get("code") for answer in answers} == {None, "password-wrong"}
    assert [login(shop, "kim", password).status_code for password in new] == [
        200 if place in won else 401 for place in range(3)
    ]
