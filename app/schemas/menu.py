"""Menus on the wire. Staff edit texts in all languages; guests read one."""

from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from app.core.words import UnreadableValueError, shape
from app.models.menu import Availability
from app.schemas.audit import ActorOutput
from app.schemas.base import (
    Cursor,
    Id,
    Input,
    Instant,
    Limit,
    LocalizedName,
    LocalizedText,
    Name,
    Output,
    Price,
    PriceDelta,
    read_instant,
)
from app.schemas.dietary import Allergens, Tags
from app.schemas.image import ImageOutput
from app.schemas.menu_set import SetSlotOutput
from app.schemas.table import ArchivedFilter
from app.schemas.timing import (
    Daypart,
    DaypartException,
    HappyHour,
    PriceStep,
    TimedInput,
)

MAX_STOCK = 1_000_000

Position = Annotated[int, Field(ge=0, le=10_000)]
Label = Annotated[
    str,
    StringConstraints(
        pattern=shape(
            r"^[a-z0-9]+([-_][a-z0-9]+)*$",
            "Must be lower-case letters and digits, with hyphens between them.",
            "영문 소문자와 숫자로, 사이에만 하이픈을 넣어 주세요.",
        ),
        max_length=40,
    ),
]
"""A word of the store's own, such as a tax class: lower case."""


Selection = Annotated[int, Field(ge=0, le=99)]
Prices = Annotated[dict[Id, PriceDelta], Field(max_length=100)]


class Patch(Input):
    """A change of some fields. A field that is left out stays; `null` only empties what may be."""

    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def _refuse_null(patch: Patch, *names: str) -> None:
    empty = [name for name in names if name in patch.model_fields_set]
    for name in empty:
        if getattr(patch, name) is None:
            raise UnreadableValueError(f"{name} can't be null.", f"비울 수 없는 값입니다: {name}")


def _read_until(value: object) -> object:
    """The words `business_day_end`, or an RFC 3339 time."""
    if value is None or value == BUSINESS_DAY_END:
        return value
    if not isinstance(value, str):
        raise UnreadableValueError(
            "Must be a time or business_day_end.", "시각 또는 business_day_end로 보내 주세요."
        )
    return read_instant(value)


BUSINESS_DAY_END: Final = "business_day_end"
Until = Annotated[
    AwareDatetime | Literal["business_day_end"],
    BeforeValidator(_read_until, json_schema_input_type=str),
    Field(examples=[BUSINESS_DAY_END, "2026-11-25T17:00:00Z"]),
]


class AvailabilityInput(Input):
    """`until` ends a `sold_out` by itself; `stock` counts portions, null stops counting."""

    status: Annotated[Availability, Field(strict=False)]
    until: Until | None = None
    stock: Annotated[int, Field(ge=0, le=MAX_STOCK)] | None = None

    @field_validator("until")
    @classmethod
    def _until_is_for_sold_out(cls, until: object, info: ValidationInfo) -> object:
        if until is not None and info.data.get("status") not in (None, Availability.SOLD_OUT):
            raise UnreadableValueError(
                "An end is for what is sold out: send it with sold_out.",
                "끝나는 시각은 품절(sold_out)일 때만 정할 수 있습니다.",
            )
        return until


class AvailabilityOutput(Output):
    """`status` is what holds now: sold out too when the stock is used up.

    `changed_by` set it at `changed_at`; both are null where nobody has. What orders took of the
    stock is not counted as a change.
    """

    status: Availability
    until: Instant | None
    stock: int | None
    changed_by: ActorOutput | None
    changed_at: Instant | None


class CategoryInput(TimedInput):
    name: LocalizedName
    description: LocalizedText | None = None
    position: Position | None = None


class CategoryPatch(TimedInput, Patch):
    name: LocalizedName | None = None
    description: LocalizedText | None = None
    position: Position | None = None

    @model_validator(mode="after")
    def _no_nulls(self) -> Self:
        _refuse_null(self, "name", "position")
        return self


class CategoryOutput(Output):
    id: Id
    name: dict[str, str]
    description: dict[str, str] | None
    position: int
    item_count: int
    dayparts: list[Daypart] | None
    daypart_exceptions: list[DaypartException]
    archived_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


class GroupUse(Input):
    """A shared group in an item; what is given here replaces the group's own value."""

    id: Id
    min_select: Selection | None = None
    max_select: Annotated[int, Field(ge=1, le=99)] | None = None
    prices: Prices | None = None


GroupUses = Annotated[list[GroupUse], Field(max_length=20)]


class ItemGroupsInput(Input):
    """The item's groups in the order in which guests choose."""

    option_groups: GroupUses


class GroupUseOutput(Output):
    id: Id
    min_select: int | None
    max_select: int | None
    prices: dict[str, int] | None


