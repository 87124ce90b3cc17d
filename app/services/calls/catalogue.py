"""The catalogue of what can be asked for: read by everybody, kept by managers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, NotFoundError
from app.core.ids import uuid7
from app.core.language import pick
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import ServiceRequestType
from app.repositories.service_request_type import ServiceRequestTypeRepository
from app.repositories.store import StoreReader
from app.schemas.service_request import (
    ServiceRequestTypeInput,
    ServiceRequestTypeOutput,
    ServiceRequestTypesInput,
    ServiceRequestTypesOutput,
)
from app.services.menu.journal import check_texts


class CallCatalogueService:
    """`language` is the wanted one and the store's default."""

    def __init__(
        self,
        types: ServiceRequestTypeRepository,
        stores: StoreReader,
        principal: Principal,
        language: tuple[str, str],
    ) -> None:
        self._types = types
        self._stores = stores
        self._principal = principal
        self._language = language

    async def read(self, *, archived: bool) -> ServiceRequestTypesOutput:
        """The list; guests see only what they can ask for now, in their language."""
        at_table = self._principal.sits_at_table
        # The version first: a list that is newer than its version is refused when it is put back.
        version = await self._types.catalogue_version()
        types = await self._types.all(archived=archived and not at_table)
        shown = [one for one in types if one.active or not at_table]
        return self._output(shown, version)

    async def put(
        self, wanted: ServiceRequestTypesInput, expected: int | None
    ) -> ServiceRequestTypesOutput:
        """Make it this list. Types that are left out are archived, and come back when named again.

        Raises:
            NotFoundError: an id is no type of this store; `errors` says which.
            InvalidRequestError: a name lacks the store's default language.
            VersionMismatchError: somebody changed the list since `expected` was read.
        """
        version = await self._types.lock_catalogue(expected)
        store = await self._stores.get()
        for place, one in enumerate(wanted.types):
            check_texts(store, f"/types/{place}", name=one.name)
        known = await self._types.by_id([one.id for one in wanted.types if one.id is not None])
        _check_known(wanted.types, known)
        live = {one.id: one for one in await self._types.all(archived=False)}
        before = [_summary(one) for one in live.values()]
        listed = [
            await self._put(known[one.id] if one.id is not None else None, one, position)
            for position, one in enumerate(wanted.types)
        ]
        for gone in live.keys() - {one.id for one in listed}:
            live[gone].archived_at = clock.now()
            await self._types.touch(live[gone])
        after = [_summary(one) for one in listed]
        if after != before:
            version += 1
            await self._changed(before, after, version)
        return self._output(listed, version)

    async def _put(
        self, row: ServiceRequestType | None, wanted: ServiceRequestTypeInput, position: int
    ) -> ServiceRequestType:
        values = {
            "code": wanted.code,
            "names": wanted.name,
            "position": position,
            "max_quantity": wanted.max_quantity,
            "cooldown_seconds": wanted.cooldown_seconds,
            "active": wanted.active,
            "archived_at": None,
        }
        if row is None:
            return await self._types.add(ServiceRequestType(id=uuid7(), **values))
        if any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            await self._types.touch(row)
        return row

    async def _changed(
        self, before: list[dict[str, Any]], after: list[dict[str, Any]], version: int
    ) -> None:
        await self._types.next_catalogue_version()
        unit, actor = self._types.unit, self._principal.actor
        # Tablets hear that there is something to read again.
        data = {"kind": "service_request_types", "change": "updated", "version": version}
        unit.record("menu.changed", data, actor=actor)
        await unit.audit(
            "service-request-types-changed",
            actor=actor,
            target_kind="store",
            target_id=self._types.store_id,
            details={"before": before, "after": after},
        )

    def _output(
        self, types: Sequence[ServiceRequestType], version: int
    ) -> ServiceRequestTypesOutput:
        data = [self._type(one) for one in types]
        return ServiceRequestTypesOutput(data=data, next_cursor=None, version=version)

    def _type(self, one: ServiceRequestType) -> ServiceRequestTypeOutput:
        return ServiceRequestTypeOutput(
            id=one.id,
            code=one.code,
            name=pick(one.names, *self._language),
            names=None if self._principal.sits_at_table else one.names,
            position=one.position,
            max_quantity=one.max_quantity,
            cooldown_seconds=one.cooldown_seconds,
            active=one.active,
            archived_at=one.archived_at,
            created_at=one.created_at,
            updated_at=one.updated_at,
            version=one.version,
        )


def _summary(one: ServiceRequestType) -> dict[str, Any]:
    """What the audit log keeps of a type."""
    return {
        "id": str(one.id),
        "code": one.code,
        "names": one.names,
        "max_quantity": one.max_quantity,
        "cooldown_seconds": one.cooldown_seconds,
        "active": one.active,
    }


def _check_known(
    wanted: Sequence[ServiceRequestTypeInput], known: dict[UUID, ServiceRequestType]
) -> None:
    errors = [
        FieldError(
            f"/types/{place}/id",
            "unknown",
            Words("The store has no such type.", "매장에 없는 호출 항목입니다."),
        )
        for place, one in enumerate(wanted)
        if one.id is not None and one.id not in known
    ]
    if errors:
        raise NotFoundError(errors=errors[:20])
