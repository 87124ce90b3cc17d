"""Keeping the store's settings."""

from typing import Any

from app.core.errors import FieldError, InvalidRequestError, PermissionDeniedError
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.repositories.store import StoreKeeper
from app.schemas.store import StoreAtTableOutput, StoreOutput, StorePatch

PAUSE = {"ordering_paused"}
"""What staff may switch in the middle of a busy evening; the rest is the owner's."""


class StoreKeepingService:
    def __init__(self, stores: StoreKeeper, principal: Principal) -> None:
        self._stores = stores
        self._principal = principal

    async def change(self, wanted: StorePatch, expected: int | None) -> StoreOutput:
        """Change settings; every worker and tablet learns of it with the next catalog version.

        Raises:
            PermissionDeniedError: more than pausing takes an owner.
            InvalidRequestError: the default language is none of the store's.
            VersionMismatchError: somebody changed the store since `expected` was read.
        """
        if wanted.model_fields_set - PAUSE and not self._principal.may(Permission.STORE_MANAGE):
            raise PermissionDeniedError(permission=str(Permission.STORE_MANAGE))
        store = await self._stores.get_for_change(expected)
        before, after = {}, {}
        for name, value in _changes(wanted).items():
            if getattr(store, name) != value:
                before[name], after[name] = getattr(store, name), value
                setattr(store, name, value)
        if not after:
            return StoreOutput.model_validate(store)
        _check_languages(wanted, store.languages, store.default_language)
        await self._stores.touch(store)
        self._stores.unit.bump_catalog()
        shown = StoreAtTableOutput.model_validate(store).model_dump(mode="json")
        # The menu says which store it is of: tablets hear that it must be read again.
        data = {"kind": "store", "change": "updated", "store": shown}
        self._stores.unit.record("menu.changed", data, actor=self._principal.actor)
        await self._stores.unit.audit(
            "store-changed",
            actor=self._principal.actor,
            target_kind="store",
            target_id=store.store_id,
            details={"before": before, "after": after},
        )
        return StoreOutput.model_validate(store)


def _changes(wanted: StorePatch) -> dict[str, Any]:
    changes = wanted.model_dump(exclude_none=True)
    if "ordering_url" in wanted.model_fields_set:
        changes["ordering_url"] = wanted.ordering_url
    if wanted.languages is not None:
        changes["languages"] = list(dict.fromkeys(wanted.languages))
    return changes


def _check_languages(wanted: StorePatch, languages: list[str], default: str) -> None:
    if default not in languages:
        place = "/languages" if wanted.default_language is None else "/default_language"
        detail = f"The default language {default} must be one of the store's languages."
        raise InvalidRequestError(errors=[FieldError(place, "language-missing", detail)])
