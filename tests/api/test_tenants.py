"""Another store's things do not exist: tried with every operation that the document knows.

An operation that is new is tried from its first day; when it names a kind of thing that
`tests.support.tenants.furnish` doesn't make, it fails here until it does.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.api.route import OperationRoute
from app.core.security.permissions import Permission, Role
from tests.support.pictures import picture
from tests.support.shops import Json, open_shop
from tests.support.tenants import (
    OPERATIONS,
    Furnished,
    Operation,
    Path,
    furnish,
    id_places,
    thing_of,
    with_id,
)

Stores = tuple[Furnished, Furnished]
STREAM = "stream_events"


def named(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", operations, ids=[one.name for one in operations])


def furnished(app: FastAPI, base_url: str, database_url: str) -> Iterator[Stores]:
    mine, theirs = (furnish(open_shop(base_url, app.state.runtime, database_url)) for _ in range(2))
    yield mine, theirs
    mine.shop.close()
    theirs.shop.close()


stores = pytest.fixture(scope="module")(furnished)
untouched_stores = pytest.fixture(furnished)


def ask(mine: Furnished, operation: Operation, ids: Json, body: Any = None) -> httpx.Response:
    """The request of an owner of my store."""
    client, url, headers = (
        mine.shop.client(Role.OWNER),
        operation.url(ids),
        operation.sent_headers(),
    )
    if operation.takes_image:
        headers["content-type"] = "image/png"
        return client.request(operation.method, url, content=picture("PNG"), headers=headers)
    return client.request(operation.method, url, json=body, headers=headers)


def shown(response: httpx.Response) -> tuple[int, Json]:
    """What the client learns, but for the request's own id."""
    return response.status_code, response.json() | {"request_id": ""}


@named([one for one in OPERATIONS if one.path_ids and one.permission != "public"])
def test_another_stores_id_in_the_path_is_like_none(stores: Stores, operation: Operation) -> None:
    mine, theirs = stores
    before = theirs.deeds()
    body = with_id(operation, mine.things, None, "") if operation.body else None
    for changed in {operation.path_ids, *((one,) for one in operation.path_ids)}:
        foreign = mine.things | {name: theirs.things[name] for name in changed}
        unknown = mine.things | {name: str(uuid4()) for name in changed}
        answers = [ask(mine, operation, ids, body) for ids in (foreign, unknown)]

        assert answers[0].status_code == 404, answers[0].text
        assert shown(answers[0]) == shown(answers[1])
        assert theirs.traces_in(answers[0].text) == []
    assert theirs.deeds() == before


NEVER_GOOD: set[tuple[str, Path]] = {
    ("create_option_group", ("options", 0, "id")),
    ("merge_session", ("into_session_id",)),
    ("set_item_slots", ("set_slots", 0, "id")),
    *(
        (name, ("lines", 0, "choices", 0, *place))
        for name in ("place_order", "quote_order")
        for place in (("slot_id",), ("item_id",), ("options", 0, "option_id"))
    ),
    ("order_categories", ("ids", 0)),
    ("order_items", ("ids", 0)),
    ("order_option_groups", ("ids", 0)),
    ("order_options", ("ids", 0)),
}
"""No use for an id there, or none for that of the thing itself; or it is one of a list that must
be whole, while other tests add to it."""
BODIES = [
    (operation, place)
    for operation in OPERATIONS
    if operation.permission != "public"
    for place in id_places(operation.schema)
]


@pytest.mark.parametrize(
    ("operation", "place"),
    BODIES,
    ids=[f"{one.name}-{'.'.join(map(str, place))}" for one, place in BODIES],
)
def test_another_stores_id_in_the_body_is_like_none(
    stores: Stores, operation: Operation, place: Path
) -> None:
    mine, theirs = stores
    before, own = theirs.deeds(), mine.deeds()
    answers = []
    for value in (theirs.things[thing_of(place, operation.name)], str(uuid4())):
        body = with_id(operation, mine.things, place, value)
        answers.append((value, ask(mine, operation, mine.things, body)))

    (foreign, refused), (unknown, the_same) = answers
    assert 400 <= refused.status_code < 500, refused.text
    assert refused.status_code == the_same.status_code
    text = refused.text.replace(foreign, "…")
    assert (
        text.split('"request_id"')[0]
        == (the_same.text.replace(unknown, "…").split('"request_id"')[0])
    )
    assert theirs.traces_in(text) == []
    assert theirs.deeds() == before
    assert mine.deeds() == own


