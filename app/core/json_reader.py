"""The one reader of JSON bodies: RFC 8259, strictly, with bounds.

What lenient readers let through, two readers understand in two ways: duplicate keys, NaN, lone
surrogates, numbers beyond range. All of it is refused here, before anything else looks at it.
"""

import json
import math
import re
from collections import Counter
from typing import Any, NoReturn

from app.core.errors import MalformedBodyError

MAX_DEPTH = 32
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Possessive: what was matched is never tried again, so that no body takes longer than its length."""


def read_json(body: bytes) -> Any:
    """The value that `body` holds.

    Raises:
        MalformedBodyError: not UTF-8, not JSON, or beyond the bounds; says what and where.
    """
    _check_depth(body)
    try:
        return _DECODER.decode(body.decode("utf-8", errors="strict"))
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"Byte {error.start} is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedBodyError(f"{error.msg} at character {error.pos}.") from None
    except (ValueError, RecursionError):
        raise MalformedBodyError("A number is too long.") from None


def _check_depth(body: bytes) -> None:
    """Refuse deep nesting before the recursive decoder sees it; brackets in strings don't count."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(body):
        if body[found.start()] in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedBodyError(f"Nested deeper than {MAX_DEPTH} levels.")
        elif body[found.start()] in b"]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise MalformedBodyError(f"The key {twice[:50]!r} stands twice in one object.")
    return found


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedBodyError("A number is out of range.")
    return value


def _constant(name: str) -> NoReturn:
    raise MalformedBodyError(f"{name} is not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_constant=_constant, strict=True
)
