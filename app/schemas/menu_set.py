"""Sets (세트) on the wire: what guests choose in each part of one."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from app.core.words import UnreadableValueError
from app.schemas.base import Id, Input, LocalizedName, Output, Price


class SetChoiceInput(Input):
    """An item that a part offers; `upcharge` is per unit of it, in minor units."""

    item_id: Id
    upcharge: Price = 0


class SetSlotInput(Input):
    """A part of a set; with `id` it is one that the set has. `min` and `max` count units."""

    id: Id | None = None
    name: LocalizedName
    min: Annotated[int, Field(ge=0, le=99)] = 1
    max: Annotated[int, Field(ge=1, le=99)] = 1
    choices: Annotated[list[SetChoiceInput], Field(min_length=1, max_length=50)]

    @field_validator("max")
    @classmethod
    def _in_order(cls, most: int, info: ValidationInfo) -> int:
        if info.data.get("min", 0) > most:
            raise UnreadableValueError(
                "The minimum must not be more than the maximum.",
                "최소 개수는 최대 개수보다 클 수 없습니다.",
            )
        return most


class ItemSetInput(Input):
    """The whole list, in the order in which guests choose; an empty one ends the set."""

    set_slots: Annotated[list[SetSlotInput], Field(max_length=20)]


class SetChoiceOutput(Output):
    item_id: Id
    upcharge: int


class SetSlotOutput(Output):
    id: Id
    name: dict[str, str]
    min: int
    max: int
    choices: list[SetChoiceOutput]
