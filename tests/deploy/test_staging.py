"""`make deploy ENV=staging`, as an operator with a fresh clone types it."""

from __future__ import annotations

import json
import re
import socket
import time
from http.client import HTTPResponse
from pathlib import Path

import httpx
import pytest

from tests.deploy.cluster import psql
from tests.deploy.house import Front, House, open_house
from tests.deploy.stack import HOST

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def front(staging_front: Front) -> Front:
    return staging_front


@pytest.fixture(scope="module")
def house(front: Front) -> House:
    return open_house(front, "hanok")


def test_the_first_ten_minutes_as_the_pages_tell_them(front: Front, tmp_path: Path) -> None:
    """The lines of the operators' page, then those of the README from the owner's sign-in on."""
    folder = front.stack.folder
    began = block_under("## From a clone to staging", folder / "docs/operations/README.md", 3)
    day = block_under("## The first ten minutes of a store", folder / "README.md", 0)
    assert "api=https://localhost/api/v1 " in began
    signed_in = day[day.index("# The owner signs in") :]
    began = began.replace("https://localhost", f"https://{HOST}:{front.https_port}")
    began = began.replace("--insecure", f"--insecure --resolve {HOST}:{front.https_port}:127.0.0.1")

    script = f"shopt -s expand_aliases\n{began}\n{signed_in}"
    said = front.stack.run("bash", "-eo", "pipefail", "-c", script, timeout=120)

    assert '"username":"minji"' in said
    assert re.search(r"tok_[0-9a-f]{12}_[0-9a-f]{32}_", said)
    assert "<svg" in (folder / "table-7.svg").read_text()


