"""A store written down in one JSON file: what it sells, where its guests sit, who works there.

The files have the shape of the API's own inputs, so that a reader learns the API from them. Two
things differ: option groups and options carry a `key`, because ids do not exist before loading,
and items stand inside their category in the order in which guests see them.
"""

from collections.abc import Collection
from importlib import resources
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.schemas.timing import DaypartExceptions, Dayparts, HappyHours

DEMO_STORES = ("hanok", "harbor")
"""Codes of the stores under `data/`; the first is the one `make demo` visits."""

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Texts = dict[str, Text]
"""One text by language tag, e.g. `{"ko": "김치찌개", "en": "Kimchi stew"}`."""


class Blueprint(BaseModel):
    """Base of every part: an unknown or mistyped field is a mistake in the file, never ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StoreProfile(Blueprint):
    """What the operator fixes when opening the store."""

    code: Key
    name: Label
    timezone: str
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    default_language: str
    languages: list[str]
    described_in: list[str]
    """The languages of descriptions and origins; guests of others read the default one's."""
    business_day_start: Annotated[str, StringConstraints(pattern=r"^\d{2}:\d{2}$")]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        ZoneInfo(self.timezone)
        if not {self.default_language} <= set(self.described_in) <= set(self.languages):
            raise ValueError("descriptions must be in the default language, and in known ones")
        if self.default_language not in self.languages:
            raise ValueError(f"default language {self.default_language!r} is not among languages")
        return self


class StaffMember(Blueprint):
    username: Key
    display_name: Label
    role: Literal["owner", "manager", "staff", "kitchen"]


class TablePlan(Blueprint):
    number: Annotated[int, Field(ge=1, le=9999)]
    capacity: Annotated[int, Field(ge=1, le=100)]
    label: Label | None = None


class AreaPlan(Blueprint):
    name: Label
    tables: list[TablePlan]


class Availability(Blueprint):
    """As `PUT …/availability` takes it; `stock` counts portions that are left. `for_hours` is
    until so many hours after the store was made."""

    status: Literal["available", "sold_out", "hidden"]
    until: Literal["business_day_end"] | None = None
    for_hours: Annotated[int, Field(ge=1)] | None = None
    stock: Annotated[int, Field(ge=0)] | None = None


AVAILABLE = Availability(status="available")


class OptionPlan(Blueprint):
    """One choice; `price` is what it adds to the item, in minor units (negative takes off)."""

    key: Key
    name: Texts
    price: int
    max_quantity: Annotated[int, Field(ge=1, le=99)] = 1
    is_default: bool = False
    allergens_added: list[Key] = []
    allergens_removed: list[Key] = []
    availability: Availability = AVAILABLE


class OptionGroupPlan(Blueprint):
    """How many of the options may be picked; the first `free_quota` of them cost nothing."""

    key: Key
    name: Texts
    min_select: Annotated[int, Field(ge=0)]
    max_select: Annotated[int, Field(ge=1)]
    free_quota: Annotated[int, Field(ge=0)]
    options: Annotated[list[OptionPlan], Field(min_length=1)]

    @model_validator(mode="after")
    def _satisfiable(self) -> Self:
        keys = [option.key for option in self.options]
        if len(set(keys)) != len(keys):
            raise ValueError(f"option group {self.key!r} has two options with one key")
        if not self.min_select <= self.max_select:
            raise ValueError(f"option group {self.key!r} asks for more than it allows")
        orderable = [option for option in self.options if option.availability.status == "available"]
        if len(orderable) < self.min_select:
            raise ValueError(f"option group {self.key!r} has too few options that can be ordered")
        defaults = [option for option in self.options if option.is_default]
        if len(defaults) > self.max_select or any(each not in orderable for each in defaults):
            raise ValueError(f"option group {self.key!r} has defaults that nobody can order")
        return self


class GroupUse(Blueprint):
    """An item's use of a shared group; what is given here replaces the group's own value."""

    group: Key
    min_select: Annotated[int, Field(ge=0)] | None = None
    max_select: Annotated[int, Field(ge=1)] | None = None
    prices: dict[Key, int] = {}


class SetChoicePlan(Blueprint):
    """An item that a part of a set offers, by its key."""

    item: Key
    upcharge: Annotated[int, Field(ge=0)] = 0


class SetSlotPlan(Blueprint):
    name: Texts
    min: Annotated[int, Field(ge=0)]
    max: Annotated[int, Field(ge=1)]
    choices: Annotated[list[SetChoicePlan], Field(min_length=1)]


class PriceChange(Blueprint):
    """What an item will cost so many days after the store was made, from midnight on."""

    in_days: Annotated[int, Field(ge=1)]
    price: Annotated[int, Field(ge=0)]


