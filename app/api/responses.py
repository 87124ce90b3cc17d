"""Responses whose bytes are already there."""

from http import HTTPStatus

from fastapi import Response

from app.core.metrics import REPLAYS
from app.services.calls.calling import Called
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
    status = (HTTPStatus.CREATED if called.created else HTTPStatus.OK).value
    headers = {"ETag": f'"{called.request.version}"'}
    body = called.request.model_dump_json()
    return Response(body, status, headers, media_type="application/json")


def svg_response(content: bytes) -> Response:
    """A picture that a browser shows and keeps to itself."""
    return Response(content, headers={"Cache-Control": "private, no-cache"}, media_type=SVG)
