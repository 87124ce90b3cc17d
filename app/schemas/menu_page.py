"""The menu as guests read it, on the wire: `GET /menu`."""

from typing import Literal

from pydantic import (
    Field,
)

from app.schemas.base import (
    Id,
    Instant,
    Output,
    Query,
)
from app.schemas.image import ImageOutput
from app.schemas.timing import (
    PlannedInstant,
)


class MenuFilter(Query):
    at: PlannedInstant | None = Field(
        default=None, description="The menu as it stands at this instant; for staff only."
    )


class MenuAvailability(Output):
    """What guests see: hidden things are not in their menu at all."""

    status: Literal["available", "sold_out"]
    until: Instant | None


class MenuOption(Output):
    """`is_default` is what a client ticks beforehand: an order has only what it names."""

    id: Id
    name: str
    price: int
    max_quantity: int
    is_default: bool
    position: int
    allergens_added: list[str]
    allergens_removed: list[str]
    availability: MenuAvailability


class MenuGroup(Output):
    """`min_select` and `max_select` count units; the first `free_quota` units cost nothing, counted
    in the order of `options`."""

    id: Id
    name: str
    min_select: int
    max_select: int
    free_quota: int
    position: int
    options: list[MenuOption]


class MenuSetChoice(Output):
    """An item that can be chosen in a set; its options are those of the item itself.

    `upcharge` is per unit, whatever the item costs alone.
    """

    item_id: Id
    name: str
    upcharge: int
    allergens: list[str]
    tags: list[str]
    availability: MenuAvailability


class MenuSetSlot(Output):
    """A part of a set: `min` to `max` units are chosen in each portion."""

    id: Id
    name: str
    min: int
    max: int
    choices: list[MenuSetChoice]


class MenuItem(Output):
    """`price` is in force now; `regular_price` is another one only in a happy hour."""

    id: Id
    category_id: Id
    name: str
    description: str | None
    price: int
    regular_price: int
    tax_class: str
    allergens: list[str]
    tags: list[str]
    origin: str | None
    image: ImageOutput | None
    position: int
    availability: MenuAvailability
    option_groups: list[MenuGroup]
    set_slots: list[MenuSetSlot]


class MenuCategory(Output):
    id: Id
    name: str
    description: str | None
    position: int
    items: list[MenuItem]


class MenuStore(Output):
    """The store as its guests see it now.

    A pause holds for `paused_channels`. From `last_order_at`, the last order of this business
    day, tablets and guests order nothing; the minimum is for each guest, at the first order.
    """

    id: Id
    code: str
    name: str
    timezone: str
    currency: str
    default_language: str
    languages: list[str]
    ordering_paused: bool
    paused_channels: list[str]
    paused_until: Instant | None
    pause_message: str | None
    last_order_at: Instant | None
    last_order_passed: bool
    max_lines_per_order: int | None
    max_quantity_per_order: int | None
    minimum_items_per_guest: int | None
    minimum_amount_per_guest: int | None


class MenuOutput(Output):
    """What may be ordered now, in one language.

    `valid_until` is the next instant at which it changes by itself, null if it never does: read
    the menu again then.
    """

    valid_until: Instant | None
    store: MenuStore
    language: str
    currency: str
    categories: list[MenuCategory]
