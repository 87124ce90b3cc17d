"""Reading and writing the menu as a file."""

from typing import Annotated

from fastapi import Depends

from app.core.dependencies.request import ScopeDep
from app.repositories.menu_file import MenuFileRepository
from app.repositories.store import StoreReader
from app.services.menu_export import MenuExportService
from app.services.menu_import import MenuImportService


async def get_menu_export(scope: ScopeDep) -> MenuExportService:
    place = await scope.place()
    return MenuExportService(MenuFileRepository(*place), StoreReader(*place))


async def get_menu_import(scope: ScopeDep) -> MenuImportService:
    place = await scope.place()
    return MenuImportService(
        scope.unit, MenuFileRepository(*place), StoreReader(*place), scope.principal.actor
    )


MenuExportDep = Annotated[MenuExportService, Depends(get_menu_export)]
MenuImportDep = Annotated[MenuImportService, Depends(get_menu_import)]
