"""The operator's way to let somebody back in: a new first password."""

from app.cli.staff import reset_password
from app.core.security.permissions import Role
from tests.support.people import login, refresh, settled
from tests.support.shops import Shop


def test_the_operators_reset_ends_the_sign_ins_and_must_be_changed(shop: Shop) -> None:
    person, other = settled(shop, "boss", Role.OWNER), settled(shop, "kim")
    old, tokens = person.password, person.tokens

    person.password = reset_password(shop.runtime.settings, shop.code, "boss")

    assert refresh(shop, tokens).status_code == 401
    assert refresh(shop, other.tokens).status_code == 200
    assert login(shop, "boss", old).status_code == 401
    assert person.sign_in()["must_change_password"] is True
    assert person.change_password("chosen once more").status_code == 200
    assert person.call("GET", "/staff").status_code == 200
    [(actor, details)] = shop.rows(
        "SELECT actor, details FROM audit_entries WHERE store_id = %(store)s"
        " AND action = 'password-reset'"
    )
    assert (actor["kind"], details) == ("system", {})
