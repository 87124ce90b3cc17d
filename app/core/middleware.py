"""Around every request, as plain ASGI: its id, its host, HEAD, compression, log line, metrics.

Plain ASGI because `BaseHTTPMiddleware` breaks streams and cancellation.
"""

import re
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import problems
from app.core.compression import COMPRESSED_FROM, compress
from app.core.ids import uuid7
from app.core.logging import get_logger
from app.core.metrics import LATENCY, REQUESTS
from app.core.rate_limit import QUOTA

log = get_logger("app.access")

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}\Z")
_QUIET = ("/health", "/api/v1/health")


CLIENT_LEFT = 499
"""Accounted for a request whose client left before any answer."""


class _Reply:
    """The `send` of one request: adds what every response has, and remembers its status."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.status = 0
        self.method: str = scope["method"]
        self._request_id: str = scope["request_id"]
        self._state: dict[str, Any] = scope["state"]
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            sent = MutableHeaders(scope=message)
            sent["X-Request-Id"] = self._request_id
            sent.setdefault("X-Content-Type-Options", "nosniff")
            sent.setdefault("Cache-Control", "no-store")
            if (quota := self._state.get(QUOTA)) is not None:
                sent.raw.extend(quota.headers)
        elif self.method == "HEAD" and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


class RequestMiddleware:
    """Gives each request its id, answers HEAD from GET, and accounts for it when it ends.

    Errors that no handler knows become problem documents here, so that a log line and an id
    stand beside every 500.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str]) -> None:
        self.app = app
        self._hosts = None if "*" in allowed_hosts else frozenset(allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        scope["request_id"] = given if _SANE_REQUEST_ID.match(given) else str(uuid7())
        scope.setdefault("state", {})
        reply = _Reply(scope, send)
        if reply.method == "HEAD":
            # A copy: the server looks at its own scope to know that no body must follow.
            scope = {**scope, "method": "GET"}
        try:
            await self._answer(scope, receive, reply, headers)
        except Exception as error:
            if reply.status:
                log.exception("broken response", request_id=scope["request_id"])
                raise
            response = await problems.unexpected(Request(scope, receive), error)
            await response(scope, receive, reply)
        finally:
            seconds = time.perf_counter() - started
            _account(scope, reply.method, reply.status or CLIENT_LEFT, seconds)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        if self._hosts is not None and host not in self._hosts:
            response = problems.render("bad-request", request_id=scope["request_id"])
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _account(scope: Scope, method: str, status: int, seconds: float) -> None:
    route = scope.get("route_template", "unmatched")
    REQUESTS.labels(method, route, status).inc()
    LATENCY.labels(method, route).observe(seconds)
    path: str = scope["path"]
    if path.startswith(_QUIET) and status < HTTPStatus.BAD_REQUEST:
        return
    log.info(
        "request",
        request_id=scope["request_id"],
        method=method,
        path=path,
        route=route,
        status=status,
        ms=round(seconds * 1000, 2),
        code=scope.get("problem_code"),
    )


_COMPRESSIBLE = ("application/json", "application/problem+json", "text/html", "text/css")


class CompressionMiddleware:
    """Compresses whole responses over 1 KiB with zstd or gzip, as the client asks.

    Streams are left alone: a response whose first body message is not its last passes through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = Headers(scope=scope).get("accept-encoding", "") if "headers" in scope else ""
        coding = "zstd" if "zstd" in accepted else "gzip" if "gzip" in accepted else None
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
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
    headers = MutableHeaders(scope=start)
    body: bytes = message.get("body", b"")
    if (
        message.get("more_body")
        or len(body) < COMPRESSED_FROM
        or "content-encoding" in headers
        or not headers.get("content-type", "").startswith(_COMPRESSIBLE)
    ):
        return message
    headers.add_vary_header("Accept-Encoding")
    if coding is None:
        return message
    packed = compress(body, coding)
    headers["Content-Encoding"] = coding
    headers["Content-Length"] = str(len(packed))
    return {**message, "body": packed}
