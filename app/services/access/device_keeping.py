"""Keeping the store's devices: renaming and moving them, and revoking one that is lost."""

from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError, NotFoundError
from app.core.security.permissions import DeviceKind
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import Device
from app.repositories.device import DeviceRepository
from app.repositories.table import TableRepository
from app.schemas.base import Page
from app.schemas.device import DeviceFilter, DeviceOutput, DevicePatch
from app.services.access.credentials import Credentials

REVOKED = "device-revoked"


class DeviceKeepingService:
    def __init__(
        self,
        devices: DeviceRepository,
        tables: TableRepository,
        credentials: Credentials,
        principal: Principal,
    ) -> None:
        self._devices = devices
        self._tables = tables
        self._credentials = credentials
        self._principal = principal

    async def find(self, wanted: DeviceFilter) -> Page[DeviceOutput]:
        """The store's devices, newest first."""
        rows, cursor = await self._devices.find(
            revoked=wanted.archived, cursor=wanted.cursor, limit=wanted.limit
        )
        return Page(data=[DeviceOutput.model_validate(row) for row in rows], next_cursor=cursor)

    async def change(
        self, device_id: UUID, wanted: DevicePatch, expected: int | None
    ) -> DeviceOutput:
        """Rename a device, or move a tablet to another table.

        A moved tablet stays signed in: its access tokens count as expired on every worker within
        seconds, and those that it gets for its refresh token speak for the new table.

        Raises:
            NotFoundError: no such device or table, or it is revoked or archived.
            InvalidRequestError: a screen stands on no table.
        """
        families = await self._devices.lock_sign_ins(device_id)
        device = await self._devices.get_for_change(device_id, expected)
        _live(device)
        before = {"name": device.name, "table_id": device.table_id}
        if wanted.name is not None:
            device.name = wanted.name
        if wanted.table_id is not None:
            await self._check_may_stand(device, wanted.table_id)
            device.table_id = wanted.table_id
        after = {"name": device.name, "table_id": device.table_id}
        if after == before:
            return DeviceOutput.model_validate(device)
        outdated = await self._devices.outdate(families)
        for family_id, at in outdated.items():
            self._credentials.outdate(family_id, at)
        await self._devices.touch(device)
        await self._audit("device-changed", device, {"before": before, "after": after})
        return DeviceOutput.model_validate(device)

    async def revoke(self, device_id: UUID) -> None:
        """End a device's sign-ins on every worker, its streams too. It must be paired anew.

        Raises:
            NotFoundError: no such device, or it is revoked already.
        """
        families = await self._devices.lock_sign_ins(device_id)
        device = await self._devices.get(device_id, lock=True)
        _live(device)
        await self._devices.end(families, REVOKED)
        for family in families:
            self._credentials.revoke(family.id, REVOKED)
        device.revoked_at = clock.now()
        await self._devices.touch(device)
        self._devices.unit.record(
            "device.revoked",
            DeviceOutput.model_validate(device).model_dump(mode="json"),
            actor=self._principal.actor,
            table_id=device.table_id,
        )
        await self._audit("device-revoked", device, {"name": device.name})

    async def revoke_all_at(self, table_id: UUID) -> None:
        """Revoke every tablet of a table."""
        for device_id in await self._devices.at_table(table_id):
            await self.revoke(device_id)

    async def _check_may_stand(self, device: Device, table_id: UUID) -> None:
        if device.kind != DeviceKind.TABLE:
            error = FieldError(
                "/table_id",
                "not-a-tablet",
                Words("A screen stands on no table.", "화면 기기는 테이블에 놓을 수 없습니다."),
            )
            raise InvalidRequestError(errors=[error])
        if (await self._tables.get(table_id)).archived_at is not None:
            raise NotFoundError

    async def _audit(self, action: str, device: Device, details: dict[str, object]) -> None:
        await self._devices.unit.audit(
            action,
            actor=self._principal.actor,
            target_kind="device",
            target_id=device.id,
            details=details,
        )


def _live(device: Device) -> None:
    if device.revoked_at is not None:
        raise NotFoundError
