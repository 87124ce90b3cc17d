"""`If-Match`: which versions the client has read (RFC 9110, 13.1.1)."""

import re

from starlette.requests import Request

from app.core.errors import FieldError, InvalidRequestError, VersionMismatchError
from app.core.words import Words

NEVER = 0
"""Versions count from 1."""
_TAG = r'(?:W/)?"[\x21\x23-\x7e]*"'
_TAGS = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")
_OURS = re.compile(r'(?<!W/)"([0-9]{1,9})"')


def expected_version(request: Request, header: str | None) -> int | None:
    """The version that the request is for; None when it doesn't say, or takes any (`*`).

    Of several, the one that was found to be the current one, or the first. Weak tags and those of
    others never match.

    Raises:
        InvalidRequestError: not a list of entity tags.
    """
    if header is None or header.strip() == "*":
        return None
    versions = _named(header)
    current: int | None = getattr(request.state, "current_version", None)
    return current if current in versions else next(iter(versions), NEVER)


def may_match(request: Request, error: Exception) -> bool:
    """Whether the request is for the version that is the current one, but not as its first.

    It is run again then, for that version.
    """
    if not isinstance(error, VersionMismatchError):
        return False
    current = error.members.get("version")
    if current not in _named(request.headers.get("if-match", ""))[1:]:
        return False
    request.state.current_version = current
    return True


def _named(header: str) -> list[int]:
    if not _TAGS.fullmatch(header):
        detail = Words(
            "Must be the ETags that were read, with their quotes, or *.",
            "읽을 때 받은 ETag를 따옴표까지 그대로, 또는 *로 보내 주세요.",
        )
        raise InvalidRequestError(errors=[FieldError("/header/if-match", "malformed", detail)])
    return [int(version) for version in _OURS.findall(header)]
