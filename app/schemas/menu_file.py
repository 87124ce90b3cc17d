"""The menu as a file: the fields that export writes and import reads, in one place.

A field that is added to a part here is exported, imported, compared and (with its line in
`CELLS`) a column of the CSV. `COLUMNS` names the columns of the database that are called otherwise.
What a part does not say stays as it is, or takes the default when the thing is new. Ids belong to
one store and are not in the file: things are named by `key` (`app/services/menu_files/matching.py`).
"""

from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from app.core.words import UnreadableValueError, shape
from app.schemas.base import (
    Input,
    Instant,
    LanguageTag,
    LocalizedName,
    LocalizedText,
    Name,
    Output,
    Price,
    PriceDelta,
    Query,
    clean_text,
)
from app.schemas.dietary import Allergens, Tags
from app.schemas.menu import AvailabilityInput, Label, Selection
from app.schemas.timing import DaypartExceptions, Dayparts, HappyHours, PriceSchedule

FORMAT: Final = "table-order-menu"
MAX_ITEMS: Final = 5_000

Key = Annotated[str, BeforeValidator(clean_text), StringConstraints(min_length=1, max_length=120)]
"""What a thing is called within the file, and within a store as long as nobody renames it."""
MaxSelect = Annotated[int, Field(ge=1, le=99)]
Position = Annotated[int, Field(ge=0, le=1_000_000)]
"""Wider than what can be set by hand: what is added last is placed behind the last."""
Digest = Annotated[
    str,
    StringConstraints(
        pattern=shape(
            r"^[0-9a-f]{64}$",
            "Must be a SHA-256: 64 digits of 0 to 9 and a to f.",
            "SHA-256 값(0~9, a~f 64자)이어야 합니다.",
        )
    ),
]
Pixels = Annotated[int, Field(ge=1, le=10_000)]

COLUMNS: Final = {"name": "names", "description": "descriptions"}

PLANS: Final = frozenset({"dayparts", "daypart_exceptions", "price_schedule", "happy_hours"})
"""Lists that the database keeps as JSON, in the shapes of `app/schemas/timing.py`."""

Cell = Literal["text", "texts", "number", "money", "labels", "flag", "plan"]
CELLS: Final[dict[str, Cell]] = {
    "kind": "text",
    "category": "text",
    "group": "text",
    "item": "text",
    "key": "text",
    "external_ref": "text",
    "name": "texts",
    "description": "texts",
    "price": "money",
    "price_schedule": "plan",
    "happy_hours": "plan",
    "tax_class": "text",
    "allergens": "labels",
    "tags": "labels",
    "origin": "texts",
    "position": "number",
    "dayparts": "plan",
    "daypart_exceptions": "plan",
    "status": "text",
    "until": "text",
    "stock": "number",
    "min_select": "number",
    "max_select": "number",
    "free_quota": "number",
    "max_quantity": "number",
    "is_default": "flag",
    "allergens_added": "labels",
    "allergens_removed": "labels",
}
"""The columns of the CSV, in order, and how their cells are written."""


class Part(Input):
    """A part of the file. What is in `structure` is not a plain column of its row."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_serialization_defaults_required=True
    )
    structure: ClassVar[frozenset[str]] = frozenset(
        {
            "key",
            "items",
            "options",
            "option_groups",
            "set_slots",
            "choices",
            "availability",
            "image",
        }
    )

    needed: ClassVar[tuple[str, ...]] = ()
    """What something new can't do without; what is there already has it."""

    @classmethod
    def plain_fields(cls) -> tuple[str, ...]:
        """The fields that are a column each."""
        return tuple(name for name in cls.model_fields if name not in cls.structure)


class AvailabilityPart(AvailabilityInput, Part):
    """As staff set it. An `until` that has passed means: available again. Of what is there already
    an import sets it with `set_availability` only: files get old, and the floor knows."""

    until: Instant | None = None


class OptionPart(Part):
    needed = ("name",)

    key: Key | None = None
    external_ref: Name | None = None
    name: LocalizedName = Field(default_factory=dict)
    price: PriceDelta = 0
    max_quantity: Annotated[int, Field(ge=1, le=99)] = 1
    is_default: bool = False
    allergens_added: Allergens = Field(default_factory=list)
    allergens_removed: Allergens = Field(default_factory=list)
    availability: AvailabilityPart | None = None


class GroupPart(Part):
    """A shared option group with its options, in the order in which guests see them."""

    needed = ("name", "options")

    key: Key | None = None
    name: LocalizedName = Field(default_factory=dict)
    min_select: Selection = 0
    max_select: MaxSelect = 1
    free_quota: Selection = 0
    position: Position | None = None
    options: Annotated[list[OptionPart], Field(min_length=1, max_length=100)] = Field(
        default_factory=list
    )


class UsePart(Part):
    """An item offers the group `key`; what stands here goes before what the group says.

    `prices` are the item's own, by the key of the option.
    """

    key: Key
    min_select: Selection | None = None
    max_select: MaxSelect | None = None
    prices: Annotated[dict[Key, PriceDelta], Field(max_length=100)] | None = None


class ImageSizePart(Part):
    """A stored picture: `sha256` is of its bytes, and the name under which it is served."""

    sha256: Digest
    width: Pixels
    height: Pixels


