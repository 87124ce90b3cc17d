"""What holds for every operation: strict input, problem documents, headers, languages."""

import gzip
import json
from http.client import HTTPConnection

import httpx
import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.core.metrics import exposition
from app.main import create_app
from app.repositories.table import AreaRepository
from tests.support.floor import Floor, order_body
from tests.support.server import live_server
from tests.support.shops import Shop, open_shop

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"number": 1, "number": 2}', 400, "malformed-body"),
        (b'{"number": NaN}', 400, "malformed-body"),
        (b'{"number": 1e400}', 400, "malformed-body"),
        (b'{"number": ' + b"9" * 5000 + b"}", 400, "malformed-body"),
        (b'{"number": 1', 400, "malformed-body"),
        (b'\xff{"number": 1}', 400, "malformed-body"),
        (b"[" * 100_000, 400, "malformed-body"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 400, "malformed-body"),
        (b'{"number": 1, "label": "\\ud800"}', 422, "invalid-request"),
        (b'{"number": 1, "label": "\\uDC00\\ud800"}', 422, "invalid-request"),
        (b'{"number": 1, "\\udbff": 1}', 422, "invalid-request"),
        (b'{"number": 1, "label": "a\\u0000b"}', 422, "invalid-request"),
        (b'{"number": 1, "label": "a\\u202eb"}', 422, "invalid-request"),
        (b'{"number": 1, "label": "a\\u2066b"}', 422, "invalid-request"),
        (b'{"number": 1, "colour": "red"}', 422, "invalid-request"),
        (b'{"number": "1"}', 422, "invalid-request"),
        (b'{"number": 1.0}', 422, "invalid-request"),
        (b'{"number": true}', 422, "invalid-request"),
        (b'{"number": 0}', 422, "invalid-request"),
        (b'{"number": 99999999999999999999999}', 422, "invalid-request"),
        (b'{"number": 9223372036854775807}', 422, "invalid-request"),
        (b"[]", 422, "invalid-request"),
        (b"null", 422, "invalid-request"),
        (b"", 422, "invalid-request"),
    ],
)
def test_bad_bodies(shop: Shop, body: bytes, status: int, code: str) -> None:
    before = shop.counters()

    refused = shop.manager.post("/tables", content=body, headers=JSON)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["request_id"] == refused.headers["X-Request-Id"]
    assert shop.counters() == before


def test_a_body_over_the_limit_is_refused_also_in_chunks(shop: Shop) -> None:
    large = b'{"label": "' + b"x" * 300_000 + b'"}'

    announced = shop.manager.post("/tables", content=large, headers=JSON)
    chunked = shop.manager.post(
        "/tables", content=iter([large[:200_000], large[200_000:]]), headers=JSON
    )

    assert (announced.status_code, chunked.status_code) == (413, 413)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=euc-kr"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_only_plain_json_is_read(shop: Shop, headers: dict[str, str]) -> None:
    refused = shop.manager.post("/tables", content=b'{"number": 1}', headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tables?colour=red", 422),
        ("/orders?limit=1&limit=2", 422),
        ("/orders?limit=0", 422),
        ("/orders?limit=201", 422),
        ("/orders?limit=2.0", 422),
        ("/orders?cursor=x", 422),
        ("/orders?status=eaten", 422),
        ("/orders/1", 404),
        ("/orders/01932C07-A5E1-7C42-B0A9-4B8F3C6D2E10", 404),
        ("/orders/01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10", 404),
        ("/orders/", 404),
        ("/nothing", 404),
    ],
)
def test_bad_queries_and_paths(shop: Shop, path: str, status: int) -> None:
    refused = shop.staff.get(path)

    assert refused.status_code == status
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_a_wrong_method_says_which_are_right(shop: Shop) -> None:
    refused = shop.staff.delete("/orders/quote")

    assert (refused.status_code, refused.json()["code"]) == (405, "method-not-allowed")
    assert "POST" in refused.headers["Allow"]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("Bearer", 401),
        ("Basic abc", 401),
        ("Bearer a.b.c", 401),
        ("Bearer " + "x" * 5000, 401),
    ],
)
def test_a_stranger_gets_401_whatever_is_sent(
    base_url: str, header: str | None, status: int
) -> None:
    headers = JSON | ({"Authorization": header} if header else {})

    with httpx.Client(trust_env=False) as client:
        refused = client.post(f"{base_url}/api/v1/tables", content=b"{{{", headers=headers)

    assert refused.status_code == status
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_the_kitchen_may_not_add_tables(shop: Shop) -> None:
    refused = shop.kitchen.post("/tables", json={"number": 1})

    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")


