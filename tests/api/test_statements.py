"""How many statements the hottest requests cost, and that answers from memory are the route's."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from app.core import statements
from app.core.context import request_scope
from app.core.ids import uuid7
from app.local.processes import wait_until
from tests.support.floor import Floor, order_body
from tests.support.menu_building import add_category, add_item
from tests.support.shops import Shop

EACH_TIME = {"date", "x-request-id", "ratelimit"}


@pytest.fixture
def asked(app: FastAPI) -> Iterator[list[str]]:
    """What requests ask of the database; what the service asks for itself belongs to none."""
    texts: list[str] = []

    def note(text: str, _: float, __: BaseException | None) -> None:
        if request_scope.get() is not None:
            texts.append(text)

    settings = app.state.runtime.settings
    statements.configure(settings, note)
    yield texts
    statements.configure(settings)


def test_an_order_is_one_statement(shop: Shop, asked: list[str]) -> None:
    floor = Floor(shop)
    tablet = floor.tablet(1)
    for number in range(3):
        asked.clear()
        placed = tablet.post(
            "/orders",
            json=order_body(floor.stew, 1),
            headers={"Idempotency-Key": f"order-{number}"},
        )
        assert placed.status_code == 201

    [statement] = asked
    assert "place_order(" in statement


def test_a_known_menu_is_the_routes_and_asks_nothing(shop: Shop, asked: list[str]) -> None:
    add_item(shop, add_category(shop))
    tablet = shop.tablet(uuid7())
    first = tablet.get("/menu")
    assert asked

    known: list[httpx.Response] = []

    def is_known() -> bool:
        asked.clear()
        known[:] = [tablet.get("/menu")]
        return not asked

    assert wait_until(is_known, 20)
    [second] = known
    head = tablet.head("/menu")
    unchanged = tablet.get("/menu", headers={"If-None-Match": first.headers["ETag"]})

    assert not asked
    assert second.content == first.content
    assert _lasting(second) == _lasting(first)
    assert (head.status_code, head.content, _lasting(head)) == (200, b"", _lasting(first))
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    # What describes the content is in the copy that the client has.
    described = {"content-language", "content-encoding", "content-type", "content-length"}
    assert unchanged.headers.keys() == first.headers.keys() - described
    for name in ("etag", "vary", "cache-control", "x-content-type-options"):
        assert unchanged.headers[name] == first.headers[name]


def _lasting(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in EACH_TIME}
