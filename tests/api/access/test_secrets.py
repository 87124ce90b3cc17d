"""No secret stands where it does not belong: not in a log, an error, an event, or the audit log."""

import contextlib
import io
import logging
import sys
from collections.abc import Iterator

import httpx
import orjson
import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from app.core.config import Settings
from app.core.security.permissions import Role
from app.main import create_app
from tests.support.floor import Floor, created
from tests.support.people import login
from tests.support.server import live_server
from tests.support.shops import Shop, open_shop
from tests.support.tenants import DOCUMENT

PASSWORD, NEXT, TABLE, WRONG, KEY = (
    f"canary-{word}-8c1f"
    for word in ("password", "next", "table", "wrong", "jwt-key-0123456789abc")
)


Told = tuple[Shop, io.BytesIO, dict[str, str], list[str]]


@pytest.fixture(scope="module")
def told(database_url: str) -> Iterator[Told]:
    """A shop in which every secret was used well and badly; its log, the secrets, the refusals."""
    log = io.BytesIO()
    with contextlib.redirect_stderr(io.TextIOWrapper(log, write_through=True)):
        settings = Settings(
            database_url=SecretStr(database_url),
            jwt_keys=[SecretStr(f"k1:{KEY}-and-some-more")],
            log_level="DEBUG",
            log_format="json",
        )
        app = create_app(settings)
        with live_server(app) as url:
            shop = open_shop(url, app.state.runtime, database_url)
            secrets, refusals = _use(shop)
            yield shop, log, secrets, refusals
            shop.close()
    logging.basicConfig(stream=sys.stderr, force=True)


def _use(shop: Shop) -> tuple[dict[str, str], list[str]]:
    owner, floor, stranger = shop.client(Role.OWNER), Floor(shop), shop.connect()
    secrets = {"password": PASSWORD, "next password": NEXT, "table password": TABLE}
    secrets |= {"wrong password": WRONG, "signing key": KEY}
    person = {"username": "kim", "display_name": "김민지", "role": "staff", "password": PASSWORD}
    created(owner, "/staff", person)
    tokens = login(shop, "kim", PASSWORD).json()
    secrets |= {"access token": tokens["access_token"], "refresh token": tokens["refresh_token"]}
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    change = {"current_password": PASSWORD, "new_password": NEXT}
    changed = stranger.put("/auth/password", json=change, headers=bearer)
    assert changed.status_code == 200, changed.text
    wanted = {"name": "till", "scopes": ["orders:read"]}
    key = owner.post("/api-keys", json=wanted, headers={"Idempotency-Key": "one-key"}).json()
    secrets["API key"] = key["key"]
    path = f"/tables/{floor.table(7)}"
    assert shop.manager.put(f"{path}/password", json={"password": TABLE}).is_success
    secrets["pairing code"] = created(shop.staff, f"{path}/pairing-codes", {})["code"]
    secrets["QR token"] = shop.staff.get(f"{path}/qr-token").json()["table_token"]
    guest = stranger.post("/auth/guest", json={"table_token": secrets["QR token"]}).json()
    secrets |= {"guest's token": guest["access_token"], "guest's refresh": guest["refresh_token"]}
    ticket = shop.staff.post("/auth/stream-ticket").json()["ticket"]
    secrets["stream ticket"] = ticket
    return secrets, _misuse(shop, stranger, secrets)


def _misuse(shop: Shop, stranger: httpx.Client, secrets: dict[str, str]) -> list[str]:
    """Whatever goes wrong with a secret in it; the answers."""
    answers = [login(shop, "kim", WRONG), login(shop, WRONG, PASSWORD)]
    for value in secrets.values():
        # Not the last character: of that of a base64 text only some bits count.
        bad = value[:-4] + ("x" if value[-4] != "x" else "y") + value[-3:]
        answers += [
            stranger.get("/auth/me", headers={"Authorization": f"Bearer {bad}"}),
            stranger.get("/events/stream", params={"ticket": bad[:200]}),
            stranger.get("/menu", params={"token": value[:200]}),
            stranger.post("/auth/refresh", json={"refresh_token": bad}),
            stranger.post("/auth/pair", json={"code": bad, "device_name": "x"}),
            stranger.post("/auth/guest", json={"table_token": bad}),
            stranger.post("/auth/login", json={"password": value, "nonsense": value}),
            stranger.post("/auth/login", content=f'{{"password": "{value}"'.encode()),
        ]
    assert all(400 <= answer.status_code < 500 for answer in answers)
    return [answer.text for answer in answers]


def test_the_log_has_none(told: Told) -> None:
    _, log, secrets, _ = told
    text = log.getvalue().decode()

    assert '"path":"/api/v1/auth/login"' in text
    assert {name for name, secret in secrets.items() if secret in text} == set()


def test_no_refusal_echoes_one(told: Told) -> None:
    _, _, secrets, refusals = told

    for refusal in refusals:
        assert {name for name, secret in secrets.items() if secret[:-1] in refusal} == set()


def test_the_database_keeps_none_in_the_clear(
    told: Told,
) -> None:
    """Events, audit entries, recorded answers, people, devices: every column of every table.

    But for the QR token, which is printed again, and a session's PIN, which staff read out.
    """
    shop, _, secrets, _ = told
    found = set()
    with psycopg.connect(shop.owner_url) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'store_id'"
        ).fetchall()
        for (table,) in tables:
            query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
            content = "\n".join(row[0] for row in connection.execute(query))
            found |= {(table, name) for name, secret in secrets.items() if secret in content}
    assert found == {("table_access", "QR token")}


def test_the_documents_examples_are_no_secrets_of_ours() -> None:
    text = orjson.dumps(DOCUMENT).decode()

    assert "canary" not in text
    assert "only-for-a-developer-machine" not in text
