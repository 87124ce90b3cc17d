"""What a process tells about itself: logs, slow statements, traces, and which build it is."""

from typing import TYPE_CHECKING

from app.core import logging, statements
from app.core.config import Settings
from app.core.metrics import BUILD

if TYPE_CHECKING:
    from app.core.tracing import Tracing


def observe(settings: Settings, version: str) -> "Tracing | None":
    """Set it up as the settings say; what exports the traces, where they are wanted.

    Raises:
        RuntimeError: traces are wanted, and their libraries are not installed.
    """
    logging.configure(settings)
    tracing = _tracing(settings, version)
    statements.configure(settings, tracing.statement_ended if tracing else None)
    BUILD.labels(version, settings.revision).set(1)
    return tracing


def _tracing(settings: Settings, version: str) -> "Tracing | None":
    if not settings.otel_exporter_otlp_endpoint:
        return None
    try:
        from app.core.tracing import Tracing  # noqa: PLC0415 - who has no traces must not pay
    except ModuleNotFoundError as error:
        raise RuntimeError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but the libraries for it are not installed:"
            " pip install -r requirements-tracing.txt, or build the image with TRACING=yes"
        ) from error
    return Tracing(settings, version)
