"""Changing many things of a menu at once, and copying."""

from typing import Annotated

from fastapi import Depends

from app.core.dependencies.request import ScopeDep
from app.repositories.menu import (
    CategoryRepository,
    ItemRepository,
    OptionGroupRepository,
    OptionRepository,
)
from app.repositories.menu_arranging import ArrangingRepository
from app.repositories.menu_set import SetSlotRepository
from app.repositories.store import StoreReader
from app.services.menu.arranging import MenuArrangingService
from app.services.menu.bulk_availability import BulkAvailabilityService
from app.services.menu.item_copying import ItemCopyingService
from app.services.menu.journal import MenuJournal


async def get_menu_arranging(scope: ScopeDep) -> MenuArrangingService:
    place = await scope.place()
    return MenuArrangingService(
        ArrangingRepository(*place),
        CategoryRepository(*place),
        ItemRepository(*place),
        OptionGroupRepository(*place),
        MenuJournal(scope.unit, scope.principal),
    )


async def get_item_copying(scope: ScopeDep) -> ItemCopyingService:
    place = await scope.place()
    return ItemCopyingService(
        ItemRepository(*place),
        CategoryRepository(*place),
        OptionGroupRepository(*place),
        SetSlotRepository(*place),
        StoreReader(*place),
        MenuJournal(scope.unit, scope.principal),
    )


async def get_bulk_availability(scope: ScopeDep) -> BulkAvailabilityService:
    place = await scope.place()
    return BulkAvailabilityService(
        ItemRepository(*place),
        OptionGroupRepository(*place),
        OptionRepository(*place),
        StoreReader(*place),
        MenuJournal(scope.unit, scope.principal),
    )


MenuArrangingDep = Annotated[MenuArrangingService, Depends(get_menu_arranging)]
ItemCopyingDep = Annotated[ItemCopyingService, Depends(get_item_copying)]
BulkAvailabilityDep = Annotated[BulkAvailabilityService, Depends(get_bulk_availability)]