class ItemInput(TimedInput):
    category_id: Id
    name: LocalizedName
    description: LocalizedText | None = None
    price: Price
    tax_class: Label = "standard"
    allergens: Allergens = Field(default_factory=list)
    tags: Tags = Field(default_factory=list)
    origin: LocalizedText | None = None
    position: Position | None = None
    availability: AvailabilityInput | None = None
    option_groups: GroupUses = Field(default_factory=list)
    external_ref: Name | None = None


class ItemPatch(TimedInput, Patch):
    category_id: Id | None = None
    name: LocalizedName | None = None
    description: LocalizedText | None = None
    price: Price | None = None
    tax_class: Label | None = None
    allergens: Allergens | None = None
    tags: Tags | None = None
    origin: LocalizedText | None = None
    position: Position | None = None
    external_ref: Name | None = None

    @model_validator(mode="after")
    def _no_nulls(self) -> Self:
        _refuse_null(
            self, "category_id", "name", "price", "tax_class", "allergens", "tags", "position"
        )
        return self


class ItemOutput(Output):
    """`price` is what holds now outside of happy hours, `price_schedule` what is to come."""

    id: Id
    category_id: Id
    name: dict[str, str]
    description: dict[str, str] | None
    price: int
    tax_class: str
    allergens: list[str]
    tags: list[str]
    origin: dict[str, str] | None
    image: ImageOutput | None
    position: int
    availability: AvailabilityOutput
    option_groups: list[GroupUseOutput]
    set_slots: list[SetSlotOutput] = Field(description="Empty for items that are no sets.")
    external_ref: str | None
    dayparts: list[Daypart] | None
    daypart_exceptions: list[DaypartException]
    price_schedule: list[PriceStep]
    happy_hours: list[HappyHour]
    archived_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


class BlockReason(StrEnum):
    """Why guests can't order an item: `not_on_menu` when it is archived, `not_now` at another time
    of day; `option_group` and `set_slot` when too little is left of what must be chosen there."""

    NOT_ON_MENU = "not_on_menu"
    HIDDEN = "hidden"
    SOLD_OUT = "sold_out"
    NOT_NOW = "not_now"
    OPTION_GROUP = "option_group"
    SET_SLOT = "set_slot"


class BlockOutput(Output):
    """`id` is the option group's or the slot's, null for other reasons."""

    reason: BlockReason
    id: Id | None


class ItemReadOutput(ItemOutput):
    """The item, and whether guests can order it at this moment. The two fields are for who reads:
    events and the answers to changes don't have them."""

    orderable: bool
    blocked_by: list[BlockOutput] = Field(
        description="All that is in the way; empty when guests can order the item."
    )


class OptionInput(Input):
    """An option of a group. With `id` it is one that the group has, and what is left out stays."""

    id: Id | None = None
    name: LocalizedName | None = None
    price: PriceDelta = 0
    max_quantity: Annotated[int, Field(ge=1, le=99)] = 1
    is_default: bool = False
    allergens_added: Allergens = Field(default_factory=list)
    allergens_removed: Allergens = Field(default_factory=list)
    availability: AvailabilityInput | None = None

    @model_validator(mode="after")
    def _new_ones_have_names(self) -> Self:
        if self.name is None and (self.id is None or "name" in self.model_fields_set):
            raise UnreadableValueError(
                "A new option needs a name.", "새 옵션에는 이름이 필요합니다."
            )
        return self


OptionInputs = Annotated[list[OptionInput], Field(min_length=1, max_length=100)]


class OptionGroupInput(Input):
    name: LocalizedName
    min_select: Selection = 0
    max_select: Annotated[int, Field(ge=1, le=99)] = 1
    free_quota: Selection = 0
    position: Position | None = None
    options: OptionInputs


class OptionGroupPatch(Patch):
    """`options`, when sent, is the whole list in menu order; those left out are archived."""

    name: LocalizedName | None = None
    min_select: Selection | None = None
    max_select: Annotated[int, Field(ge=1, le=99)] | None = None
    free_quota: Selection | None = None
    position: Position | None = None
    options: OptionInputs | None = None

    @model_validator(mode="after")
    def _no_nulls(self) -> Self:
        _refuse_null(self, *type(self).model_fields)
        return self


class OptionOutput(Output):
    id: Id
    name: dict[str, str]
    price: int
    max_quantity: int
    is_default: bool
    position: int
    allergens_added: list[str]
    allergens_removed: list[str]
    availability: AvailabilityOutput
    version: int


class OptionGroupOutput(Output):
    id: Id
    name: dict[str, str]
    min_select: int
    max_select: int
    free_quota: int
    position: int
    options: list[OptionOutput]
    archived_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


class ItemFilter(ArchivedFilter):
    q: Name | None = Field(
        default=None,
        description="Finds live items by their names as they are typed, in any language; initial"
        " consonants (ㄱㅊ) find Korean ones. The best come first, on one page.",
    )
    category_id: Id | None = None
    cursor: Cursor | None = None
    limit: Limit = 50
