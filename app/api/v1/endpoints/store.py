from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.floor import StoreKeepingDep, StoreReadingDep
from app.core.dependencies.request import IfMatchDep
from app.core.security.permissions import Permission
from app.schemas.store import StoreAtTableOutput, StoreOutput, StorePatch

router = APIRouter(prefix="/store", tags=["Store"], route_class=OperationRoute)


@router.get("", summary="The caller's store")
@operation(Permission.STORE_READ)
async def get_store(stores: StoreReadingDep) -> StoreOutput | StoreAtTableOutput:
    """Name, zone, currency, languages and switches; for tablets and guests what they need of it."""
    return await stores.get()


@router.patch("", summary="Change the store's settings")
@operation(Permission.ORDERING_PAUSE, if_match="required")
async def change_store(
    body: StorePatch, if_match: IfMatchDep, stores: StoreKeepingDep
) -> StoreOutput:
    """Staff may pause ordering (`ordering_paused`, `paused_until`, `paused_channels` and
    `pause_message` alone); all else takes an owner.

    Tablets and guests hear `menu.changed`: the menu carries the store's languages and switches.
    """
    return await stores.change(body, if_match)
