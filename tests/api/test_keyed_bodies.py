"""Every operation that takes an Idempotency-Key reads its body as it does without one."""

import json
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.core.ids import uuid7
from app.core.security.permissions import Role
from tests.support.shops import Shop

KEY = "Idempotency-Key"
BEYOND = [
    pytest.param(b'{"a": [{"b/c": 9223372036854775808}]}', "/a/0/b~1c", id="number"),
    pytest.param(b'{"a": [{"b/c": "x\\ud800y"}]}', "/a/0/b~1c", id="text"),
    pytest.param(b'{"a": [{"\\udfff": 1}]}', "/a/0", id="key"),
]


def _keyed() -> list[tuple[str, str]]:
    """Method and path of the operations that take a key and a JSON body."""
    paths = json.loads(Path("openapi.json").read_text())["paths"]
    return [
        (method.upper(), path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if any(one.get("name") == KEY for one in operation.get("parameters", ()))
        and "application/json" in operation.get("requestBody", {}).get("content", {})
    ]


@pytest.mark.parametrize(("body", "pointer"), BEYOND)
def test_what_cannot_be_written_again_is_refused(shop: Shop, body: bytes, pointer: str) -> None:
    """By all of them, in a field that is known or not: it has no fingerprint."""
    operations = _keyed()
    clients = [shop.client(Role.OWNER), shop.tablet(uuid7())]
    assert len(operations) > 20
    for method, path in operations:
        answers = [_send(client, method, path, body) for client in clients]
        may = [one.json() for one in answers if one.status_code != httpx.codes.FORBIDDEN]
        assert [one["code"] for one in may] == ["invalid-request"] * len(may) != [], path
        assert {one["errors"][0]["pointer"] for one in may} == {pointer}, path
    assert shop.counters() == (0, 1)


def _send(client: httpx.Client, method: str, path: str, body: bytes) -> httpx.Response:
    url = path.removeprefix("/api/v1").replace("{", "").replace("}", "")
    for name in ("item_id", "order_id", "line_id", "session_id", "table_id"):
        url = url.replace(name, str(uuid7()))
    headers = {"Content-Type": "application/json", KEY: str(uuid4())}
    return client.request(method, url, content=body, headers=headers)
