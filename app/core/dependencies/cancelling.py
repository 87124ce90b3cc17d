"""Cancelling orders, and the reasons for it."""

from typing import Annotated

from fastapi import Depends

from app.core.dependencies.request import ScopeDep
from app.repositories.cancel_reason import CancelReasonRepository
from app.repositories.store import StoreReader
from app.services.orders.cancel_reasons import CancelReasonService


async def get_cancel_reasons(scope: ScopeDep) -> CancelReasonService:
    place = await scope.place()
    return CancelReasonService(
        CancelReasonRepository(*place),
        StoreReader(*place),
        scope.principal,
        await scope.language(),
    )


CancelReasonDep = Annotated[CancelReasonService, Depends(get_cancel_reasons)]
