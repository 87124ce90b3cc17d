"""Conditional reads of a cached page: 304 for who has it, for others the copy that suits them."""

from fastapi import Request, Response

from app.core.cache import CachedPage

CODINGS = ("zstd", "gzip")


def page_response(request: Request, page: CachedPage) -> Response:
    """The page in the coding that the client takes, or 304 when its `If-None-Match` has it.

    Clients keep it but ask each time ("no-cache"): a sold-out item must not linger on a tablet.
    """
    accepted = request.headers.get("accept-encoding", "")
    wanted = next((coding for coding in CODINGS if _accepts(accepted, coding)), None)
    body, coding = page.encoded(wanted)
    headers = {
        "ETag": page.etag(coding),
        "Cache-Control": "private, no-cache",
        "Content-Language": page.language,
        "Vary": "Accept-Encoding, Accept-Language, Authorization",
    }
    if _has(request.headers.get("if-none-match"), page):
        return Response(None, 304, headers)
    if coding:
        headers["Content-Encoding"] = coding
    return Response(body, 200, headers, media_type="application/json")


def _accepts(header: str, coding: str) -> bool:
    """Whether `Accept-Encoding` names the coding with a quality above zero."""
    for part in header.lower().split(","):
        name, _, quality = part.strip().partition(";")
        if name.strip() == coding:
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _has(header: str | None, page: CachedPage) -> bool:
    """Whether `If-None-Match` names any copy of the page: weak comparison, RFC 9110, 13.1.2."""
    if header is None:
        return False
    sent = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in sent or any(page.etag(coding) in sent for coding in (None, *CODINGS))
