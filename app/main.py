"""Application factory: `uvicorn --factory app.main:create_app`."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import docs, media, openapi, problem_pages
from app.api.direct import DirectRoutes
from app.api.fast_reads import FastReads
from app.api.route import direct_handlers
from app.api.v1 import router
from app.api.v1.endpoints import health
from app.core import problems
from app.core.config import Settings, get_settings
from app.core.draining import draining_on_signals
from app.core.health import VERSION
from app.core.internal import serve_metrics
from app.core.middleware import CompressionMiddleware, RequestMiddleware
from app.core.observing import observe
from app.core.runtime import Runtime
from app.core.sampling import sampling
from app.services.calls.watching import watching_calls
from app.services.menu.returning import publishing_changes
from app.services.retention.job import keeping_retention

GARBAGE_ROUND = 10_000
"""So many new objects start a round of garbage collection; a request makes some hundred."""

FRAMEWORK_TELEMETRY = TelemetryConfig(
    tracing=False, metrics=False, logs=False, auto_configure=False
)
"""The framework's own sees neither the hottest operations nor statements, and would export errors
with their messages, which may hold what was sent."""

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
    "Age",
    "ETag",
    "Idempotent-Replayed",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Warning",
    "X-Request-Id",
)
"""What they may read besides the usual."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service, ready to be served; its lifespan owns the pool and the event hub."""
    settings = settings or get_settings()
    tracing = observe(settings, VERSION)
    runtime = Runtime(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await runtime.start()
        _settle_garbage()
        with draining_on_signals(runtime, settings.drain_delay):
            async with (
                serve_metrics(settings),
                sampling(runtime.database),
                publishing_changes(runtime.database),
                watching_calls(runtime.database),
                keeping_retention(runtime.database, runtime.media, settings),
            ):
                yield
        await runtime.stop()
        if tracing is not None:
            await tracing.close()

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
        telemetry=FRAMEWORK_TELEMETRY,
    )
    app.state.runtime = runtime
    _install_routes(app)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=list(REQUEST_HEADERS),
            expose_headers=list(ANSWER_HEADERS),
            max_age=600,
        )

    def edge(inner: ASGIApp) -> ASGIApp:
        inner = CompressionMiddleware(DirectRoutes(inner, direct_handlers(app.routes)))
        reads = FastReads(inner, runtime)
        return RequestMiddleware(
            tracing.around(reads) if tracing else reads,
            settings.allowed_hosts,
            # A trace begins in a layer, so that with traces all goes through the layers.
            at_hand=_nothing if tracing else reads.at_hand,
            log_requests=settings.log_level in ("DEBUG", "INFO"),
        )

    app.stand_behind(edge)
    return app


def _nothing(_: Scope) -> None:
    return None


def _install_routes(app: FastAPI) -> None:
    problems.install(app)
    router.install(app)
    app.router.routes.extend(health.unversioned.routes)
    docs.install(app)
    problem_pages.install(app)
    media.install(app)
    openapi.install(app)


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

    They went over all modules, models and routes again and again: 15 % of an order's time. No last
    round before: it takes a tenth of the start and finds a hundred objects.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE_ROUND, 20, 50)