def test_the_bodies_are_refused_for_their_ids_only(stores: Stores) -> None:
    """With the store's own ids the same bodies are good; otherwise the tests above prove nothing."""
    mine, _ = stores
    refused = {}
    for operation, place in BODIES:
        if (operation.name, place) in NEVER_GOOD:
            continue
        body = with_id(operation, mine.things, place, mine.things[thing_of(place, operation.name)])
        answer = ask(mine, operation, mine.things, body)
        if answer.status_code in (400, 404, 422):
            refused[f"{operation.name} {place}"] = answer.text
    assert not refused, "\n".join(f"{k}: {v}" for k, v in refused.items())


QUERIES = [(one, name) for one in OPERATIONS if one.permission != "public" for name in one.queries]


@pytest.mark.parametrize(
    ("operation", "name"),
    [(one, name) for one, name in QUERIES if name.endswith("_id") or name == "cursor"],
    ids=[f"{one.name}-{name}" for one, name in QUERIES if name.endswith("_id") or name == "cursor"],
)
def test_another_stores_value_in_the_query_shows_nothing(
    stores: Stores, operation: Operation, name: str
) -> None:
    mine, theirs = stores
    owner = mine.shop.client(Role.OWNER)
    values = theirs.things.values() if name == "cursor" else [theirs.things[thing_of((name,))]]
    for value in values:
        answer = owner.get(operation.url(mine.things), params={name: value})
        assert answer.status_code in (200, 404, 422), answer.text
        assert theirs.traces_in(answer.text.replace(str(value), "")) == []
        if name != "cursor":
            unknown = owner.get(operation.url(mine.things), params={name: str(uuid4())})
            assert shown(answer) == shown(unknown)


@named([one for one in OPERATIONS if one.method == "GET" and one.name != STREAM])
def test_no_reading_shows_another_store(stores: Stores, operation: Operation) -> None:
    mine, theirs = stores
    client = mine.shop.client(Role.OWNER)
    if operation.permission == Permission.SESSION_OWN:
        client = mine.shop.tablet(UUID(mine.things["table_id"]))
    answer = client.get(operation.url(mine.things))
    assert answer.status_code == 200, answer.text
    assert theirs.traces_in(answer.text) == []


def test_another_stores_key_and_event_number_are_only_words(untouched_stores: Stores) -> None:
    """The other store used the key, and its events have these numbers too."""
    mine, theirs = untouched_stores
    order = {"table_id": mine.things["table_id"], "lines": [{"item_id": mine.things["item_id"]}]}
    order["lines"][0]["quantity"] = 1
    client = mine.shop.staff
    path = f"/menu/items/{mine.things['item_id']}/availability"
    assert client.put(path, json={"status": "available"}).is_success  # the tests above sold it out
    first = client.post("/orders", json=order, headers={"Idempotency-Key": "another-stores"})
    theirs_key = {"Idempotency-Key": "shared-key"}
    placed = mine.shop.manager.post("/orders", json=order, headers=theirs_key)
    assert (first.status_code, placed.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in placed.headers

    newest = theirs.shop.counters()[0]
    with client.stream("GET", "/events/stream", headers={"Last-Event-ID": "1"}) as stream:
        heard = ""
        for text in stream.iter_text():
            heard += text
            if placed.json()["id"] in heard:
                break
    assert theirs.traces_in(heard) == []
    assert theirs.traces_in(client.get("/events", params={"after": min(newest, 1)}).text) == []


@named(list(OPERATIONS))
def test_every_operation_says_who_may_call_it(operation: Operation, base_url: str) -> None:
    assert operation.permission in set(Permission)
    if operation.permission != Permission.PUBLIC:
        ids = dict.fromkeys(operation.path_ids, str(uuid4()))
        with httpx.Client(base_url=f"{base_url}/api/v1", trust_env=False) as stranger:
            answer = stranger.request(operation.method, operation.url(ids), json=operation.body)
        assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")


def test_an_endpoint_without_a_permission_does_not_load() -> None:
    async def forgotten() -> None:
        """Nobody said who may call it."""

    with pytest.raises(TypeError, match="say who may call it"):
        OperationRoute("/forgotten", forgotten)
