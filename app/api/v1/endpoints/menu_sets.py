"""Sets: items that consist of what guests choose."""

from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.menu import SetEditingDep
from app.core.dependencies.request import IfMatchDep, PathId
from app.core.security.permissions import Permission
from app.schemas.menu import ItemOutput
from app.schemas.menu_set import ItemSetInput

router = APIRouter(prefix="/menu", tags=["Menu"], route_class=OperationRoute)


@router.put("/items/{item_id}/set", summary="Make an item a set")
@operation(Permission.MENU_MANAGE, problems=("not-found",), if_match="required")
async def set_item_slots(
    item_id: PathId, body: ItemSetInput, sets: SetEditingDep, expected: IfMatchDep
) -> ItemOutput:
    """The whole list of parts: those left out are archived, an empty list ends the set.

    A part names the dishes that may be chosen in it, never another set.
    """
    return await sets.put(item_id, body, expected)
