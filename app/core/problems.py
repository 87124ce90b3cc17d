"""Errors → RFC 9457 problem documents. Whatever fails leaves through here."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from app.core.connection import is_lost
from app.core.errors import DomainError, FieldError
from app.core.language import message_language
from app.core.logging import get_logger
from app.core.problem_kinds import PROBLEMS, ProblemKind
from app.core.reader_words import reader_error
from app.core.words import Words

__all__ = ["PROBLEMS", "ProblemKind", "describe", "install", "render"]

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

# SQLSTATE → code. What is not listed is a bug of ours and stays `internal-error`.
SQLSTATES: dict[str, str] = {
    "23505": "number-taken",
    "23503": "in-use",
    "40001": "busy",
    "40P01": "busy",
    "55P03": "busy",
    "57014": "busy",
    "53300": "busy",
    "25006": "storage-unavailable",
    "53100": "storage-unavailable",
    "58030": "storage-unavailable",
}

# Constraints that have a code of their own, whatever their SQLSTATE.
CONSTRAINTS: dict[str, str] = {
    "uq_staff_live_username": "username-taken",
    "uq_items_live_external_ref": "reference-taken",
    "uq_table_sessions_open": "table-occupied",
    "pk_session_tables": "table-occupied",
}

# What frameworks raise by number.
HTTP_CODES: dict[int, str] = {
    400: "bad-request",
    401: "not-authenticated",
    403: "permission-denied",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
}


class FieldProblem(BaseModel):
    """One wrong place in the request."""

    pointer: str
    code: str
    detail: str
    row: int | None = None
    column: int | None = None
    left: int | None = None


class Problem(BaseModel):
    """An RFC 9457 problem document. Codes may add members of their own."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblem] | None = None


def render(  # noqa: PLR0913 - a problem document has these parts
    code: str,
    *,
    language: str = "en",
    request_id: str = "",
    detail: Words | None = None,
    errors: Sequence[FieldError] = (),
    members: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The problem document of `code` as a response, its words in `language`."""
    kind = PROBLEMS.get(code) or PROBLEMS["internal-error"]
    body: dict[str, Any] = {
        **(members or {}),
        "type": f"/problems/{kind.code}",
        "title": kind.title[language],
        "status": kind.status,
        "detail": detail[language] if detail else kind.advice[language].replace("`", ""),
        "code": kind.code,
        "request_id": request_id,
    }
    if errors:
        body["errors"] = [_field_problem(error, language) for error in errors]
    sent = {"Content-Language": language, "Cache-Control": "no-store", **(headers or {})}
    if kind.status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    if members and "retry_after" in members:
        sent["Retry-After"] = str(members["retry_after"])
    if kind.retry_after is not None:
        sent.setdefault("Retry-After", str(kind.retry_after))
    if members and "version" in members:
        sent["ETag"] = f'"{members["version"]}"'
    return Response(orjson.dumps(body), kind.status, sent, media_type=MEDIA_TYPE)


def _field_problem(error: FieldError, language: str) -> dict[str, Any]:
    detail = error.detail[language]
    shown = {"pointer": error.pointer, "code": error.code, "detail": detail}
    numbers = {"row": error.row, "column": error.column, "left": error.left}
    return shown | {name: number for name, number in numbers.items() if number is not None}


def _respond(request: Request, code: str, **more: Any) -> Response:
    default = getattr(request.state, "language", "en")
    language = message_language(request.headers.get("accept-language"), default)
    request.scope["problem_code"] = code
    request_id = request.scope.get("request_id", "")
    return render(code, language=language, request_id=request_id, **more)


async def domain_error(request: Request, error: DomainError) -> Response:
    if error.language is not None:
        request.state.language = error.language
    return _respond(
        request, error.code, detail=error.detail, errors=error.errors, members=error.members
    )


def pointer(location: Sequence[int | str]) -> str:
    """An RFC 6901 JSON pointer to `location`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


async def _invalid_request(request: Request, error: RequestValidationError) -> Response:
    """Say where and why, and never echo what was sent: it may be a password."""
    found = []
    for one in error.errors():
        place, *inside = one["loc"]
        if place == "path":
            return _respond(request, "not-found")
        where = pointer(inside) if place == "body" else pointer([place, *inside])
        found.append(reader_error(where, one))
    return _respond(request, "invalid-request", errors=found)


async def _http_error(request: Request, error: HTTPException) -> Response:
    code = HTTP_CODES.get(error.status_code, "internal-error")
    return _respond(request, code, headers=dict(error.headers or {}))


def describe(error: BaseException) -> str | None:
    """The code of a database error that is not our bug: it is away, busy, full, or refused it."""
    if isinstance(error, PoolTimeoutError):
        return "busy"
    if isinstance(error, StaleDataError):
        return "conflict"
    if isinstance(error, DBAPIError):
        error = error.orig or error
    if isinstance(error, psycopg.Error):
        known = CONSTRAINTS.get(error.diag.constraint_name or "")
        if is_lost(error):
            return "database-unavailable"
        return known or SQLSTATES.get(error.sqlstate or "")
    if isinstance(error, (ConnectionError, TimeoutError)):
        return "database-unavailable"
    return None


async def unexpected(request: Request, error: Exception) -> Response:
    code = describe(error)
    if code is None:
        log.error("unhandled", exc_info=error)
        code = "internal-error"
    return _respond(request, code)


Handler = Callable[[Request, Any], Awaitable[Response]]
_HANDLERS: dict[type[Exception], Handler] = {
    DomainError: domain_error,
    RequestValidationError: _invalid_request,
    HTTPException: _http_error,
    DBAPIError: unexpected,
    PoolTimeoutError: unexpected,
    StaleDataError: unexpected,
    psycopg.Error: unexpected,
    Exception: unexpected,
}


async def answer(request: Request, error: Exception) -> Response:
    """The problem document for whatever failed."""
    for kind, handler in _HANDLERS.items():
        if isinstance(error, kind):
            return await handler(request, error)
    raise error


def install(app: FastAPI) -> None:
    """Send every failure of `app` as a problem document."""
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
