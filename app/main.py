"""Application factory: `uvicorn --factory app.main:create_app`."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware

from app.api import docs, openapi, problem_pages
from app.api.menu_fast_path import MenuFastPath
from app.api.v1.endpoints import health
from app.api.v1.router import router
from app.core import logging, problems
from app.core.config import Settings, get_settings
from app.core.health import VERSION
from app.core.internal import serve_metrics
from app.core.middleware import CompressionMiddleware, RequestMiddleware
from app.core.runtime import Runtime

REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-Id",
)
"""What browsers of other origins may send, where `CORS_ORIGINS` lets them."""

ANSWER_HEADERS = (
    "ETag",
    "Idempotent-Replayed",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
)
"""What they may read besides the usual."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service, ready to be served; its lifespan owns the pool and the event hub."""
    settings = settings or get_settings()
    logging.configure(settings)
    runtime = Runtime(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await runtime.start()
        with _drain_on_sigterm(runtime):
            async with serve_metrics(settings):
                yield
        await runtime.stop()

    app = FastAPI(
        title="Table Order",
        version=VERSION,
        summary="Guests order at the table, kitchen and floor see it live, POS systems join in.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        debug=settings.debug,
    )
    app.state.runtime = runtime
    problems.install(app)
    app.include_router(router)
    app.include_router(health.router, include_in_schema=False)
    docs.install(app)
    problem_pages.install(app)
    openapi.install(app)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=list(REQUEST_HEADERS),
            expose_headers=list(ANSWER_HEADERS),
            max_age=600,
        )
    app.add_middleware(MenuFastPath, runtime=runtime)
    app.add_middleware(CompressionMiddleware)
    app.add_middleware(RequestMiddleware, allowed_hosts=settings.allowed_hosts)
    return app


def _operation_id(route: APIRoute) -> str:
    """`place_order`, not `place_order_api_v1_orders_post`: clients get readable methods."""
    return route.name


@contextlib.contextmanager
def _drain_on_sigterm(runtime: Runtime) -> Iterator[None]:
    """End the streams as soon as the process is told to stop.

    The server waits for open responses before it runs the shutdown half of the lifespan; without
    this it would wait for streams that never end.
    """
    previous: dict[int, Any] = {}
    loop = asyncio.get_running_loop()

    def drain(signum: int, frame: object) -> None:
        loop.call_soon_threadsafe(runtime.drain)
        handler = previous[signum]
        if callable(handler):
            handler(signum, frame)

    try:
        for wanted in (signal.SIGTERM, signal.SIGINT):
            previous[wanted] = signal.signal(wanted, drain)
    except ValueError:  # not the main thread: whoever runs us there stops us by other means
        yield
        return
    try:
        yield
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)