def block_under(heading: str, page: Path, number: int) -> str:
    """The shell block of that number, from 0, under a heading."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text().split(heading, 1)[1], re.DOTALL)
    return str(blocks[number])


def test_an_order_goes_through_the_proxy_and_reaches_the_replica(
    front: Front, house: House
) -> None:
    with front.client(house.tablet(1)) as tablet:
        placed = house.order(tablet)
        assert placed.status_code == 201, placed.text
    counted = f"SELECT count(*) FROM orders WHERE id = '{placed.json()['id']}'"
    end = time.monotonic() + 20
    while psql(front, "db-replica", counted) != "1":
        assert time.monotonic() < end, "the replica does not follow"
        time.sleep(0.25)
    assert psql(front, "db-replica", "SELECT pg_is_in_recovery()") == "t"


def test_long_reads_are_the_replicas(front: Front, house: House) -> None:
    asked = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'table-order-api' AND query = 'COMMIT'"
    )
    with front.client(house.owner) as owner:
        end = time.monotonic() + 20
        while psql(front, "db-replica", asked) == "0":
            assert owner.get("/orders").status_code == 200
            assert time.monotonic() < end, "the replica was never asked"


def test_http_is_sent_to_https(front: Front) -> None:
    plain = httpx.get(
        f"http://127.0.0.1:{front.http_port}/docs?a=1", headers={"Host": HOST}, trust_env=False
    )
    assert plain.status_code == 308
    assert plain.headers["Location"] == f"https://{HOST}:{front.https_port}/docs?a=1"


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/METRICS/", "/metrics?x=1"])
def test_metrics_are_not_reached_through_it(front: Front, path: str) -> None:
    with front.client(path="") as client:
        answer = client.get(front.url + path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "# HELP" not in answer.text


def test_metrics_are_there_inside(front: Front) -> None:
    asked = (
        "import urllib.request as u; print(u.urlopen('http://api:9100/metrics').read().decode())"
    )
    assert "# HELP" in front.stack.compose("exec", "-T", "api", "python", "-c", asked)


def test_a_request_id_goes_all_the_way(front: Front) -> None:
    with front.client() as client:
        named = client.get("/menu", headers={"X-Request-Id": "my-own-request-1"})
        assert named.headers["X-Request-Id"] == "my-own-request-1"
        forged = client.get("/menu", headers={"X-Request-Id": 'a" b'})
        assert re.fullmatch(r"[0-9a-f-]{36}", forged.headers["X-Request-Id"])
        assert forged.json()["request_id"] == forged.headers["X-Request-Id"]
    logged = [
        json.loads(line[line.index("{") :])
        for line in front.stack.compose("logs", "--no-log-prefix", "proxy", "api").splitlines()
        if "my-own-request-1" in line
    ]
    assert {line["event"] for line in logged} == {"proxied", "request"}


def test_a_client_can_not_say_where_it_comes_from(front: Front) -> None:
    """Guesses are slowed down by address: a made-up one must not begin a new count."""
    with front.client() as client:
        for number in range(130):
            guess = {"store_code": "hanok", "username": f"n{number}", "password": "wrong wrong"}
            made_up = f"203.0.113.{number}"
            forged = {"X-Forwarded-For": made_up, "Forwarded": f"for={made_up}"}
            if client.post("/auth/login", json=guess, headers=forged).status_code == 429:
                return
    pytest.fail("130 wrong guesses from one address, and none was held up")


def answered(front: Front, *lines: str) -> tuple[int, str]:
    """Status and body of the answer to a request that stops after these lines."""
    with (
        socket.create_connection(("127.0.0.1", front.https_port), timeout=30) as plain,
        front.trust.wrap_socket(plain, server_hostname=HOST) as sent,
    ):
        sent.sendall("\r\n".join((lines[0], f"Host: {HOST}", *lines[1:])).encode())
        answer = HTTPResponse(sent)
        answer.begin()
        return answer.status, answer.read().decode()


def test_too_large_a_body_is_refused_as_a_problem(front: Front) -> None:
    status, body = answered(
        front, "POST /api/v1/orders HTTP/1.1", "Content-Length: 9999999", "", ""
    )
    assert (status, json.loads(body)["code"]) == (413, "body-too-large")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("GET /docs HTTP/1.1", f"X-Large: {'a' * 40_000}", "", ""), 400),
        (("GET /docs HTTP/1.1", "X-Slow: a"), 408),
    ],
)
def test_too_large_and_too_slow_headers_are_refused(
    front: Front, lines: tuple[str, ...], status: int
) -> None:
    assert answered(front, *lines)[0] == status


def test_a_stream_is_not_held_back(front: Front, house: House) -> None:
    with (
        front.client(house.owner) as kitchen,
        front.client(house.tablet(2)) as tablet,
        kitchen.stream("GET", "/events/stream") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        placed = house.order(tablet).json()["id"]
        # Anything that buffers would keep this until the stream's end, which never comes.
        assert any(placed in line for line in lines)


def test_sigterm_ends_streams_with_a_time_to_come_back_and_exits_0(
    front: Front, house: House
) -> None:
    container = front.stack.compose("ps", "--quiet", "api").strip()
    with front.client(house.owner) as kitchen, kitchen.stream("GET", "/events/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        front.stack.docker("stop", container, timeout=60)
        assert [line for line in lines if line.startswith("retry:")]
    state = json.loads(front.stack.docker("inspect", "--format={{json .State}}", container))
    assert (state["ExitCode"], state["OOMKilled"]) == (0, False)
    with front.client() as client:
        away = client.get("/menu")
        assert (away.status_code, away.json()["code"]) == (503, "not-ready")
        assert away.headers["Retry-After"] == "2"
    front.stack.docker("start", container)
    front.wait_until_ready()


def test_deploying_again_keeps_secrets_certificate_and_data(front: Front, house: House) -> None:
    def kept() -> tuple[str, int]:
        key = front.stack.compose("exec", "-T", "proxy", "cat", "/etc/haproxy/tls/proxy.pem")
        return key, len(house.orders())

    before = kept()
    front.stack.make("deploy")
    front.wait_until_ready()
    assert kept() == before