def test_configuration_needs_the_version_that_was_read(shop: Shop) -> None:
    floor = Floor(shop)
    url = f"/tables/{floor.table(1)}"

    without = shop.manager.patch(url, json={"capacity": 4})
    stale = shop.manager.patch(url, json={"capacity": 4}, headers={"If-Match": '"9"'})
    good = shop.manager.patch(url, json={"capacity": 4}, headers={"If-Match": '"1"'})

    assert (without.status_code, without.json()["code"]) == (428, "precondition-required")
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"1"')
    assert (good.status_code, good.headers["ETag"], good.json()["capacity"]) == (200, '"2"', 4)


@pytest.mark.parametrize("sent", ['"1"', '"9", "1"', 'W/"9","x" , "1","8"', '"1", "9"', "*"])
def test_one_of_several_tags_is_enough(shop: Shop, sent: str) -> None:
    url = f"/tables/{Floor(shop).table(1)}"

    changed = shop.manager.patch(url, json={"capacity": 4}, headers={"If-Match": sent})

    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')


@pytest.mark.parametrize("sent", ['W/"1"', '"x"', '"9", W/"1"', '"9","8"', '"01a2"'])
def test_who_has_read_another_version_is_told_which_there_is(shop: Shop, sent: str) -> None:
    url = f"/tables/{Floor(shop).table(1)}"

    refused = shop.manager.patch(url, json={"capacity": 4}, headers={"If-Match": sent})

    assert (refused.status_code, refused.headers["ETag"]) == (412, '"1"')
    assert shop.manager.get(url).headers["ETag"] == '"1"'


@pytest.mark.parametrize("sent", ["1", "'1'", '"1', '"1" "2"', "", '*, "1"'])
def test_what_is_no_tag_is_refused(shop: Shop, sent: str) -> None:
    url = f"/tables/{Floor(shop).table(1)}"

    refused = shop.manager.patch(url, json={"capacity": 4}, headers={"If-Match": sent})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/header/if-match"]


def test_a_number_is_taken_once_and_free_again_after_archiving(shop: Shop) -> None:
    floor = Floor(shop)
    table = floor.table(1)

    taken = shop.manager.post("/tables", json={"number": 1})
    archived = shop.manager.delete(f"/tables/{table}")
    again = shop.manager.post("/tables", json={"number": 1})

    assert (taken.status_code, taken.json()["code"]) == (409, "number-taken")
    assert (archived.status_code, again.status_code) == (204, 201)
    assert shop.staff.get("/tables?archived=true").json()["data"][0]["id"] == str(table)


@pytest.mark.parametrize(
    ("asked", "language"), [("ko-KR,ko;q=0.9", "ko"), ("en", "en"), ("fr, en;q=0.1", "en")]
)
def test_problems_speak_the_asked_language(shop: Shop, asked: str, language: str) -> None:
    refused = shop.staff.get("/nothing", headers={"Accept-Language": asked})

    assert refused.headers["Content-Language"] == language
    assert (refused.json()["title"] == "찾을 수 없음") == (language == "ko")


def test_details_speak_the_asked_language(shop: Shop) -> None:
    body = {"number": 0, "colour": "red"}

    def told(language: str) -> dict[str, str]:
        refused = shop.manager.post("/tables", json=body, headers={"Accept-Language": language})
        assert refused.headers["Content-Language"] == language
        return {one["pointer"]: one["detail"] for one in refused.json()["errors"]}

    assert told("ko") == {"/number": "1 이상이어야 합니다.", "/colour": "없는 필드입니다."}
    assert told("en") == {"/number": "Must be at least 1.", "/colour": "There is no such field."}


