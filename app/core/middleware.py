"""Around every request, as plain ASGI: its id, its host, HEAD, compression, log line, metrics.

Plain ASGI because `BaseHTTPMiddleware` breaks streams and cancellation. Every answer pays for this
module, the shortest ones most: raw header pairs are read once, and nothing is looked up twice.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import problems
from app.core.cache import Answer
from app.core.compression import COMPRESSED_FROM, choose_coding, compress
from app.core.context import request_scope
from app.core.ids import new_request_id
from app.core.logging import get_logger
from app.core.metrics import LATENCY, REQUESTS
from app.core.rate_limit import QUOTA

log = get_logger("app.access")

_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,128}\Z")
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]*)?")
_QUIET = ("/health", "/api/v1/health")


CLIENT_LEFT = 499
"""Accounted for a request whose client left before any answer."""


class _Reply:
    """The `send` of one request: adds what every response has, and remembers how far it came."""

    __slots__ = ("_request_id", "_send", "_state", "complete", "method", "status")

    def __init__(self, method: str, request_id: str, state: dict[str, Any], send: Send) -> None:
        self.status = 0
        self.complete = False
        self.method = method
        self._request_id = request_id.encode()
        self._state = state
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = _completed(message["headers"], self._request_id)
            if (quota := self._state.get(QUOTA)) is not None:
                headers.extend(quota.headers)
            message["headers"] = headers
        elif self.method == "HEAD":
            if self.complete:
                return
            # The first of a body is all of it. A stream, which would go on, is told by the server
            # that its client has left: so it does once an answer is complete (ASGI).
            self.complete = True
            message = {"type": "http.response.body", "body": b""}
        else:
            self.complete = not message.get("more_body")
        await self._send(message)

    async def whole(self, answer: Answer) -> None:
        """Send an answer from memory."""
        self.status = answer.status
        headers = [*answer.headers, (b"x-request-id", self._request_id)]
        if (quota := self._state.get(QUOTA)) is not None:
            headers.extend(quota.headers)
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await self._send(start)
        body = b"" if self.method == "HEAD" else answer.body
        await self._send({"type": "http.response.body", "body": body})


class RequestMiddleware:
    """Gives each request its id, answers HEAD from GET, and accounts for it when it ends.

    Errors that no handler knows become problem documents here, so that a log line and an id
    stand beside every 500. It serves HTTP only.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed_hosts: Sequence[str],
        *,
        at_hand: Callable[[Scope], Answer | None],
        log_requests: bool,
    ) -> None:
        """Stand around `app`.

        Args:
            at_hand: what answers a request at once, for whom every layer counts; it is asked
                before `app`, and says None when it doesn't know.
        """
        self.app = app
        self._at_hand = at_hand
        self._hosts = None if "*" in allowed_hosts else frozenset(allowed_hosts)
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        sent = scope["sent_headers"] = dict(scope["headers"])
        request_id = _request_id(sent)
        scope["request_id"] = request_id
        state = scope.setdefault("state", {})
        reply = _Reply(scope["method"], request_id, state, send)
        if reply.method == "HEAD":
            # A copy: the server looks at its own scope to know that no body must follow.
            scope = {**scope, "method": "GET"}
        # The server gives each request a task, and with it a context of its own: no reset needed.
        request_scope.set(scope)
        try:
            if self._hosts is not None and _host(sent) not in self._hosts:
                await problems.render("bad-request", request_id=request_id)(scope, receive, reply)
            elif (answer := self._at_hand(scope)) is not None:
                await reply.whole(answer)
            else:
                await self.app(scope, receive, reply)
        except Exception as error:
            if not await _answered(scope, receive, reply, error):
                raise
        finally:
            self._account(scope, reply.method, reply.status or CLIENT_LEFT, started)

    def _account(self, scope: Scope, method: str, status: int, started: float) -> None:
        seconds = time.perf_counter() - started
        route = route_of(scope)
        requests, latency = _meters(method, route, status)
        requests.inc()
        latency.observe(seconds)
        if not self._log_requests:
            return
        path: str = scope["path"]
        if path.startswith(_QUIET) and status < HTTPStatus.BAD_REQUEST:
            return
        log.info(
            "request",
            method=method,
            path=path,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
            code=scope.get("problem_code"),
        )


async def _answered(scope: Scope, receive: Receive, reply: _Reply, error: Exception) -> bool:
    """Answer a failure; False when a response had begun, and broke off.

    The framework raises also what it has answered, for servers that log it. Ours would reset the
    connection, and with it the next request there.
    """
    if not reply.status:
        response = await problems.answer(Request(scope, receive), error)
        await response(scope, receive, reply)
    elif not (reply.complete and "problem_code" in scope):
        log.error("broken response", exc_info=error)
        return False
    return True


def route_of(scope: Scope) -> str:
    """The path with its parameters' names instead of their values, once it is matched."""
    declared: str | None = scope.get("route_template")
    if declared is not None:
        return declared
    if "endpoint" not in scope:
        return "unmatched"
    path: str = scope["path"]
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(f"/{value}", f"/{{{name}}}")
    return path


def _request_id(headers: Mapping[bytes, bytes]) -> str:
    """The client's id for the request if it is a sane one, else a new one."""
    sent = headers.get(b"x-request-id")
    return sent.decode() if sent and _SANE_REQUEST_ID.match(sent) else new_request_id()


def _host(headers: Mapping[bytes, bytes]) -> str:
    """The host that was asked, without its port, in small letters: a name has no others."""
    found = _HOST.fullmatch(headers.get(b"host", b"").decode("latin-1"))
    return found[1].lower() if found else ""


def _completed(
    headers: Sequence[tuple[bytes, bytes]], request_id: bytes
) -> list[tuple[bytes, bytes]]:
    """The response's headers and those that every response has."""
    names = dict(headers)
    added = [(b"x-request-id", request_id)]
    if b"x-content-type-options" not in names:
        added.append((b"x-content-type-options", b"nosniff"))
    if b"cache-control" not in names:
        added.append((b"cache-control", b"no-store"))
    return [*headers, *added]


@lru_cache(maxsize=2048)
def _meters(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """The metrics of one kind of answer; the client library's own look-up takes longer."""
    return REQUESTS.labels(method, route, status), LATENCY.labels(method, route)


_COMPRESSIBLE = (
    "application/json",
    "application/problem+json",
    "text/html",
    "text/css",
    "text/csv",
)


class CompressionMiddleware:
    """Compresses whole responses over 1 KiB with zstd, Brotli or gzip, as the client asks.

    Streams are left alone: a response whose first body message is not its last passes through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        coding = choose_coding(Headers(scope=scope).get("accept-encoding", ""))
        head: Message | None = None

        async def reply(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = message
                return
            if head is not None:
                start, head = head, None
                message = _compress(start, message, coding)
                await send(start)
            await send(message)

        await self.app(scope, receive, reply)


def _compress(start: Message, message: Message, coding: str | None) -> Message:
    body: bytes = message.get("body", b"")
    if message.get("more_body") or len(body) < COMPRESSED_FROM:
        return message
    headers = MutableHeaders(scope=start)
    if "content-encoding" in headers or not headers.get("content-type", "").startswith(
        _COMPRESSIBLE
    ):
        return message
    headers.add_vary_header("Accept-Encoding")
    if coding is None:
        return message
    packed = compress(body, coding)
    headers["Content-Encoding"] = coding
    headers["Content-Length"] = str(len(packed))
    return {**message, "body": packed}
