"""Reading and editing the menu."""

from functools import partial
from typing import Annotated

from fastapi import Depends

from app.core.dependencies.request import ScopeDep
from app.repositories.menu import (
    CategoryRepository,
    ItemRepository,
    OptionGroupRepository,
    OptionRepository,
)
from app.repositories.menu_set import SetSlotRepository
from app.repositories.store import StoreReader
from app.services.menu.availability import MenuAvailabilityService
from app.services.menu.editing import CategoryEditingService, ItemEditingService
from app.services.menu.item_finding import ItemFindingService
from app.services.menu.journal import MenuJournal
from app.services.menu.loading import menu_at_hand
from app.services.menu.option_editing import OptionEditingService
from app.services.menu.price_planning import PricePlanningService
from app.services.menu.reading import MenuReadingService
from app.services.menu.set_editing import SetEditingService


async def get_menu_reading(scope: ScopeDep) -> MenuReadingService:
    runtime, principal = scope.runtime, scope.principal
    at_hand = partial(menu_at_hand, runtime.menus, runtime.hub, principal.store_id)
    return MenuReadingService(scope.catalog(), at_hand, principal)


async def get_category_editing(scope: ScopeDep) -> CategoryEditingService:
    place = await scope.place()
    journal = MenuJournal(scope.unit, scope.principal)
    return CategoryEditingService(CategoryRepository(*place), StoreReader(*place), journal)


async def get_item_editing(scope: ScopeDep) -> ItemEditingService:
    place = await scope.place()
    return ItemEditingService(
        ItemRepository(*place),
        CategoryRepository(*place),
        OptionGroupRepository(*place),
        StoreReader(*place),
        MenuJournal(scope.unit, scope.principal),
    )


async def get_item_finding(scope: ScopeDep) -> ItemFindingService:
    async def begin() -> ItemRepository:
        return ItemRepository(*await scope.place())

    return ItemFindingService(scope.catalog(), begin)


async def get_set_editing(scope: ScopeDep) -> SetEditingService:
    place = await scope.place()
    return SetEditingService(
        ItemRepository(*place),
        SetSlotRepository(*place),
        StoreReader(*place),
        MenuJournal(scope.unit, scope.principal),
    )


async def get_option_editing(scope: ScopeDep) -> OptionEditingService:
    place = await scope.place()
    return OptionEditingService(
        OptionGroupRepository(*place),
        OptionRepository(*place),
        StoreReader(*place),
        MenuJournal(scope.unit, scope.principal),
    )


async def get_menu_availability(scope: ScopeDep) -> MenuAvailabilityService:
    place = await scope.place()
    return MenuAvailabilityService(
        ItemRepository(*place),
        OptionGroupRepository(*place),
        OptionRepository(*place),
        StoreReader(*place),
        MenuJournal(scope.unit, scope.principal),
    )


async def get_price_planning(scope: ScopeDep) -> PricePlanningService:
    journal = MenuJournal(scope.unit, scope.principal)
    return PricePlanningService(ItemRepository(*await scope.place()), journal)


MenuReadingDep = Annotated[MenuReadingService, Depends(get_menu_reading)]
CategoryEditingDep = Annotated[CategoryEditingService, Depends(get_category_editing)]
ItemEditingDep = Annotated[ItemEditingService, Depends(get_item_editing)]
ItemFindingDep = Annotated[ItemFindingService, Depends(get_item_finding)]
SetEditingDep = Annotated[SetEditingService, Depends(get_set_editing)]
OptionEditingDep = Annotated[OptionEditingService, Depends(get_option_editing)]
PricePlanningDep = Annotated[PricePlanningService, Depends(get_price_planning)]
MenuAvailabilityDep = Annotated[MenuAvailabilityService, Depends(get_menu_availability)]
