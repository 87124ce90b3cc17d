"""Access tokens, forged in every way that JWT libraries have fallen for (RFC 8725): all 401."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.core.config import LOCAL_JWT_KEY, Settings
from app.core.errors import NotAuthenticatedError
from app.core.ids import uuid7
from app.core.security.permissions import Role
from app.core.security.principals import Principal, PrincipalKind
from app.core.security.tokens import AccessTokens
from tests.support.shops import Json, Shop

KID, _, SECRET = LOCAL_JWT_KEY.partition(":")
# An RSA public key in DER: what an attacker would sign with where it is public (algorithm confusion).
PUBLIC_KEY_DER = base64.b64decode(
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALyZbQKfv3aHkvGmzsUeCzwbJm3rWYQDJ0kvwDhtl0aWIvFQXUJHYFSTJyiN"
    "xTtWbM/nf0P+uBRqZXnTqzcEKPECAwEAAQ=="
)

Change = Callable[[Json, Json], None]


def encode(value: Any) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def sign(header: Any, claims: Any, secret: bytes = SECRET.encode(), name: str = "sha256") -> str:
    signed = f"{encode(header)}.{encode(claims)}"
    return f"{signed}.{encode(hmac.new(secret, signed.encode(), name).digest())}"


def parts(token: str) -> tuple[Json, Json]:
    header, claims, _ = token.split(".")
    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        for part in (header, claims)
    )
    return header, claims


def forged(shop: Shop, change: Change) -> tuple[Json, Json]:
    """The header and the claims of a good token, changed."""
    header, claims = parts(shop.staff.headers["Authorization"].removeprefix("Bearer "))
    change(header, claims)
    return header, claims


def status(shop: Shop, token: str) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{shop.url}/api/v1/store", headers=headers, trust_env=False)
    return answer.status_code, answer.json().get("code", "")


def dropped(*path: str) -> Change:
    where, name = path
    return lambda header, claims: (header if where == "header" else claims).pop(name)


def header_is(**members: Any) -> Change:
    return lambda header, _: header.update(members)


def claims_are(**members: Any) -> Change:
    return lambda _, claims: claims.update(members)


def test_the_forger_of_these_tests_can_make_a_good_token(shop: Shop) -> None:
    assert status(shop, sign(*forged(shop, claims_are())))[0] == 200


NOW = int(time.time())


@pytest.mark.parametrize(
    "change",
    [
        *[dropped("claims", n) for n in ("exp", "iat", "aud", "iss", "sub", "jti", "knd", "sto")],
        *[dropped("claims", n) for n in ("fam", "nam", "lan", "rol")],
        *[dropped("header", name) for name in ("alg", "kid", "typ")],
        header_is(typ="JWT"),
        header_is(typ="refresh+jwt"),
        header_is(typ=None),
        header_is(typ=["at+jwt"]),
        header_is(kid="another"),
        header_is(kid=""),
        header_is(kid=None),
        header_is(kid=[KID]),
        header_is(kid="../../dev/null"),
        header_is(crit=["exp"]),
        header_is(crit=["b64"], b64=False),
        header_is(jku="https://attacker.example/keys"),
        header_is(jwk={"kty": "oct", "k": encode(b"x" * 32)}),
        header_is(x5u="https://attacker.example/cert"),
        header_is(cty="JWT"),
        header_is(zip="DEF"),
        header_is(alg="none"),
        header_is(alg="HS384"),
        header_is(alg="RS256"),
        header_is(alg="hs256"),
        header_is(alg=["HS256"]),
        claims_are(aud="another-api"),
        claims_are(aud=[]),
        claims_are(aud=None),
        claims_are(iss="another-issuer"),
        claims_are(iss=["table-order"]),
        claims_are(iat=NOW + 3600, exp=NOW + 7200),
        claims_are(iat=str(NOW)),
        claims_are(iat=NOW + 0.5),
        claims_are(iat=True),
        claims_are(exp=NOW + 900.5),
        claims_are(exp=str(NOW + 900)),
        claims_are(exp=float("inf")),
        claims_are(exp=float("nan")),
        claims_are(exp=10**400),
        claims_are(exp=None),
        claims_are(nbf=NOW + 3600),
        claims_are(sub=7),
        claims_are(sub="not-an-id"),
        claims_are(jti=7),
        claims_are(knd="administrator"),
        claims_are(knd="screen"),
        claims_are(sto="00000000"),
        claims_are(rol="emperor"),
        claims_are(nam=["x"]),
        claims_are(lan=7),
        claims_are(pwd="no"),
    ],
)
def test_a_signed_token_that_is_not_exactly_ours_is_refused(shop: Shop, change: Change) -> None:
    assert status(shop, sign(*forged(shop, change))) == (401, "not-authenticated")


def test_an_expired_token_has_a_code_of_its_own_only_when_it_was_ours(shop: Shop) -> None:
    header, claims = forged(shop, claims_are(iat=NOW - 7200, exp=NOW - 3600))

    assert status(shop, sign(header, claims)) == (401, "token-expired")
    assert status(shop, sign(header, claims, b"x" * 40)) == (401, "not-authenticated")


@pytest.mark.parametrize(
    "secret",
    [b"", b"\0", SECRET.encode()[:-1], LOCAL_JWT_KEY.encode(), KID.encode(), PUBLIC_KEY_DER],
)
def test_another_secret_signs_nothing(shop: Shop, secret: bytes) -> None:
    header, claims = forged(shop, claims_are())

    assert status(shop, sign(header, claims, secret)) == (401, "not-authenticated")


def test_other_digests_and_no_signature_at_all_are_refused(shop: Shop) -> None:
    header, claims = forged(shop, claims_are())
    head, body, signature = sign(header, claims).split(".")
    none = encode(header | {"alg": "none"})

    for token in (
        sign(header | {"alg": "HS512"}, claims, name="sha512"),
        sign(header, claims, name="sha512"),
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.{signature}",
        f"{head}.{body}.{signature[:-4]}",
        f"{head}..{signature}",
        f".{body}.{signature}",
        "..",
        f" {head}.{body}.{signature}",
        f"{head}.{body}.{signature}é",
    ):
        answer = httpx.get(
            f"{shop.url}/api/v1/store",
            headers={b"Authorization": f"Bearer {token}".encode()},
            trust_env=False,
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated"), token


NESTED = (
    b"[" * 200,
    b"[" * 1400,
    b'{"a":' * 280,
    b"[" * 700 + b"]" * 700,
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
)


@pytest.mark.parametrize("deep", NESTED, ids=len)
def test_nesting_exhausts_nothing(shop: Shop, deep: bytes) -> None:
    header, claims = forged(shop, claims_are())
    in_header = encode(header)[:-1]

    tokens = (sign(deep, claims), sign(header, deep), f"{encode(deep)}.{in_header}.x")
    # The server itself refuses a header line of more than 64 KiB; what it lets in is 401.
    expected = {401} if len(deep) < 10_000 else {400, 401, 431}
    for token in tokens:
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{shop.url}/api/v1/store", headers=headers, trust_env=False)
        assert answer.status_code in expected


@pytest.mark.parametrize("deep", NESTED, ids=len)
def test_the_reader_itself_is_not_exhausted_either(app: FastAPI, shop: Shop, deep: bytes) -> None:
    header, claims = forged(shop, claims_are())

    for token in (sign(deep, claims), sign(header, deep)):
        with pytest.raises(NotAuthenticatedError):
            app.state.runtime.tokens.read(token)


def test_an_oversized_token_is_not_even_parsed(shop: Shop) -> None:
    header, claims = forged(shop, claims_are(nam="x" * 3000))

    assert status(shop, sign(header, claims)) == (401, "not-authenticated")
    assert status(shop, sign(header | {"kid": "x" * 300}, claims)) == (401, "not-authenticated")


@pytest.mark.parametrize("content", [b"null", b"[]", b'"x"', b"7", b"\xff\xfe", b"{", b""])
def test_what_is_no_object_is_no_header_and_no_claims(shop: Shop, content: bytes) -> None:
    header, claims = forged(shop, claims_are())

    assert status(shop, sign(content, claims)) == (401, "not-authenticated")
    assert status(shop, sign(header, content)) == (401, "not-authenticated")


def test_one_kind_of_credential_never_stands_in_for_another(shop: Shop) -> None:
    access = shop.staff.headers["Authorization"].removeprefix("Bearer ")
    ticket = shop.staff.post("/auth/stream-ticket").json()["ticket"]
    refresh = f"{shop.id.hex}.{uuid7().hex}.{'x' * 43}"
    url = f"{shop.url}/api/v1"

    for other in (ticket, refresh, f"tok_{access}", sign({"alg": "HS256", "typ": "JWT"}, {})):
        assert status(shop, other) == (401, "not-authenticated")
    for other in (ticket, access[:500], "tok_000000000000"):
        answer = httpx.post(f"{url}/auth/refresh", json={"refresh_token": other}, trust_env=False)
        assert answer.status_code == 401
    for other in (access, refresh):
        assert httpx.get(f"{url}/events/stream?ticket={other}", trust_env=False).status_code == 401


# -- rotation --------------------------------------------------------------------------------------

OLD, NEW = "k1:" + "o" * 40, "k2:" + "n" * 40


def tokens_of(*keys: str) -> AccessTokens:
    return AccessTokens(Settings(jwt_keys=[SecretStr(key) for key in keys]))


def owner() -> Principal:
    return Principal(PrincipalKind.STAFF, uuid7(), uuid7(), "사장", uuid7(), "ko", role=Role.OWNER)


def test_nobody_is_signed_out_by_a_rotation() -> None:
    """Workers are replaced one after the other: first all learn the new key, then they sign with it."""
    before, learning, rotated, after = (
        tokens_of(OLD),
        tokens_of(OLD, NEW),
        tokens_of(NEW, OLD),
        tokens_of(NEW),
    )
    somebody = owner()
    old, meanwhile, new = (tokens.issue(somebody)[0] for tokens in (before, learning, rotated))

    assert [parts(token)[0]["kid"] for token in (old, meanwhile, new)] == ["k1", "k1", "k2"]
    for reader, token in (
        (before, meanwhile),
        (learning, old),
        (learning, new),
        (rotated, old),
        (rotated, meanwhile),
        (after, new),
    ):
        assert reader.read(token) == somebody


@pytest.mark.parametrize("stranger", [tokens_of(OLD), tokens_of(OLD, NEW)])
def test_removing_a_key_ends_what_it_signed(stranger: AccessTokens) -> None:
    token, _ = stranger.issue(owner())

    with pytest.raises(NotAuthenticatedError):
        tokens_of(NEW).read(token)


def test_a_kid_names_one_key_and_no_other_is_tried() -> None:
    header, claims = parts(tokens_of(NEW, OLD).issue(owner())[0])
    by_the_other = sign(header, claims, OLD.partition(":")[2].encode())

    with pytest.raises(NotAuthenticatedError):
        tokens_of(NEW, OLD).read(by_the_other)


def test_the_tokens_of_two_services_are_not_interchangeable() -> None:
    ours, theirs = (
        AccessTokens(Settings(jwt_keys=[SecretStr(OLD)], jwt_audience=name)) for name in ("a", "b")
    )

    with pytest.raises(NotAuthenticatedError):
        theirs.read(ours.issue(owner())[0])


def test_the_digest_of_a_good_token_is_hs256() -> None:
    token, _ = tokens_of(OLD).issue(owner())
    signed, _, signature = token.rpartition(".")
    secret = OLD.partition(":")[2].encode()

    assert encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest()) == signature