class ImagePart(ImageSizePart):
    """What an item shows. The file names pictures; `docs/menu-import.md` says how they travel."""

    thumbnail: ImageSizePart


class ChoicePart(Part):
    """A slot offers the item `key`, at an upcharge per unit of it in minor units."""

    key: Key
    upcharge: Price = 0


class SlotPart(Part):
    """A part of a set. One whose dishes have all been archived offers nothing."""

    key: Key | None = None
    name: LocalizedName
    min: Selection = 1
    max: MaxSelect = 1
    choices: Annotated[list[ChoicePart], Field(max_length=50)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise UnreadableValueError(
                "The minimum must not be more than the maximum.",
                "최소 개수는 최대 개수보다 클 수 없습니다.",
            )
        return self


class ItemPart(Part):
    """A planned price that has begun is what the item costs, whatever `price` says."""

    needed = ("name", "price")

    key: Key | None = None
    external_ref: Name | None = None
    name: LocalizedName = Field(default_factory=dict)
    description: LocalizedText | None = None
    price: Price = Field(default_factory=int)
    price_schedule: PriceSchedule = Field(default_factory=list)
    happy_hours: HappyHours = Field(default_factory=list)
    tax_class: Label = "standard"
    allergens: Allergens = Field(default_factory=list)
    tags: Tags = Field(default_factory=list)
    origin: LocalizedText | None = None
    image: ImagePart | None = None
    position: Position | None = None
    dayparts: Dayparts = Field(default_factory=list)
    daypart_exceptions: DaypartExceptions = Field(default_factory=list)
    availability: AvailabilityPart | None = None
    option_groups: Annotated[list[UsePart], Field(max_length=20)] = Field(default_factory=list)
    set_slots: Annotated[list[SlotPart], Field(max_length=20)] = Field(default_factory=list)


class CategoryPart(Part):
    """A category with its items. A new one that has no name is called by its key."""

    key: Key | None = None
    name: LocalizedName | None = None
    description: LocalizedText | None = None
    position: Position | None = None
    dayparts: Dayparts = Field(default_factory=list)
    daypart_exceptions: DaypartExceptions = Field(default_factory=list)
    items: Annotated[list[ItemPart], Field(max_length=MAX_ITEMS)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_called_something(self) -> Self:
        if self.name is None and self.key is None:
            raise UnreadableValueError("Needs a key or a name.", "키나 이름이 필요합니다.")
        return self


class MenuFile(Part):
    """A whole menu. The store's settings are for the reader: an import leaves them alone."""

    format: Literal["table-order-menu"] = FORMAT
    version: Literal[1] = 1
    currency: (
        Annotated[
            str,
            StringConstraints(
                pattern=shape(
                    r"^[A-Z]{3}$",
                    "Must be a currency such as KRW.",
                    "KRW와 같은 통화 코드여야 합니다.",
                )
            ),
        ]
        | None
    ) = None
    default_language: LanguageTag | None = None
    languages: Annotated[list[LanguageTag], Field(max_length=20)] | None = None
    option_groups: Annotated[list[GroupPart], Field(max_length=MAX_ITEMS)] = Field(
        default_factory=list
    )
    categories: Annotated[list[CategoryPart], Field(max_length=1_000)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_not_too_long(self) -> Self:
        if sum(len(category.items) for category in self.categories) > MAX_ITEMS:
            raise UnreadableValueError(
                f"Has more than {MAX_ITEMS} items.", f"메뉴는 {MAX_ITEMS}개까지 쓸 수 있습니다."
            )
        return self


class ExportFilter(Query):
    format: Literal["json", "csv"] | None = Field(
        default=None, description="Goes before what `Accept` says; `json` when neither says it."
    )


def _flag(value: object) -> object:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise UnreadableValueError("Must be true or false.", "true 또는 false로 보내 주세요.")
        return value == "true"
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]


class ImportFilter(Query):
    dry_run: Flag = Field(default=False, description="Say what would change, and change nothing.")
    archive_missing: Flag = Field(
        default=False, description="Archive what the store has and the file hasn't."
    )
    set_availability: Flag = Field(
        default=False,
        description="Set status and stock also of what is there; otherwise only of what is new.",
    )


PartKind = Literal["category", "item", "option_group", "option"]


class PartCounts(Output):
    created: int
    updated: int
    unchanged: int
    archived: int


class ImportCounts(Output):
    categories: PartCounts
    items: PartCounts
    option_groups: PartCounts
    options: PartCounts


class FieldChange(Output):
    field: str
    before: Any
    after: Any


class ImportChange(Output):
    """One thing that changes. `fields` says how, for what is updated."""

    kind: PartKind
    change: Literal["created", "updated", "archived"]
    name: str
    fields: list[FieldChange]


class ImportNote(Output):
    """What could not be taken over as the file says it; the rest was. Tables have a `row`, which
    counts from 1, JSON has a `pointer`."""

    row: int | None
    pointer: str | None
    code: str
    detail: str


class ImportOutput(Output):
    """`changes` are the first ones; `changes_left_out` says how many more there are."""

    dry_run: bool
    format: Literal["json", "csv", "square"]
    counts: ImportCounts
    changes: list[ImportChange]
    changes_left_out: int
    warnings: list[ImportNote]
