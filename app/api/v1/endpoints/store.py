from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies import StoreReadingDep
from app.core.security.permissions import Permission
from app.schemas.store import StoreOutput

router = APIRouter(prefix="/store", tags=["Store"], route_class=OperationRoute)


@router.get("", summary="The caller's store")
@operation(Permission.STORE_READ)
async def get_store(stores: StoreReadingDep) -> StoreOutput:
    """Name, zone, currency, languages and switches of the store."""
    return await stores.get()
