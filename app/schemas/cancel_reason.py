"""Reasons for cancelling on the wire."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.core.words import shape
from app.schemas.base import Input, LocalizedName, Output

ReasonCode = Annotated[
    str,
    StringConstraints(
        pattern=shape(
            r"^[a-z][a-z0-9_]{0,39}$",
            "Must begin with a letter and be up to 40 lower-case letters, digits and underscores.",
            "영문자로 시작하는 소문자, 숫자, 밑줄 40자까지 쓸 수 있습니다.",
        )
    ),
]


class CancelReasonInput(Input):
    """`for_guests`: guests may give it too, where the store lets them cancel."""

    code: ReasonCode
    name: LocalizedName
    for_guests: bool = False


class CancelReasonListInput(Input):
    """The whole list, in the order in which staff see it."""

    reasons: Annotated[list[CancelReasonInput], Field(min_length=1, max_length=50)]


class CancelReasonOutput(Output):
    code: str
    name: str
    names: dict[str, str] | None = Field(description="All languages; for staff only.")
    for_guests: bool
    archived: bool


class CancelReasonListOutput(Output):
    """The list comes whole; `version` is that of the list."""

    data: list[CancelReasonOutput]
    next_cursor: str | None
    version: int
