from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.access import DeviceKeepingDep, PairingDep
from app.core.dependencies.request import IfMatchDep, PathId, PrincipalDep
from app.core.security.permissions import Permission
from app.schemas.auth import PairingCodeOutput
from app.schemas.base import Page
from app.schemas.device import DeviceFilter, DeviceOutput, DevicePatch, ScreenCodeInput

router = APIRouter(prefix="/devices", tags=["Devices"], route_class=OperationRoute)


@router.get("", summary="The store's devices, newest first")
@operation(Permission.DEVICES_MANAGE)
async def list_devices(
    wanted: Annotated[DeviceFilter, Query()], devices: DeviceKeepingDep
) -> Page[DeviceOutput]:
    """Tablets and screens that are paired; `archived=true` lists those that were revoked."""
    return await devices.find(wanted)


@router.post(
    "/pairing-codes", status_code=HTTPStatus.CREATED, summary="Make a pairing code for a screen"
)
@operation(Permission.DEVICES_MANAGE, idempotency="accepted")
async def create_screen_code(
    body: ScreenCodeInput, principal: PrincipalDep, pairing: PairingDep
) -> PairingCodeOutput:
    """For a wall board or kitchen screen; redeemed like a tablet's code, which its table makes."""
    return await pairing.make_screen_code(body.kind, principal)


@router.patch("/{device_id}", summary="Rename a device, or move a tablet to another table")
@operation(Permission.DEVICES_MANAGE, problems=("not-found",), if_match="required")
async def change_device(
    device_id: PathId, body: DevicePatch, if_match: IfMatchDep, devices: DeviceKeepingDep
) -> DeviceOutput:
    """A moved tablet stays signed in.

    Within seconds its access tokens and streams answer as expired, and those that it gets for
    its refresh token speak for the new table.
    """
    return await devices.change(device_id, body, if_match)


@router.delete("/{device_id}", status_code=HTTPStatus.NO_CONTENT, summary="Revoke a device")
@operation(Permission.DEVICES_MANAGE, problems=("not-found",))
async def revoke_device(device_id: PathId, devices: DeviceKeepingDep) -> None:
    """Its tokens and streams end within seconds; to come back it must be paired anew."""
    return await devices.revoke(device_id)
