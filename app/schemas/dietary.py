"""Allergens and tags on the wire: codes of the fixed lists in `app/core/dietary.py`."""

from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from app.core.dietary import ALLERGENS, TAGS
from app.core.words import UnreadableValueError
from app.schemas.base import Output


def _one_of(codes: Collection[str], path: str) -> Callable[[str], str]:
    """A check that a word is one of a fixed list, which `path` serves."""

    def check(value: str) -> str:
        if value not in codes:
            raise UnreadableValueError(
                f"Must be a code that GET {path} lists.",
                f"GET {path} 목록에 있는 코드로 보내 주세요.",
            )
        return value

    return check


def _distinct(values: list[Any]) -> list[Any]:
    if len(set(values)) != len(values):
        raise UnreadableValueError("A value stands there twice.", "같은 값이 두 번 있습니다.")
    return values


_ALLERGENS = [one.code for one in ALLERGENS]
_TAGS = [one.code for one in TAGS]

AllergenCode = Annotated[
    str,
    AfterValidator(_one_of(_ALLERGENS, "/menu/allergens")),
    Field(json_schema_extra={"enum": _ALLERGENS}),
]
TagCode = Annotated[
    str, AfterValidator(_one_of(_TAGS, "/menu/tags")), Field(json_schema_extra={"enum": _TAGS})
]
Allergens = Annotated[list[AllergenCode], Field(max_length=40), AfterValidator(_distinct)]
Tags = Annotated[list[TagCode], Field(max_length=40), AfterValidator(_distinct)]


class AllergenOutput(Output):
    """`lists` says whose law names it; `part_of` is the wider European code that it falls under."""

    code: str
    name: str
    names: dict[str, str]
    lists: list[Literal["kr", "eu"]]
    part_of: str | None


class TagOutput(Output):
    """`dietary` tags say whom a dish suits, the others what it is like."""

    code: str
    name: str
    names: dict[str, str]
    dietary: bool
