"""Application factory: `uvicorn --factory app.main:create_app`."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import docs, media, openapi, problem_pages
from app.api.direct import DirectRoutes
from app.api.fast_reads import FastReads
from app.api.route import direct_handlers
from app.api.v1 import router
from app.api.v1.endpoints import health
from app.core import logging, problems
from app.core.config import Settings, get_settings
from app.core.health import VERSION
from app.core.internal import serve_metrics
from app.core.middleware import CompressionMiddleware, RequestMiddleware
from app.core.runtime import Runtime
from app.services.menu_returning import publishing_returns
from app.services.retention_job import keeping_retention

GARBAGE_ROUND = 10_000
"""So many new objects start a round of garbage collection; a request makes some hundred."""

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
        _settle_garbage()
        with _drain_on_sigterm(runtime):
            async with (
                serve_metrics(settings),
                publishing_returns(runtime.database),
                keeping_retention(runtime.database, runtime.media, settings),
            ):
                yield
        await runtime.stop()

    app = Service(
        title="Table Order",
        version=VERSION,
        summary="Guests order at the table, kitchen and floor see it live, POS systems join in.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        debug=settings.debug,
    )
    app.state.runtime = runtime
    problems.install(app)
    router.install(app)
    app.router.routes.extend(health.unversioned.routes)
    docs.install(app)
    problem_pages.install(app)
    media.install(app)
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
    app.stand_behind(
        lambda inner: RequestMiddleware(
            FastReads(
                CompressionMiddleware(DirectRoutes(inner, direct_handlers(app.routes))), runtime
            ),
            settings.allowed_hosts,
            log_requests=settings.log_level in ("DEBUG", "INFO"),
        )
    )
    return app


class Service(FastAPI):
    """FastAPI behind our own layers.

    They stand outside all of the framework's, where an answer from memory passes none of those.
    """

    _edge: ASGIApp | None = None

    def stand_behind(self, layers: Callable[[ASGIApp], ASGIApp]) -> None:
        """Send every request through `layers`; what they get is the framework's application."""
        self._edge = layers(super().__call__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        if scope["type"] == "http" and self._edge is not None:
            await self._edge(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _settle_garbage() -> None:
    """Leave what lives as long as the process out of the garbage collector's rounds.

    They went over all modules, models and routes again and again: 15 % of an order's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_ROUND, 20, 50)


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
