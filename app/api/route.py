"""The route that every operation of the API goes through.

In this order: who is calling and may they (401, 403), is the query known (422), is the body one
JSON value (400, 413, 415), has this intent been carried out before (replay); then the endpoint,
its response, and only when that is built the commit. A 2xx therefore means: it is stored.
Serialization failures and deadlocks run the whole of it again, a bounded number of times.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from app.api.bodies import file_intent, read_bounded, read_file, read_image
from app.api.direct import Handler, call_planner
from app.api.operation import FileBody, Operation, result
from app.core.admission import admit, admit_stranger
from app.core.database import Database, UnitOfWork, may_succeed_again
from app.core.errors import (
    FieldError,
    IdempotencyKeyMissingError,
    InvalidRequestError,
    PasswordChangeRequiredError,
    PermissionDeniedError,
    PreconditionRequiredError,
    UnsupportedMediaTypeError,
)
from app.core.idempotency import Intent, Recorded, check_key, fingerprint
from app.core.json_reader import read_json
from app.core.language import spoken
from app.core.metrics import READS, REPLAYS
from app.core.preconditions import may_match
from app.core.replica import Replica
from app.core.runtime import Runtime
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.core.words import Words

PREFIX = "/api/v1"
ATTEMPTS = 4
REPLAYED_HEADERS = ("etag", "location", "content-language")


class OperationRoute(APIRoute):
    """An `APIRoute` under `/api/v1` whose endpoint was declared with `@operation`."""

    prefix: ClassVar = PREFIX

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        declared = getattr(endpoint, "operation", None)
        if not isinstance(declared, Operation):
            raise TypeError(f"{endpoint.__qualname__} has no @operation: say who may call it")
        if declared.replica and options["methods"] != ["GET"]:
            raise TypeError(f"{endpoint.__qualname__}: a replica only reads")
        self.operation = declared
        # `place_order`, not `place_order_api_v1_orders_post`: clients get readable methods.
        options["operation_id"] = endpoint.__name__
        super().__init__(self.prefix + path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        declared = self.operation
        by_statement = declared.idempotency == "by-statement"
        handle = call_planner(self.endpoint) if by_statement else super().get_route_handler()
        query = _query_names(self)
        takes_body = self.body_field is not None
        template, name = self.path_format, self.endpoint.__name__

        async def run(request: Request) -> Response:
            runtime: Runtime = request.app.state.runtime
            request.scope.update(route_template=template, operation=name)
            principal = await _authorize(runtime, request, declared)
            _check_query(request, query)
            if declared.if_match == "required" and "if-match" not in request.headers:
                raise PreconditionRequiredError
            body = None
            if declared.body != "json":
                body = await _read_upload(runtime, declared, request)
            elif takes_body:
                request = _ReadRequest(request.scope, request.receive)
                body = await _read_body(request, runtime.settings.max_body_bytes)
                request.parsed = body
            intent = _intent(runtime, declared, request, principal, body)
            if by_statement:
                request.state.intent = intent
                return await _attempts(request, lambda: handle(request))
            if declared.replica:
                return await _attempts(request, lambda: _read(runtime, handle, request, principal))
            return await _attempts(
                request, lambda: _attempt(runtime.database, handle, request, principal, intent)
            )

        self.handler: Handler = run
        return run


def direct_handlers(routes: Sequence[BaseRoute]) -> dict[tuple[str, str], Handler]:
    """The handlers of the operations that need no router, by method and whole path."""
    return {
        (method, route.path): route.handler
        for route in routes
        if isinstance(route, OperationRoute) and route.operation.idempotency == "by-statement"
        for method in route.methods or ()
    }


class UnversionedRoute(OperationRoute):
    """An operation that also answers outside `/api/v1`, where orchestrators look for it."""

    prefix = ""


class _ReadRequest(Request):
    """A request whose JSON body was read, strictly, before FastAPI asks for it."""

    parsed: Any = None

    async def json(self) -> Any:
        return self.parsed


def _query_names(route: APIRoute) -> dict[str, bool]:
    """The query parameters that the operation knows → whether they may be repeated."""
    names: dict[str, bool] = {}
    for parameter in route.dependant.query_params:
        fields = getattr(parameter.field_info.annotation, "model_fields", None)
        if fields is None:
            names[parameter.alias] = False
        else:
            names.update({field.alias or name: False for name, field in fields.items()})
    return names


async def _authorize(runtime: Runtime, request: Request, declared: Operation) -> Principal | None:
    """Who is calling, if they may.

    Raises:
        NotAuthenticatedError, TokenExpiredError: no good credential.
        PasswordChangeRequiredError: a good one whose first password must be replaced.
        PermissionDeniedError: a good one that lacks the permission.
        RateLimitedError: too many requests of the credential, or of an address without one.
    """
    permission = declared.permission
    if permission is Permission.PUBLIC:
        admit_stranger(runtime, request.scope)
        return None
    authorization = request.headers.get("authorization")
    ticket = request.query_params.get("ticket") if declared.takes_ticket else None
    principal = await admit(
        runtime, request.scope, authorization, ticket if authorization is None else None
    )
    request.state.principal = principal
    request.state.language = principal.language
    if not principal.may(permission):
        if principal.must_change_password:
            raise PasswordChangeRequiredError
        raise PermissionDeniedError(permission=str(permission))
    return principal


def _check_query(request: Request, known: dict[str, bool]) -> None:
    if not request.scope["query_string"]:
        return
    seen: set[str] = set()
    errors = []
    for name, _ in request.query_params.multi_items():
        if name not in known:
            errors.append(
                FieldError(
                    f"/query/{name[:50]}",
                    "unknown",
                    Words("Unknown parameter.", "없는 매개변수입니다."),
                )
            )
        elif name in seen:
            errors.append(
                FieldError(
                    f"/query/{name}",
                    "repeated",
                    Words("Given more than once.", "두 번 이상 보냈습니다."),
                )
            )
        seen.add(name)
    if errors:
        raise InvalidRequestError(errors=errors[:20])


async def _read_upload(runtime: Runtime, declared: Operation, request: Request) -> Any:
    """What a keyed request with a file asks for; the file itself waits in the request's state."""
    if isinstance(declared.body, FileBody):
        request.state.upload = await read_file(request, declared.body)
        return file_intent(request)
    request.state.image = await read_image(request, runtime.settings.max_image_bytes)
    return None


