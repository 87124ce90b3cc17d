"""The one reader of JSON bodies: RFC 8259, strictly, with bounds.

What lenient readers let through, two readers understand in two ways: duplicate keys, NaN, lone
surrogates, numbers beyond range. All of it is refused here, before anything else looks at it.
"""

import json
import math
import re
from collections import Counter
from typing import Any, NoReturn

from app.core.errors import FieldError, InvalidRequestError, MalformedBodyError
from app.core.words import Words

MAX_DEPTH = 32
SMALLEST, LARGEST = -(2**63), 2**63 - 1
_MAY_BE_BEYOND = re.compile(rb"\\u[dD][89a-fA-F]|[0-9]{19}")
"""What a body must have for a surrogate or for an integer of more than 64 bits; few have it."""
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Possessive: what was matched is never tried again, so that no body takes longer than its length."""


def read_json(body: bytes) -> Any:
    """The value that `body` holds.

    Raises:
        MalformedBodyError: not UTF-8, not JSON, or nested too deep; says where.
        InvalidRequestError: JSON, with a value that can't be written again; says where.
    """
    _check_depth(body)
    try:
        value = _DECODER.decode(body.decode("utf-8", errors="strict"))
    except UnicodeDecodeError as error:
        raise MalformedBodyError(
            Words(
                f"Byte {error.start} is not UTF-8.", f"{error.start}번째 바이트가 UTF-8이 아닙니다."
            )
        ) from None
    except json.JSONDecodeError as error:
        raise MalformedBodyError(
            Words(
                f"Not JSON from character {error.pos} on.",
                f"{error.pos}번째 글자에서 JSON을 읽을 수 없습니다.",
            )
        ) from None
    except (ValueError, RecursionError):
        raise MalformedBodyError(Words("A number is too long.", "숫자가 너무 깁니다.")) from None
    if _MAY_BE_BEYOND.search(body):
        _check_within(value, "")
    return value


def _check_within(value: Any, pointer: str) -> None:
    """Refuse what can't be written again: text that is not Unicode, and integers over 64 bits."""
    if isinstance(value, str):
        _check_text(value, pointer)
    elif isinstance(value, int) and not SMALLEST <= value <= LARGEST:
        raise _refusal(
            pointer,
            "number-out-of-range",
            Words("The number has more than 64 bits.", "숫자가 64비트를 넘습니다."),
        )
    elif isinstance(value, list):
        for place, inside in enumerate(value):
            _check_within(inside, f"{pointer}/{place}")
    elif isinstance(value, dict):
        for key, inside in value.items():
            _check_text(key, pointer)
            escaped = key.replace("~", "~0").replace("/", "~1")
            _check_within(inside, f"{pointer}/{escaped}")


def _check_text(text: str, pointer: str) -> None:
    if any("\ud800" <= one <= "\udfff" for one in text):
        raise _refusal(
            pointer,
            "lone-surrogate",
            Words("The text has half of a surrogate pair.", "깨진 글자가 있습니다."),
        )


def _refusal(pointer: str, code: str, detail: Words) -> InvalidRequestError:
    return InvalidRequestError(errors=[FieldError(pointer, code, detail)])


def _check_depth(body: bytes) -> None:
    """Refuse deep nesting before the recursive decoder sees it; brackets in strings don't count."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(body):
        if body[found.start()] in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedBodyError(
                    Words(
                        f"Nested deeper than {MAX_DEPTH} levels.",
                        f"{MAX_DEPTH}단계보다 깊이 중첩되어 있습니다.",
                    )
                )
        elif body[found.start()] in b"]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise MalformedBodyError(
            Words(
                f"The key {twice[:50]!r} stands twice in one object.",
                f"한 객체에 같은 키가 두 번 있습니다: {twice[:50]!r}",
            )
        )
    return found


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedBodyError(Words("A number is out of range.", "숫자가 범위를 벗어났습니다."))
    return value


def _constant(name: str) -> NoReturn:
    raise MalformedBodyError(Words(f"{name} is not JSON.", f"JSON이 아닙니다: {name}"))


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_constant=_constant, strict=True
)
