"""Reading and writing the menu as a file."""

from typing import Annotated

from fastapi import Depends

from app.core.dependencies.request import ScopeDep
from app.repositories.media import MediaRepository
from app.repositories.menu_file import MenuFileRepository
from app.repositories.store import StoreReader
from app.services.menu_files.exporting import MenuExportService
from app.services.menu_files.import_images import ImportedImages
from app.services.menu_files.importing import ImportSources, MenuImportService


async def get_menu_export(scope: ScopeDep) -> MenuExportService:
    place = await scope.place()
    return MenuExportService(MenuFileRepository(*place), StoreReader(*place))


async def get_menu_import(scope: ScopeDep) -> MenuImportService:
    place = await scope.place()
    images = ImportedImages(scope.runtime.media, MediaRepository(scope.unit))
    sources = ImportSources(scope.unit, MenuFileRepository(*place), StoreReader(*place), images)
    return MenuImportService(sources, scope.principal.actor, language=scope.message_language())


MenuExportDep = Annotated[MenuExportService, Depends(get_menu_export)]
MenuImportDep = Annotated[MenuImportService, Depends(get_menu_import)]