async def _read_body(request: Request, limit: int) -> Any:
    """The JSON body, or None when there is none."""
    content = await read_bounded(request, limit)
    request._body = content  # noqa: SLF001 - Starlette's own cache: FastAPI asks `body()` first
    if not content:
        return None
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise UnsupportedMediaTypeError
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError
    return read_json(content)


def _intent(
    runtime: Runtime,
    declared: Operation,
    request: Request,
    principal: Principal | None,
    body: Any,
) -> Intent | None:
    if declared.idempotency == "no" or principal is None:
        return None
    key = request.headers.get("idempotency-key")
    if key is None:
        if declared.idempotency != "accepted":
            raise IdempotencyKeyMissingError
        return None
    if isinstance(body, dict) and isinstance(body.get("password"), str):
        # Its plain SHA-256 would undo the slow hash: the fingerprint is kept for days.
        body = {**body, "password": runtime.tokens.seal(body["password"])}
    asked = fingerprint(request.method, request.url.path, body)
    return Intent(principal.store_id, principal.scope, check_key(key), asked, declared.shown_once)


async def _attempts(
    request: Request, attempt_once: Callable[[], Coroutine[Any, Any, Response]]
) -> Response:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await attempt_once()
        except Exception as error:
            again = may_succeed_again(error) or may_match(request, error)
            if attempt == ATTEMPTS or not again:
                raise
            await asyncio.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311 - jitter
    raise AssertionError("unreachable")


async def _read(
    runtime: Runtime, handle: Handler, request: Request, principal: Principal | None
) -> Response:
    """The answer of the replica, or of the primary when there is none that is up to date.

    A table asks for the few rows of its own visit, and often: that is not worth the waiting.
    """
    replica = runtime.replica
    asks_much = principal is not None and not principal.sits_at_table
    if replica is not None and asks_much and replica.is_worth_asking():
        try:
            response = await _attempt(replica, handle, request, principal)
        except Exception as error:
            if not replica.is_away(error):
                raise
        else:
            READS.labels("replica").inc()
            return response
    READS.labels("primary").inc()
    return await _attempt(runtime.database, handle, request, principal)


async def _attempt(
    database: Database | Replica,
    handle: Handler,
    request: Request,
    principal: Principal | None,
    intent: Intent | None = None,
) -> Response:
    store_id = principal.store_id if principal else None
    async with database.transaction(store_id) as unit:
        if intent is not None:
            recorded = await intent.begin(await unit.session())
            if recorded is not None:
                return _replay(recorded)
        request.state.unit = unit
        result.set(None)
        spoken.set(None)
        response = await handle(request)
        _add_version(response)
        _add_language(response)
        if intent is not None and response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            await _finish(unit, intent, response)
        return response


def _add_version(response: Response) -> None:
    version = getattr(result.get(), "version", None)
    if isinstance(version, int):
        response.headers.setdefault("ETag", f'"{version}"')


def _add_language(response: Response) -> None:
    language = spoken.get()
    if language is not None and getattr(response, "body", None):
        response.headers.setdefault("Content-Language", language)


async def _finish(unit: UnitOfWork, intent: Intent, response: Response) -> None:
    headers = {
        name: response.headers[name] for name in REPLAYED_HEADERS if name in response.headers
    }
    # What the endpoint changed is sent first: a refused change must not find its answer recorded.
    session = await unit.session()
    await session.flush()
    await intent.finish(session, Recorded(response.status_code, bytes(response.body), headers))


def _replay(recorded: Recorded) -> Response:
    REPLAYS.inc()
    headers = {**recorded.headers, "Idempotent-Replayed": "true"}
    return Response(recorded.body, recorded.status, headers, media_type="application/json")
