"""Guests go on reading the menu while the database is away, and are told that it is old."""

import httpx
import pytest

from app.local.processes import wait_until
from tests.faults.test_database_away import ORIGIN, SOON, server, shop
from tests.support.floor import Floor
from tests.support.outage import OwnServer
from tests.support.shops import Shop

__all__ = ["server", "shop"]


def read(client: httpx.Client, **headers: str) -> httpx.Response:
    return client.get("/menu", headers=headers)


def is_old(answer: httpx.Response) -> bool:
    return "Warning" in answer.headers


@pytest.mark.parametrize("origin", [None, ORIGIN], ids=["app", "browser"])
@pytest.mark.parametrize("frozen", [False, True], ids=["stopped", "frozen"])
def test_the_last_menu_is_read_on(
    server: OwnServer, shop: Shop, *, frozen: bool, origin: str | None
) -> None:
    """By apps, which are answered before the router, and by browsers, which the route answers."""
    tablet = Floor(shop).tablet(1)
    if origin is not None:
        tablet.headers["Origin"] = origin
    today = read(tablet)
    assert not is_old(today)
    # Once more, so that the worker follows the store.
    assert read(tablet).content == today.content

    with server.frozen() if frozen else server.stopped():
        assert wait_until(lambda: is_old(read(tablet)), SOON)
        old = read(tablet)
        assert (old.status_code, old.content) == (200, today.content)
        assert old.headers["Warning"].startswith("110 ")
        assert 0 <= int(old.headers["Age"]) < 60
        if origin is not None:
            shown = old.headers["Access-Control-Expose-Headers"].split(", ")
            assert {"Age", "Warning"} <= set(shown)
        assert read(tablet, **{"If-None-Match": today.headers["ETag"]}).status_code == 304
        in_english = read(tablet, **{"Accept-Language": "en"})
        assert in_english.json()["categories"][0]["items"][0]["name"] == "Kimchi stew"
        assert httpx.get(f"{shop.url}/api/v1/menu", trust_env=False).status_code == 401

    assert wait_until(lambda: not is_old(read(tablet)), SOON)
    assert read(tablet).status_code == 200


def test_who_plans_is_not_shown_an_old_menu(server: OwnServer, shop: Shop) -> None:
    Floor(shop)
    at = {"at": "2030-01-01T12:00:00Z"}
    assert read(shop.manager).status_code == shop.manager.get("/menu", params=at).status_code == 200

    with server.stopped():
        assert wait_until(lambda: is_old(read(shop.manager)), SOON)
        planned = shop.manager.get("/menu", params=at)

    assert (planned.status_code, planned.json()["code"]) == (503, "database-unavailable")
    assert not is_old(planned)


def test_a_menu_that_nobody_has_read_is_not_made_up(server: OwnServer, shop: Shop) -> None:
    tablet = Floor(shop).tablet(1)

    with server.stopped():
        answer = read(tablet)

    assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
