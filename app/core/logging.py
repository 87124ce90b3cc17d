"""Structured logs: one event a line, JSON where machines read them, readable on a laptop."""

import logging
import sys
from typing import Any, Literal, Protocol

import orjson
import structlog


class LogSettings(Protocol):
    """What of the settings decides about logs."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    log_format: Literal["readable", "json"]


def configure(settings: LogSettings) -> None:
    """Set up structlog and the standard library's logging for this process.

    Log calls take key=value pairs; values are encoded, so that no input can forge a line.
    """
    level = logging.getLevelNamesMapping()[settings.log_level]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor
    factory: Any
    if settings.log_format == "json":
        renderer = structlog.processors.JSONRenderer(serializer=_dumps)
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        factory = structlog.WriteLoggerFactory(sys.stderr)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        cache_logger_on_first_use=False,
    )
    # The server's own access log has the query, and in it a stream's ticket; ours says more.
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [], False
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, force=True)


def _dumps(value: Any, **_: Any) -> bytes:
    return orjson.dumps(value, default=str)


def get_logger(name: str) -> Any:
    """A logger that carries its module's name."""
    return structlog.get_logger(module=name)
