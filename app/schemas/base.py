"""Bases and types for what crosses the wire."""

import re
import unicodedata
import warnings
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.warnings import UnsupportedFieldAttributeWarning
from pydantic_core import PydanticCustomError

from app.core.clock import instant_text
from app.core.ids import parse_id
from app.core.language import canonical_tag, written_tag
from app.core.money import MAX_AMOUNT
from app.core.words import UnreadableValueError, shape

T = TypeVar("T")

# It tells of the aliases that FastAPI gives to bodies and parameters, and FastAPI hides it while it
# prepares an operation. With validators that are made later it would come then.
warnings.filterwarnings("ignore", category=UnsupportedFieldAttributeWarning)


class Schema(BaseModel):
    """What crosses the wire. Its validator is made when it is first used: together they took a
    tenth of the start, and most workers never need most of them."""

    model_config = ConfigDict(defer_build=True)


class Input(Schema):
    """A request body: unknown fields are refused, and a `2` is never a `"2"`, `2.0` or `true`."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(Schema):
    """Query parameters: text on the wire, so each field says how it is read."""

    model_config = ConfigDict(extra="forbid")


class Output(Schema):
    """A response body. No defaults: each field is always there, so clients can rely on it."""

    model_config = ConfigDict(from_attributes=True)


class Page(Output, Generic[T]):
    """A list. `next_cursor` is null on the last page, and always for lists that come whole."""

    data: list[T]
    next_cursor: str | None


Id = Annotated[
    UUID,
    BeforeValidator(parse_id, json_schema_input_type=str),
    Field(
        json_schema_extra={"format": "uuid", "examples": ["01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"]}
    ),
]
"""An id in canonical form; any other form is refused."""


def read_instant(value: object) -> object:
    """RFC 3339 text → datetime in UTC; strict models take no text for times by themselves."""
    if isinstance(value, str):
        if not re.match(
            r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)\Z", value
        ):
            raise UnreadableValueError(
                "Must be a time such as 2026-11-25T09:30:00Z.",
                "2026-11-25T09:30:00Z와 같은 시각으로 보내 주세요.",
            )
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except OverflowError:
            raise UnreadableValueError(
                "Must be a time of the years 1 to 9999 in UTC.",
                "UTC로 1년부터 9999년까지의 시각이어야 합니다.",
            ) from None
    return value


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(read_instant, json_schema_input_type=str),
    PlainSerializer(instant_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant: RFC 3339 in, RFC 3339 in UTC with `Z` out."""


_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol that show nothing: Hangul fillers, and Braille without a dot."""


def _is_visible(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] != "Z" and category != "Cf" and character not in _FILLERS


def _read_date(value: object) -> object:
    """A date and nothing else: `date` alone takes midnights and numbers too."""
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d\Z", value):
        raise PydanticCustomError("date_parsing", "must be a date such as 2026-11-25")
    return value


QueryDate = Annotated[date, BeforeValidator(_read_date)]


def not_before(start: str) -> AfterValidator:
    """For the end of a range: it may not lie before the start, which is the field `start`."""

    def check(value: Any, info: ValidationInfo) -> Any:
        first = info.data.get(start)
        if first is not None and value < first:
            raise PydanticCustomError("range_invalid", "must not be before the range begins")
        return value

    return AfterValidator(check)


_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make what follows them read backwards, on tickets and lists too. Without them texts of
either direction are shown as they should be; the marks U+200E, U+200F and U+061C do no harm."""


def clean_text(value: Any, *, newlines: bool = False) -> Any:
    """NFC and trimmed; refuses control characters, also those of writing directions, and lone
    surrogates. What shows nothing, such as a zero-width space, is empty."""
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value).strip()
    if not any(map(_is_visible, text)):
        return ""
    if (
        text.isprintable()
    ):  # nearly always, and a hundred times as fast as to look at each character
        return text
    for character in text:
        category = unicodedata.category(character)
        forbidden = category in ("Cc", "Cs") or character in _DIRECTIONS
        if forbidden and not (newlines and character == "\n"):
            raise UnreadableValueError(
                "Must not have control characters or broken ones.",
                "제어 문자나 깨진 글자는 쓸 수 없습니다.",
            )
    return text


def _clean_note(value: Any) -> Any:
    return (
        clean_text(value.replace("\r\n", "\n"), newlines=True) if isinstance(value, str) else value
    )


Name = Annotated[str, BeforeValidator(clean_text), StringConstraints(min_length=1, max_length=100)]
"""A short text: NFC, trimmed, no control characters; lengths count code points."""

Note = Annotated[str, BeforeValidator(_clean_note), StringConstraints(max_length=500)]
"""A longer text in which line breaks are allowed."""

LongText = Annotated[
    str, BeforeValidator(_clean_note), StringConstraints(min_length=1, max_length=2000)
]

Secret = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""A password, as typed: neither trimmed nor normalised."""

NewPassword = Annotated[str, StringConstraints(min_length=8, max_length=128)]
"""A password that is being set: as typed too, and long enough."""

VISIBLE = shape(
    r"^[\x21-\x7e]+$",
    "Must be letters, digits and signs of ASCII, without spaces.",
    "공백 없이 영문자, 숫자, 기호만 쓸 수 있습니다.",
)

Token = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=VISIBLE)]

Price = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
"""Minor units of the store's currency."""

PriceDelta = Annotated[int, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]


def _whole(value: object) -> object:
    """Digits only: `int` alone would read `1_000`, `+5` and `2.0` too."""
    if isinstance(value, str):
        if not re.match(r"(0|[1-9][0-9]{0,17})\Z", value):
            raise UnreadableValueError("Must be a whole number.", "정수로 보내 주세요.")
        return int(value)
    return value


# The bounds come first: behind a validator the document would not call them minimum and maximum.
WholeNumber = Annotated[int, Field(ge=0), BeforeValidator(_whole)]

Limit = Annotated[int, Field(ge=1, le=200), BeforeValidator(_whole)]
"""How many rows a page has at most."""


def _cursor(value: object) -> object:
    try:
        return parse_id(value)
    except ValueError:
        raise UnreadableValueError(
            "Must be the next_cursor of this list.", "이 목록의 next_cursor를 보내 주세요."
        ) from None


Cursor = Annotated[UUID, BeforeValidator(_cursor, json_schema_input_type=str)]


LanguageTag = Annotated[str, AfterValidator(canonical_tag)]
"""A BCP 47 tag, in canonical form however it was written."""


def _each_language_once(value: Any) -> Any:
    """`{"en": …, "EN": …}` has two texts of one language, of which a dict would keep the last."""
    if isinstance(value, dict):
        known = {written_tag(key) for key in value if isinstance(key, str)}
        if len(known) < len(value):
            raise UnreadableValueError(
                "Must have one text in each language.", "같은 언어의 값이 두 번 있습니다."
            )
    return value


ByLanguage = Annotated[
    dict[LanguageTag, T],
    Field(min_length=1, max_length=20),
    BeforeValidator(_each_language_once),
]
"""Texts by language tag."""

LocalizedName = ByLanguage[Name]
"""A text by language tag, such as `{"ko": "김치찌개", "en": "Kimchi stew"}`."""

LocalizedText = ByLanguage[LongText]
