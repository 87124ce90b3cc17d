"""The sides of a visit: each is an HTTP client of its own, with its own credential."""

from collections.abc import Mapping
from typing import Any, Self

import httpx

API = "/api/v1"
Json = dict[str, Any]


class StepFailedError(Exception):
    """The visit cannot go on: `what` happened, and a `hint` at what the reader can do."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class Actor:
    """Somebody with a device: `name` as it stands in the printed columns."""

    def __init__(self, name: str, base_url: str) -> None:
        self.name = name
        # Proxy settings of the shell are for the internet, not for a server on this machine.
        self.http = httpx.AsyncClient(base_url=base_url, timeout=10, trust_env=False)
        self._refresh_token: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def sign_in(self, store: str, username: str, password: str) -> None:
        """Staff sign in; the token goes into every later request."""
        body = {"store_code": store, "username": username, "password": password}
        answer = await self.send("POST", "/auth/login", json=body)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise StepFailedError(
                f"{username!r} cannot sign in at store {store!r}: {_problem(answer)}",
                "load the demo stores with: python -m app.cli demo"
                " (or give --store and --password of your own)",
            )
        self._keep_tokens(_expect(answer, 200))

    async def pair(self, code: str, device_name: str) -> None:
        """A tablet trades the code that staff read to it for a credential of its table."""
        body = {"code": code, "device_name": device_name}
        answer = await self.send("POST", "/auth/pair", json=body)
        self._keep_tokens(_expect(answer, 200, 201))

    async def sign_out(self) -> None:
        """Give the credential back, so that a demo leaves no device behind that is signed in."""
        answer = await self.send(
            "POST", "/auth/logout", json={"refresh_token": self._refresh_token}
        )
        _expect(answer, 200, 204)

    async def get(self, path: str, **params: str) -> Json:
        return _body(_expect(await self.send("GET", path, params=params), 200))

    async def post(self, path: str, json: Json, *, key: str | None = None) -> Json:
        headers = {"Idempotency-Key": key} if key else {}
        return _body(_expect(await self.send("POST", path, json=json, headers=headers), 200, 201))

    async def patch(self, path: str, json: Json) -> Json:
        return _body(_expect(await self.send("PATCH", path, json=json), 200))

    async def put(self, path: str, json: Json) -> Json:
        return _body(_expect(await self.send("PUT", path, json=json), 200))

    async def refused(self, path: str, json: Json, *, status: int, key: str | None = None) -> Json:
        """POST something that has to be refused with `status`; returns the problem document."""
        headers = {"Accept-Language": "en"} | ({"Idempotency-Key": key} if key else {})
        answer = await self.send("POST", path, json=json, headers=headers)
        return _body(_expect(answer, status))

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: Json | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request, whatever its answer; a server that is not there ends the visit."""
        try:
            return await self.http.request(
                method, API + path, json=json, params=params, headers=headers
            )
        except httpx.TransportError as error:
            raise server_away(self.http, error) from error

    def _keep_tokens(self, answer: httpx.Response) -> None:
        tokens = _body(answer)
        self._refresh_token = tokens["refresh_token"]
        self.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"


def server_away(http: httpx.AsyncClient, error: httpx.TransportError) -> StepFailedError:
    reason = str(error) or type(error).__name__
    return StepFailedError(
        f"no answer from {http.base_url}: {reason}",
        "start the service with: make run   (or give its address: --base-url http://host:port)",
    )


def _expect(answer: httpx.Response, *statuses: int) -> httpx.Response:
    if answer.status_code in statuses:
        return answer
    wanted = " or ".join(map(str, statuses))
    raise StepFailedError(
        f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}"
        f" instead of {wanted}: {_problem(answer)}",
        "the log of `make run` has more about request "
        f"{answer.headers.get('X-Request-Id', '(without an id)')}",
    )


def _problem(answer: httpx.Response) -> str:
    """Code and detail of a problem document, or the start of whatever came instead."""
    if answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        problem = _body(answer)
        return f"{problem.get('code')}: {problem.get('detail')}"
    return answer.text[:200]


def _body(answer: httpx.Response) -> Json:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise StepFailedError(
            f"{answer.request.url.path} answered something that is not a JSON object",
            "is this address really the table order service?",
        )
    return body
