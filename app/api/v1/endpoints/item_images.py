"""Pictures of items."""

from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.images import ItemImageDep
from app.core.dependencies.request import IfMatchDep, ImageDep, PathId
from app.core.security.permissions import Permission
from app.schemas.menu import ItemOutput

router = APIRouter(prefix="/menu/items", tags=["Menu"], route_class=OperationRoute)


@router.put("/{item_id}/image", summary="Give an item its picture")
@operation(Permission.MENU_MANAGE, problems=("not-found",), if_match="accepted", body="image")
async def put_item_image(
    item_id: PathId, upload: ImageDep, images: ItemImageDep, expected: IfMatchDep
) -> ItemOutput:
    """JPEG, PNG or WebP of at most 5 MiB: as the body itself, or as the field `file` of a form.

    It is turned upright, freed of metadata and kept as WebP in two sizes, 1280 and 320 wide.
    """
    return await images.put(item_id, upload, expected)


@router.delete("/{item_id}/image", status_code=204, summary="Take an item's picture away")
@operation(Permission.MENU_MANAGE, problems=("not-found",), if_match="accepted")
async def delete_item_image(item_id: PathId, images: ItemImageDep, expected: IfMatchDep) -> None:
    """An item without one stays as it is."""
    return await images.remove(item_id, expected)
