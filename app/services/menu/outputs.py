"""Rows of the menu → what staff read of them."""

from collections.abc import Mapping
from typing import Any

from app.core import clock
from app.core.security.principals import SYSTEM_ACTOR
from app.models.menu import Availability, Category, Item, Option, OptionGroup
from app.models.menu_set import SetSlot
from app.schemas.audit import ActorOutput
from app.schemas.image import ImageOutput
from app.schemas.menu import (
    AvailabilityOutput,
    CategoryOutput,
    GroupUseOutput,
    ItemOutput,
    OptionGroupOutput,
    OptionOutput,
)
from app.schemas.menu_set import SetChoiceOutput, SetSlotOutput
from app.schemas.timing import Daypart, DaypartException, HappyHour, PriceStep, kept
from app.services.menu.image_fields import shown
from app.services.menu.loading import availability_of
from app.services.pricing.price_plan import PricePlan, planned_price


def availability_output(row: Item | Option) -> AvailabilityOutput:
    """What holds now; `until` only while it is yet to come. Once it has, time was the last to
    change it, whether or not that was written down yet."""
    now = clock.now()
    own = availability_of(row)
    by, at = row.availability_by, row.availability_at
    if row.sold_out_until is not None and row.sold_out_until <= now:
        by, at = SYSTEM_ACTOR, row.sold_out_until
    return AvailabilityOutput(
        status=Availability(own.at(now)),
        until=own.changes_after(now),
        stock=own.stock,
        changed_by=ActorOutput.model_validate(by) if by else None,
        changed_at=at,
    )


def dayparts_output(rows: list[dict[str, Any]]) -> list[Daypart] | None:
    """None when it is always offered."""
    return kept(Daypart, rows) or None


def exceptions_output(rows: list[dict[str, Any]]) -> list[DaypartException]:
    return kept(DaypartException, rows)


def regular_price(item: Item) -> int:
    """What the item costs now outside of happy hours."""
    return _planned(item).regular_at(clock.now())


def coming_prices(item: Item) -> list[PriceStep]:
    """The planned prices that are not yet in force."""
    coming = _planned(item).coming(clock.now())
    return [PriceStep(starts_at=one.starts_at, price=one.price) for one in coming]


def _planned(item: Item) -> PricePlan:
    return PricePlan(item.price, tuple(planned_price(one) for one in item.price_schedule or ()))


def shown_image(image: Mapping[str, Any] | None) -> ImageOutput | None:
    return ImageOutput.model_validate(shown(image)) if image else None


def category_output(category: Category, item_count: int) -> CategoryOutput:
    return CategoryOutput(
        id=category.id,
        name=category.names,
        description=category.descriptions,
        position=category.position,
        item_count=item_count,
        dayparts=dayparts_output(category.dayparts),
        daypart_exceptions=exceptions_output(category.daypart_exceptions),
        archived_at=category.archived_at,
        created_at=category.created_at,
        updated_at=category.updated_at,
        version=category.version,
    )


def item_output(item: Item) -> ItemOutput:
    """The item with its group links and slots, which must be loaded."""
    return ItemOutput(
        id=item.id,
        category_id=item.category_id,
        name=item.names,
        description=item.descriptions,
        price=regular_price(item),
        tax_class=item.tax_class,
        allergens=item.allergens,
        tags=item.tags,
        origin=item.origin,
        image=shown_image(item.image),
        position=item.position,
        availability=availability_output(item),
        option_groups=[
            GroupUseOutput(
                id=link.group_id,
                min_select=link.min_select,
                max_select=link.max_select,
                prices=link.prices,
            )
            for link in item.group_links
        ],
        set_slots=[slot_output(slot) for slot in item.slots],
        external_ref=item.external_ref,
        dayparts=dayparts_output(item.dayparts),
        daypart_exceptions=exceptions_output(item.daypart_exceptions),
        price_schedule=coming_prices(item),
        happy_hours=kept(HappyHour, item.happy_hours),
        archived_at=item.archived_at,
        created_at=item.created_at,
        updated_at=item.updated_at,
        version=item.version,
    )


def slot_output(slot: SetSlot) -> SetSlotOutput:
    return SetSlotOutput(
        id=slot.id,
        name=slot.names,
        min=slot.min_select,
        max=slot.max_select,
        choices=[
            SetChoiceOutput(item_id=choice.item_id, upcharge=choice.upcharge)
            for choice in slot.choices
        ],
    )


def option_output(option: Option) -> OptionOutput:
    return OptionOutput(
        id=option.id,
        name=option.names,
        price=option.price,
        max_quantity=option.max_quantity,
        is_default=option.is_default,
        position=option.position,
        allergens_added=option.allergens_added,
        allergens_removed=option.allergens_removed,
        availability=availability_output(option),
        version=option.version,
    )


def group_output(group: OptionGroup) -> OptionGroupOutput:
    """The group with its options, which must be loaded."""
    return OptionGroupOutput(
        id=group.id,
        name=group.names,
        min_select=group.min_select,
        max_select=group.max_select,
        free_quota=group.free_quota,
        position=group.position,
        options=[option_output(option) for option in group.options],
        archived_at=group.archived_at,
        created_at=group.created_at,
        updated_at=group.updated_at,
        version=group.version,
    )
