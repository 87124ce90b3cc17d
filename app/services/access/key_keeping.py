"""Making and revoking the keys that other systems sign in with."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError
from app.core.ids import uuid7
from app.core.security.api_keys import new_api_key
from app.core.security.passwords import digest
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import ApiKey
from app.repositories.api_key import ApiKeyRepository
from app.schemas.api_key import ApiKeyFilter, ApiKeyInput, ApiKeyMadeOutput, ApiKeyOutput
from app.schemas.base import Page


class KeyKeepingService:
    """`revoke` makes a key's end known to every worker once the transaction is committed."""

    def __init__(
        self, keys: ApiKeyRepository, principal: Principal, revoke: Callable[[UUID], None]
    ) -> None:
        self._keys = keys
        self._principal = principal
        self._revoke = revoke

    async def find(self, wanted: ApiKeyFilter) -> Page[ApiKeyOutput]:
        rows, cursor = await self._keys.find(cursor=wanted.cursor, limit=wanted.limit)
        data = [ApiKeyOutput.model_validate(_shown(row), strict=False) for row in rows]
        return Page(data=data, next_cursor=cursor)

    async def make(self, wanted: ApiKeyInput) -> ApiKeyMadeOutput:
        """A new key, with its text for the only time.

        Raises:
            InvalidRequestError: it would be expired from the start.
        """
        if wanted.expires_at is not None and wanted.expires_at <= clock.now():
            error = FieldError(
                "/expires_at",
                "past",
                Words("Must be in the future.", "지금보다 나중이어야 합니다."),
            )
            raise InvalidRequestError(errors=[error])
        prefix, key = new_api_key(self._keys.store_id)
        row = await self._keys.add(
            ApiKey(
                id=uuid7(),
                name=wanted.name,
                scopes=[str(scope) for scope in wanted.scopes],
                prefix=prefix,
                key_hash=digest(key),
                expires_at=wanted.expires_at,
            )
        )
        await self._audit("api-key-made", row, {"name": row.name, "scopes": row.scopes})
        return ApiKeyMadeOutput.model_validate({**_shown(row), "key": key}, strict=False)

    async def revoke(self, key_id: UUID) -> None:
        """End a key on every worker; ending it again changes nothing.

        Raises:
            NotFoundError: there is none in this store.
        """
        row = await self._keys.get(key_id, lock=True)
        if row.revoked_at is not None:
            return
        row.revoked_at = clock.now()
        await self._keys.touch(row)
        await self._audit("api-key-revoked", row, {"name": row.name})
        self._revoke(row.id)

    async def _audit(self, action: str, row: ApiKey, details: dict[str, Any]) -> None:
        await self._keys.unit.audit(
            action,
            actor=self._principal.actor,
            target_kind="api_key",
            target_id=row.id,
            details={**details, "prefix": row.prefix},
        )


def _shown(row: ApiKey) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ApiKeyOutput.model_fields}
