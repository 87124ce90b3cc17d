"""OpenTelemetry traces over OTLP: a span for each request, and one for each of its statements.

Loaded only where `OTEL_EXPORTER_OTLP_ENDPOINT` is set; the libraries stand in
`requirements-tracing.txt`. A `traceparent` (W3C Trace Context) that comes with a request is
continued. Whoever sends it may keep its requests out of the traces but not force them in: how many
are exported is `OTEL_TRACES_SAMPLER_ARG`'s to say. Queries and values are in no span.
"""

import asyncio
import contextlib
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.config import Settings
from app.core.context import request_scope
from app.core.middleware import route_of

EXPORT_SECONDS = 5.0
"""How long an export may take; also what is left for the last one when the process ends."""

_W3C = TraceContextTextMapPropagator()


class Tracing:
    """What one process exports; spans wait in memory and are sent by a thread of its own."""

    def __init__(self, settings: Settings, version: str) -> None:
        ratio = TraceIdRatioBased(settings.otel_traces_sampler_arg)
        resource = {SERVICE_NAME: settings.otel_service_name, SERVICE_VERSION: version}
        self._provider = TracerProvider(
            sampler=ParentBased(ratio, remote_parent_sampled=ratio),
            resource=Resource.create(
                {**resource, "deployment.environment.name": str(settings.environment)}
            ),
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(
            endpoint=settings.otel_exporter_otlp_endpoint.rstrip("/") + "/v1/traces",
            headers=_pairs(settings.otel_exporter_otlp_headers.get_secret_value()),
            timeout=EXPORT_SECONDS,
            compression=Compression.Gzip,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("table-order", version)

    def around(self, app: ASGIApp) -> ASGIApp:
        """`app` with a span for each of its requests."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            span = self._tracer.start_span(
                scope["method"],
                context=_W3C.extract(_trace_headers(scope)),
                kind=trace.SpanKind.SERVER,
                attributes={
                    "http.request.method": scope["method"],
                    "url.path": scope["path"],
                    "table_order.request_id": scope["request_id"],
                },
            )
            scope["trace_id"] = trace.format_trace_id(span.get_span_context().trace_id)
            status = 0

            async def answer(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            token = context.attach(trace.set_span_in_context(span))
            try:
                await app(scope, receive, answer)
            except Exception as error:
                # Its message may hold what was sent; the kind is enough to find the log line.
                span.set_attribute("error.type", type(error).__name__)
                status = status or HTTPStatus.INTERNAL_SERVER_ERROR
                raise
            finally:
                context.detach(token)
                _finish(span, scope, status)

        return traced

    def statement_ended(self, text: str, seconds: float, error: BaseException | None) -> None:
        """A span for a statement of the request that runs; others belong to no trace."""
        if request_scope.get() is None:
            return
        ended = time.time_ns()
        span = self._tracer.start_span(
            text.partition(" ")[0].upper(),
            kind=trace.SpanKind.CLIENT,
            attributes={"db.system.name": "postgresql", "db.query.text": text},
            start_time=ended - int(seconds * 1e9),
        )
        if error is not None:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(trace.StatusCode.ERROR)
        span.end(ended)

    async def close(self) -> None:
        """Send what waits, for `EXPORT_SECONDS` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EXPORT_SECONDS + 1):
                await asyncio.to_thread(self._provider.shutdown)


def _finish(span: trace.Span, scope: Scope, status: int) -> None:
    route = route_of(scope)
    span.update_name(f"{scope['method']} {route}")
    span.set_attribute("http.route", route)
    if status:
        span.set_attribute("http.response.status_code", int(status))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.set_status(trace.StatusCode.ERROR)
    span.end()


def _trace_headers(scope: Scope) -> dict[str, str]:
    return {
        name.decode(): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in (b"traceparent", b"tracestate")
    }


def _pairs(text: str) -> dict[str, str]:
    """`api-key=abc,tenant=7`, each value percent-encoded: the form of the OTLP specification."""
    pairs: list[tuple[str, Any, str]] = [part.partition("=") for part in text.split(",") if part]
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}
