"""The busiest operation without the framework's part of the way.

Between the server and an endpoint stand a router, exception layers and a dependency solver that
looks at the signature on every request: a third of an order's time. For an operation whose own
statement is its transaction (`by-statement`) nothing of it is needed: its path is one dictionary
look-up, and its arguments are made by a plan that was drawn up once.
"""

import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core import problems

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Maker = Callable[[Request], Coroutine[Any, Any, Any]]


class DirectRoutes:
    """Dispatches `handlers`, by method and whole path; everything else goes on to `app`."""

    def __init__(self, app: ASGIApp, handlers: Mapping[tuple[str, str], Handler]) -> None:
        self.app = app
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._handlers.get((scope["method"], scope["path"]))
        if handler is None or any(name == b"origin" for name, _ in scope["headers"]):
            # A browser on another origin needs CORSMiddleware, which stands further in.
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - whatever failed, the client is told
            response = await problems.answer(request, error)
        await response(scope, receive, send)


def call_planner(endpoint: Callable[..., Coroutine[Any, Any, Response]]) -> Handler:
    """A handler that calls `endpoint` with its body and its dependencies, as FastAPI would.

    The endpoint takes models (the body) and `Depends`, whose functions take the request and each
    other, and returns a response. Whatever else it asks for fails here, when the service starts.
    """
    makers = _makers(endpoint)

    async def handle(request: Request) -> Response:
        return await endpoint(**{name: await make(request) for name, make in makers.items()})

    return handle


def _makers(function: Callable[..., Any]) -> dict[str, Maker]:
    hints = get_type_hints(inspect.unwrap(function), include_extras=True)
    hints.pop("return", None)
    return {name: _maker(hint) for name, hint in hints.items()}


def _maker(hint: Any) -> Maker:
    if hint is Request:
        return _request
    if get_origin(hint) is Annotated:
        for mark in get_args(hint):
            if isinstance(mark, Depends) and mark.dependency is not None:
                return call_planner(mark.dependency)
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return _body(hint)
    raise TypeError(f"a direct operation can't be given {hint}")


async def _request(request: Request) -> Request:
    return request


def _body(model: type[BaseModel]) -> Maker:
    async def read(request: Request) -> BaseModel:
        try:
            return model.model_validate(await request.json())
        except ValidationError as error:
            found = error.errors(include_url=False)
            raise RequestValidationError(
                [{**one, "loc": ("body", *one["loc"])} for one in found]
            ) from None

    return read
