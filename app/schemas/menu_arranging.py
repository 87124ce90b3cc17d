"""Changing many things of a menu at once: their order, their availability; and copies."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from app.core.words import UnreadableValueError
from app.schemas.base import Id, Input, LocalizedName, Output
from app.schemas.menu import AvailabilityInput, ItemOutput, OptionOutput

Ids = Annotated[list[Id], Field(max_length=5000)]
"""As many as a file may bring into one category."""


class ArrangingInput(Input):
    """Every live id of the list, each once, in the order in which they are to be shown."""

    ids: Ids


class ItemCopyInput(Input):
    """By default the copy is named as its model is."""

    name: LocalizedName | None = None


class BulkAvailabilityInput(AvailabilityInput):
    """What holds for all of these items and options from now on."""

    items: Annotated[list[Id], Field(max_length=500)] = Field(default_factory=list)
    options: Annotated[list[Id], Field(max_length=500)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.items and not self.options:
            raise UnreadableValueError(
                "Name at least one item or option.", "메뉴나 옵션을 하나 이상 지정해 주세요."
            )
        return self


class BulkAvailabilityOutput(Output):
    """In the order in which they were named."""

    items: list[ItemOutput]
    options: list[OptionOutput]
