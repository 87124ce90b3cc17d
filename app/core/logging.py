"""Structured logs: one event a line, JSON where machines read them, readable on a laptop.

What other libraries log through the standard library takes the same form. A line that is written
while a request is answered has its `request_id` and `operation`, and its `trace_id` where traces
are on; one of a job's run has `job` and `job_id`.
"""

import logging
import os
import sys
from typing import Any, Literal, Protocol

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.core.context import request_scope

_OF_A_REQUEST = ("request_id", "operation", "trace_id")


class LogSettings(Protocol):
    """What of the settings decides about logs."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    log_format: Literal["readable", "json"]


class _StandardError:
    """Wherever standard error leads at the time of writing.

    Who runs the service within a process of its own may have exchanged it since, and closed the
    one that was there: a line that can't be written would end the request that it tells of.
    """

    def __init__(self, *, binary: bool = False) -> None:
        self._binary = binary

    def write(self, content: Any) -> int:
        return int((sys.stderr.buffer if self._binary else sys.stderr).write(content))

    def flush(self) -> None:
        sys.stderr.flush()


def configure(settings: LogSettings) -> None:
    """Set up structlog and the standard library's logging for this process.

    Log calls take key=value pairs; values are encoded, so that no input can forge a line.
    """
    level = logging.getLevelNamesMapping()[settings.log_level]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _name_the_request,
        _add_process,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    ours: Processor
    theirs: Processor
    factory: Any
    if settings.log_format == "json":
        ours = structlog.processors.JSONRenderer(serializer=_encoded)
        theirs = structlog.processors.JSONRenderer(serializer=_dumps)
        factory = structlog.BytesLoggerFactory(_StandardError(binary=True))  # type: ignore[arg-type]
    else:
        ours = theirs = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        factory = structlog.WriteLoggerFactory(_StandardError())  # type: ignore[arg-type]
    structlog.configure(
        processors=[*shared, ours],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        cache_logger_on_first_use=False,
    )
    # The server's own access log has the query, and in it a stream's ticket; ours says more.
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [], False
    handler = logging.StreamHandler(_StandardError())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                _name_the_module,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                theirs,
            ],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def _name_the_request(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    scope = request_scope.get()
    if scope is not None:
        for key in _OF_A_REQUEST:
            if key in scope:
                line.setdefault(key, scope[key])
    return line


def _add_process(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Which of a container's workers it was."""
    line["pid"] = os.getpid()
    return line


def _name_the_module(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Whose line it is, as `get_logger` says it for ours."""
    line["module"] = line["_record"].name
    return line


def _encoded(value: Any, **_: Any) -> bytes:
    return orjson.dumps(value, default=str)


def _dumps(value: Any, **_: Any) -> str:
    return _encoded(value).decode()


def get_logger(name: str) -> Any:
    """A logger that carries its module's name."""
    return structlog.get_logger(module=name)
