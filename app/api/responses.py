"""Responses whose bytes are already there."""

from http import HTTPStatus

from fastapi import Response

from app.core.metrics import REPLAYS
from app.schemas.service_request import ServiceRequestOutput
from app.schemas.session import SessionOutput
from app.services.calls.calling import Called
from app.services.floor.seating import Opened
from app.services.orders.ordering import Placed

SVG = "image/svg+xml"


def order_response(placed: Placed) -> Response:
    """The order as the database stored it: first answer and replay are the same bytes."""
    headers = {"ETag": '"1"'}
    if placed.language is not None:
        headers["Content-Language"] = placed.language
    if placed.replayed:
        REPLAYS.inc()
        headers["Idempotent-Replayed"] = "true"
    return Response(placed.body, placed.status, headers, media_type="application/json")


def call_response(called: Called) -> Response:
    """201 for a new service request, 200 for the equal one that waits already."""
    return _made(called.request, created=called.created)


def session_response(opened: Opened) -> Response:
    """201 for a new session, 200 for the one that is open at the table already."""
    return _made(opened.session, created=opened.created)


def _made(shown: ServiceRequestOutput | SessionOutput, *, created: bool) -> Response:
    status = (HTTPStatus.CREATED if created else HTTPStatus.OK).value
    headers = {"ETag": f'"{shown.version}"'}
    return Response(shown.model_dump_json(), status, headers, media_type="application/json")


def svg_response(content: bytes) -> Response:
    """A picture that a browser shows and keeps to itself."""
    return Response(content, headers={"Cache-Control": "private, no-cache"}, media_type=SVG)
