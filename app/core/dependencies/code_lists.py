"""Reading the fixed lists of codes."""

from typing import Annotated

from fastapi import Depends

from app.core.dependencies.request import ScopeDep
from app.services.menu.code_lists import CodeListService


async def get_code_lists(scope: ScopeDep) -> CodeListService:
    return CodeListService(scope.accept_language, scope.principal.language)


CodeListDep = Annotated[CodeListService, Depends(get_code_lists)]