class ItemPlan(Blueprint):
    """One thing on the menu; `price` is in minor units, tax included. Sets name others by key."""

    key: Key | None = None
    name: Texts
    description: Texts
    price: Annotated[int, Field(ge=0)]
    tax_class: Key
    allergens: list[Key]
    tags: list[Key]
    origin: Texts | None = None
    availability: Availability = AVAILABLE
    dayparts: Dayparts = []
    daypart_exceptions: DaypartExceptions = []
    price_changes: list[PriceChange] = []
    happy_hours: HappyHours = []
    option_groups: list[GroupUse]
    set_slots: list[SetSlotPlan] = []


class CategoryPlan(Blueprint):
    name: Texts
    description: Texts
    dayparts: Dayparts = []
    daypart_exceptions: DaypartExceptions = []
    items: Annotated[list[ItemPlan], Field(min_length=1)]


class ServiceRequestTypePlan(Blueprint):
    """What guests can ask the staff for; `code` is the picture's."""

    code: Key
    name: Texts
    max_quantity: Annotated[int, Field(ge=1, le=99)] = 1
    cooldown_seconds: Annotated[int, Field(ge=0, le=3600)] = 0


class StoreBlueprint(Blueprint):
    """A whole store. Building one fails with `ValueError` when its parts do not fit together."""

    store: StoreProfile
    staff: list[StaffMember]
    areas: list[AreaPlan]
    service_request_types: list[ServiceRequestTypePlan]
    option_groups: list[OptionGroupPlan]
    categories: list[CategoryPlan]

    @property
    def tables(self) -> list[TablePlan]:
        return [table for area in self.areas for table in area.tables]

    @property
    def items(self) -> list[ItemPlan]:
        return [item for category in self.categories for item in category.items]

    @property
    def groups_by_key(self) -> dict[str, OptionGroupPlan]:
        return {group.key: group for group in self.option_groups}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        groups = self.groups_by_key
        if len(groups) != len(self.option_groups):
            raise ValueError("two option groups have one key")
        numbers = [table.number for table in self.tables]
        if len(set(numbers)) != len(numbers):
            raise ValueError("two tables have one number")
        dishes = {item.key for item in self.items if not item.set_slots}
        for item in self.items:
            _check_item(item, groups)
            _check_set(item, dishes)
        store = self.store
        for texts, languages in (
            (self._names(), store.languages),
            (self._more(), store.described_in),
        ):
            for text in texts:
                if set(text) != set(languages):
                    raise ValueError(f"{text} is not in exactly the languages of the store")
        return self

    def _described(self) -> list[CategoryPlan | ItemPlan]:
        return [*self.categories, *self.items]

    def _names(self) -> list[dict[str, str]]:
        names = [group.name for group in self.option_groups]
        names += [one.name for one in self.service_request_types]
        names += [each.name for each in self._described()]
        names += [option.name for group in self.option_groups for option in group.options]
        return names + [slot.name for each in self.items for slot in each.set_slots]

    def _more(self) -> list[dict[str, str]]:
        """What else guests read."""
        texts = [each.description for each in self._described()]
        return texts + [item.origin for item in self.items if item.origin is not None]


def _check_item(item: ItemPlan, groups: dict[str, OptionGroupPlan]) -> None:
    """Refuse a use of a group that does not exist, cannot be met, or could cost less than zero."""
    prices = [item.price, *(one.price for one in item.happy_hours)]
    lowest = min(prices + [one.price for one in item.price_changes])
    for use in item.option_groups:
        group = groups.get(use.group)
        if group is None:
            raise ValueError(f"{item.name} refers to an unknown option group {use.group!r}")
        unknown = set(use.prices) - {option.key for option in group.options}
        if unknown:
            raise ValueError(f"{item.name} prices unknown options {sorted(unknown)}")
        needed = group.min_select if use.min_select is None else use.min_select
        allowed = group.max_select if use.max_select is None else use.max_select
        if needed > min(allowed, len(group.options)):
            raise ValueError(f"{item.name} cannot satisfy its option group {use.group!r}")
        prices = [use.prices.get(option.key, option.price) for option in group.options]
        lowest += sum(price for price in prices if price < 0)
    if lowest < 0:
        raise ValueError(f"{item.name} could be ordered for less than nothing")


def _check_set(item: ItemPlan, dishes: Collection[str | None]) -> None:
    """Refuse a set of what isn't there or is a set itself."""
    unknown = {
        choice.item
        for slot in item.set_slots
        for choice in slot.choices
        if choice.item not in dishes
    }
    if unknown:
        raise ValueError(f"{item.name} offers unknown dishes {sorted(unknown)}")


def read_blueprint(code: str) -> StoreBlueprint:
    """The demo store `code` as its file says; `pydantic.ValidationError` names what is wrong."""
    file = resources.files("app.demo") / "data" / f"{code}.json"
    return StoreBlueprint.model_validate_json(file.read_bytes())
