"""What Pydantic, which reads the requests and files, finds wrong: in words for people.

Its own messages are English, and name Python's types and patterns. Here each kind of error that
the schemas can raise has words of ours; a kind without any is told in general ones.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.core.errors import FieldError
from app.core.words import SHAPES, UnreadableValueError, Words

Limits = Mapping[str, Any]


def reader_error(pointer: str, found: Mapping[str, Any]) -> FieldError:
    """One of Pydantic's errors, with its input and context, as the error of the place `pointer`."""
    kind: str = found["type"]
    # Behind a validator of ours the lengths of texts are checked as those of lists are.
    of_text = kind in ("too_short", "too_long") and isinstance(found.get("input"), str)
    words = _words(f"string_{kind}" if of_text else kind, found.get("ctx") or {})
    return FieldError(pointer, kind.replace("_", "-"), words)


def _words(kind: str, limits: Limits) -> Words:
    cause = limits.get("error")
    if isinstance(cause, UnreadableValueError):
        return cause.words
    known = READER_WORDS.get(kind, UNKNOWN)
    return known if isinstance(known, Words) else known(limits)


def _shape(limits: Limits) -> Words:
    return SHAPES.get(limits["pattern"], UNKNOWN)


def _shortest_text(limits: Limits) -> Words:
    least = limits["min_length"]
    if least == 1:
        return Words("Must not be empty.", "비워 둘 수 없습니다.")
    return Words(f"Needs at least {least} characters.", f"{least}자 이상이어야 합니다.")


def _longest_text(limits: Limits) -> Words:
    most = limits["max_length"]
    return Words(f"Has more than {most} characters.", f"{most}자까지 쓸 수 있습니다.")


def _fewest(limits: Limits) -> Words:
    least = limits["min_length"]
    return Words(f"Needs at least {least} of them.", f"{least}개 이상 필요합니다.")


def _most(limits: Limits) -> Words:
    most = limits["max_length"]
    return Words(f"Has more than {most} of them.", f"{most}개까지 보낼 수 있습니다.")


def _least(limits: Limits) -> Words:
    return Words(f"Must be at least {limits['ge']}.", f"{limits['ge']} 이상이어야 합니다.")


def _largest(limits: Limits) -> Words:
    return Words(f"Must be at most {limits['le']}.", f"{limits['le']} 이하여야 합니다.")


def _one_of(limits: Limits) -> Words:
    choices = str(limits["expected"]).replace("'", "")
    listed = choices.replace(" or ", ", ")
    return Words(f"Must be {choices}.", f"다음 중 하나여야 합니다: {listed}")


UNKNOWN: Final = Words("This value is not possible here.", "여기에 쓸 수 없는 값입니다.")

_TEXT: Final = Words("Must be a text.", "글자로 보내 주세요.")
_NUMBER: Final = Words("Must be a whole number.", "정수로 보내 주세요.")
_FLAG: Final = Words("Must be true or false.", "true 또는 false로 보내 주세요.")
_OBJECT: Final = Words("Must be an object with fields.", "필드가 있는 객체로 보내 주세요.")
_LIST: Final = Words("Must be a list.", "목록으로 보내 주세요.")
_ID: Final = Words("Must be an id as it was given.", "받은 ID를 그대로 보내 주세요.")
_DATE: Final = Words("Must be a date such as 2026-12-25.", "2026-12-25와 같은 날짜로 보내 주세요.")
_INSTANT: Final = Words(
    "Must be a time such as 2026-11-25T09:30:00Z.",
    "2026-11-25T09:30:00Z와 같은 시각으로 보내 주세요.",
)
_CLOCK: Final = Words("Must be a time such as 11:00.", "11:00과 같은 시각으로 보내 주세요.")

READER_WORDS: Final[Mapping[str, Words | Callable[[Limits], Words]]] = {
    "missing": Words("Is required.", "필요한 값이 없습니다."),
    "extra_forbidden": Words("There is no such field.", "없는 필드입니다."),
    "invalid_key": Words("Names of fields must be texts.", "필드 이름은 글자여야 합니다."),
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "dataclass_type": _OBJECT,
    "list_type": _LIST,
    "too_short": _fewest,
    "too_long": _most,
    "string_type": _TEXT,
    "string_unicode": Words("Has characters that are none.", "읽을 수 없는 글자가 있습니다."),
    "string_too_short": _shortest_text,
    "string_too_long": _longest_text,
    "string_pattern_mismatch": _shape,
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_parsing_size": Words("The number is too large.", "숫자가 너무 큽니다."),
    "int_from_float": _NUMBER,
    "greater_than_equal": _least,
    "less_than_equal": _largest,
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "enum": _one_of,
    "literal_error": _one_of,
    "is_instance_of": _ID,
    "uuid_type": _ID,
    "uuid_parsing": _ID,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_object_invalid": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": _INSTANT,
    # Raised by validators of ours under this code.
    "range_invalid": Words(
        "Must not be before the range begins.", "기간의 시작보다 앞설 수 없습니다."
    ),
    "time_type": _CLOCK,
    "time_parsing": _CLOCK,
}
