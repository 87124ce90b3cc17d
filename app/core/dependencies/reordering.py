"""Ordering the same again."""

from typing import Annotated

from fastapi import Depends

from app.core.dependencies.floor import OrderReadingDep
from app.core.dependencies.request import ScopeDep
from app.repositories.order import OrderRepository
from app.services.menu.snapshot import MenuSnapshot
from app.services.orders.reordering import ReorderingService


async def get_snapshot(scope: ScopeDep) -> MenuSnapshot:
    """The menu as it stands; it may take a transaction of its own, so it is asked for first."""
    return await scope.catalog().snapshot()


async def get_reordering(
    scope: ScopeDep,
    snapshot: Annotated[MenuSnapshot, Depends(get_snapshot)],
    reading: OrderReadingDep,
) -> ReorderingService:
    language = await scope.language()
    orders = OrderRepository(*await scope.place())
    return ReorderingService(orders, reading, snapshot, scope.principal, language)


ReorderingDep = Annotated[ReorderingService, Depends(get_reordering)]
