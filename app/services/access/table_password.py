"""Setting the passwords with which tablets sign in by table."""

from uuid import UUID

from app.core.errors import NotFoundError
from app.core.security.passwords import PasswordHasher
from app.core.security.principals import Principal
from app.repositories.table import TableRepository
from app.repositories.table_access import TableAccessRepository
from app.schemas.table_access import TablePasswordInput
from app.services.access.device_keeping import DeviceKeepingService


class TablePasswordService:
    def __init__(
        self,
        tables: TableRepository,
        access: TableAccessRepository,
        devices: DeviceKeepingService,
        passwords: PasswordHasher,
        principal: Principal,
    ) -> None:
        self._tables = tables
        self._access = access
        self._devices = devices
        self._passwords = passwords
        self._principal = principal

    async def set(self, table_id: UUID, wanted: TablePasswordInput) -> None:
        """Set or take away a table's password. Tablets that are in stay, unless asked otherwise.

        Raises:
            NotFoundError: no such table, or it is archived.
        """
        table = await self._tables.get(table_id)
        if table.archived_at is not None:
            raise NotFoundError
        hashed = await self._passwords.hash(wanted.password) if wanted.password else None
        if wanted.end_sign_ins:
            await self._devices.revoke_all_at(table_id)
        await self._access.set_password(table_id, hashed)
        await self._access.unit.audit(
            "table-password-set" if hashed else "table-password-removed",
            actor=self._principal.actor,
            target_kind="table",
            target_id=table_id,
            details={"end_sign_ins": wanted.end_sign_ins},
        )
