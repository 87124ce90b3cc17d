from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.access import KeyKeepingDep
from app.core.dependencies.request import PathId
from app.core.security.permissions import Permission
from app.schemas.api_key import ApiKeyFilter, ApiKeyInput, ApiKeyMadeOutput, ApiKeyOutput
from app.schemas.base import Page

router = APIRouter(prefix="/api-keys", tags=["API keys"], route_class=OperationRoute)


@router.get("", summary="The store's API keys")
@operation(Permission.API_KEYS_MANAGE)
async def list_api_keys(
    wanted: Annotated[ApiKeyFilter, Query()], keys: KeyKeepingDep
) -> Page[ApiKeyOutput]:
    """Newest first, revoked and expired ones too. Their secrets are never shown again."""
    return await keys.find(wanted)


@router.post("", status_code=HTTPStatus.CREATED, summary="Make an API key")
@operation(Permission.API_KEYS_MANAGE, idempotency="accepted", shown_once=("key",))
async def create_api_key(body: ApiKeyInput, keys: KeyKeepingDep) -> ApiKeyMadeOutput:
    """A key for a POS or another system, sent as `Authorization: Bearer`; it may what its scopes say.

    `key` is in this one answer only: the service keeps a hash. A replay has `key: null`; if the
    first answer was lost, revoke the key and make another.
    """
    return await keys.make(body)


@router.delete("/{key_id}", status_code=HTTPStatus.NO_CONTENT, summary="Revoke an API key")
@operation(Permission.API_KEYS_MANAGE, problems=("not-found",))
async def revoke_api_key(key_id: PathId, keys: KeyKeepingDep) -> None:
    """Requests with the key are refused and its streams end within seconds, everywhere."""
    return await keys.revoke(key_id)
