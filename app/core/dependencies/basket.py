"""The basket that a party shares."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from app.core.dependencies.request import Scope, ScopeDep
from app.core.security.principals import PrincipalKind
from app.models import BasketLine
from app.repositories.basket import BasketPlacingRepository, BasketRepository
from app.services.orders.basket_submitting import BasketSubmittingService
from app.services.orders.ordering import OrderingService
from app.services.orders.shared_basket import SharedBasketService


async def get_basket(scope: ScopeDep) -> SharedBasketService:
    # Before the request's own transaction begins: see MenuCatalog.
    snapshot = await scope.catalog().snapshot()
    language, _ = await scope.language()
    baskets = BasketRepository(*await scope.place())
    return SharedBasketService(baskets, snapshot, scope.principal, language)


async def get_basket_submitting(scope: ScopeDep) -> BasketSubmittingService:
    principal = scope.principal
    tablet = principal.kind is PrincipalKind.TABLET
    placing = BasketPlacingRepository(
        scope.runtime.database, principal.store_id, principal.table_id if tablet else None
    )
    ordering = OrderingService(placing, scope.catalog(), principal, scope.accept_language)

    async def read() -> tuple[UUID, list[BasketLine]]:
        return await _stored(scope)

    return BasketSubmittingService(placing, ordering, read)


async def _stored(scope: Scope) -> tuple[UUID, list[BasketLine]]:
    """The basket as it is now, in a transaction of its own."""
    snapshot = await scope.catalog().known()
    principal = scope.principal
    async with scope.runtime.database.transaction(principal.store_id) as unit:
        baskets = BasketRepository(unit, await unit.session(), principal.store_id)
        return await SharedBasketService(
            baskets, snapshot, principal, snapshot.store.default_language
        ).stored()


BasketDep = Annotated[SharedBasketService, Depends(get_basket)]
BasketSubmittingDep = Annotated[BasketSubmittingService, Depends(get_basket_submitting)]
