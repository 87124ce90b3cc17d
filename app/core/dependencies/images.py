"""Pictures of items."""

from typing import Annotated

from fastapi import Depends

from app.core.dependencies.request import ScopeDep
from app.repositories.media import MediaRepository
from app.repositories.menu import ItemRepository
from app.services.menu.item_images import ImageRows, ItemImageService
from app.services.menu.journal import MenuJournal


async def get_item_images(scope: ScopeDep) -> ItemImageService:
    async def begin() -> ImageRows:
        place = await scope.place()
        journal = MenuJournal(scope.unit, scope.principal)
        return ImageRows(ItemRepository(*place), MediaRepository(scope.unit), journal)

    return ItemImageService(scope.runtime.pictures, scope.runtime.media, begin)


ItemImageDep = Annotated[ItemImageService, Depends(get_item_images)]