def test_head_is_get_without_the_body(shop: Shop) -> None:
    head, get = shop.staff.head("/tables"), shop.staff.get("/tables")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_request_ids_are_taken_when_sane(shop: Shop) -> None:
    sane = shop.staff.get("/store", headers={"X-Request-Id": "till-4-000017"})
    odd = shop.staff.get("/store", headers={"X-Request-Id": "a b"})

    assert sane.headers["X-Request-Id"] == "till-4-000017"
    assert odd.headers["X-Request-Id"] != "a b"


def test_large_answers_are_compressed_when_asked(shop: Shop) -> None:
    floor = Floor(shop)
    for number in range(1, 10):
        floor.table(number)

    with shop.staff.stream("GET", "/tables", headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
        assert packed.headers["Content-Encoding"] == "gzip"
    plain = shop.staff.get("/tables", headers={"Accept-Encoding": "identity"})

    assert json.loads(gzip.decompress(raw)) == plain.json()
    assert "Content-Encoding" not in plain.headers


def test_browsers_of_a_configured_origin_are_let_in_on_every_path(database_url: str) -> None:
    origin = "https://order.example"
    settings = Settings(database_url=SecretStr(database_url), cors_origins=[origin])
    app = create_app(settings)
    with live_server(app) as url:
        shop = open_shop(url, app.state.runtime, database_url)
        floor = Floor(shop)
        keyed = {"Origin": origin, "Idempotency-Key": "k"}
        tablet = floor.tablet(1)
        answers = [tablet.get("/menu", headers=keyed) for _ in range(3)]
        answers += [shop.staff.get("/tables/board", headers=keyed) for _ in range(2)]
        answers.append(tablet.post("/orders", json=order_body(floor.stew, 1), headers=keyed))
        answers.append(tablet.post("/orders", json={}, headers=keyed))
        shop.close()

    assert [answer.status_code for answer in answers] == [200] * 5 + [201, 422]
    assert {answer.headers["Access-Control-Allow-Origin"] for answer in answers} == {origin}


def test_every_request_is_counted_under_its_whole_template(shop: Shop) -> None:
    floor = Floor(shop)
    httpx.get(f"{shop.url}/docs", trust_env=False)
    for path in ("/menu", "/menu", "/tables/board", f"/tables/{floor.table(1)}", "/health/live"):
        assert shop.staff.get(path).status_code == 200

    counted = exposition().decode()

    assert 'method="GET",route="/docs",status="200"' in counted
    for template in ("/menu", "/tables/board", "/tables/{table_id}", "/health/live"):
        assert f'method="GET",route="/api/v1{template}",status="200"' in counted


def test_a_secret_is_never_echoed(base_url: str) -> None:
    secret = "canary-" + "x" * 200
    body = {"store_code": "nowhere", "username": "owner", "password": secret}

    with httpx.Client(trust_env=False) as client:
        refused = client.post(f"{base_url}/api/v1/auth/login", json=body)

    assert refused.status_code == 422
    assert "canary" not in refused.text


def test_the_connection_of_a_500_is_good_for_the_next_request(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug of ours")

    headers = {"Authorization": shop.manager.headers["Authorization"]}
    connection = HTTPConnection(shop.url.removeprefix("http://"), timeout=10)
    with monkeypatch.context() as patched:
        patched.setattr(AreaRepository, "all", broken)
        connection.request("GET", "/api/v1/areas", headers=headers)
        failed = connection.getresponse()
        code = json.loads(failed.read())["code"]
    connection.auto_open = 0  # a connection that was reset is not opened again

    connection.request("GET", "/api/v1/areas", headers=headers)
    answer = connection.getresponse()

    assert (failed.status, code, answer.status) == (500, "internal-error", 200)
    connection.close()
