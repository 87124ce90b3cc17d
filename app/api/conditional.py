"""Conditional reads of a cached page: 304 for who has it, for others the copy that suits them."""

from typing import Final

from fastapi import Request, Response

from app.core.cache import Answer, CachedPage
from app.core.compression import CODINGS, choose_coding

STALE: Final = '110 - "Response is Stale"'


def page_answer(
    page: CachedPage, accept_encoding: str, if_none_match: str | None, age: int | None = None
) -> Answer:
    """The page in the coding that the client takes, or 304 when its `If-None-Match` has it.

    Clients keep it but ask each time ("no-cache"): a sold-out item must not linger on a tablet.

    Args:
        age: in seconds, of a page that may be outdated, which the answer then says.
    """
    body, coding = page.encoded(choose_coding(accept_encoding))
    headers = {
        "etag": page.etag(coding),
        "cache-control": "private, no-cache",
        "vary": "Accept-Encoding, Authorization",
        "x-content-type-options": "nosniff",
    }
    if age is not None:
        headers |= {"age": str(age), "warning": STALE}
    if page.language is not None:
        headers["vary"] = "Accept-Encoding, Accept-Language, Authorization"
    if _has(if_none_match, page):
        # What describes the content stands in the copy that the client has (RFC 9110, 15.4.5).
        return Answer(304, _raw(headers), b"")
    if page.language is not None:
        headers["content-language"] = page.language
    if coding:
        headers["content-encoding"] = coding
    headers["content-type"] = "application/json"
    headers["content-length"] = str(len(body))
    return Answer(200, _raw(headers), body)


def page_response(
    request: Request,
    page: CachedPage,
    age: int | None = None,
    *,
    cache_control: str | None = None,
) -> Response:
    """The answer of `page_answer` for a request that came through the router.

    Args:
        age: in seconds, of a page that may be outdated.
        cache_control: for pages that clients may keep without asking each time.
    """
    headers = request.headers
    accept_encoding = headers.get("accept-encoding", "")
    answer = page_answer(page, accept_encoding, headers.get("if-none-match"), age)
    response = Response(answer.body, answer.status)
    response.raw_headers = answer.headers
    if cache_control is not None:
        response.headers["cache-control"] = cache_control
    return response


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _has(header: str | None, page: CachedPage) -> bool:
    """Whether `If-None-Match` names any copy of the page: weak comparison, RFC 9110, 13.1.2."""
    if header is None:
        return False
    sent = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in sent or any(page.etag(coding) in sent for coding in (None, *CODINGS))
