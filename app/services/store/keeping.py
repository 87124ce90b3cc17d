"""Keeping the store's settings."""

from datetime import datetime
from typing import Any

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError, PermissionDeniedError
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import Store
from app.repositories.store import StoreKeeper
from app.schemas.store import StoreOutput, StorePatch
from app.services.menu.journal import MenuJournal, check_texts
from app.services.store.clock import plan_calendar, resume, settle, store_at_table, store_output

PAUSE = {"ordering_paused", "pause_message", "paused_until", "paused_channels"}
"""What staff may switch in the middle of a busy evening; the rest is the owner's."""
CALENDAR = {"timezone", "business_day_start"}
TAKEN_AWAY_BY_NULL = {
    *("ordering_url", "pause_message", "paused_until"),
    *("max_lines_per_order", "max_quantity_per_order"),
    *("minimum_items_per_guest", "minimum_amount_per_guest"),
}


class StoreKeepingService:
    def __init__(self, stores: StoreKeeper, principal: Principal) -> None:
        self._stores = stores
        self._principal = principal

    async def change(self, wanted: StorePatch, expected: int | None) -> StoreOutput:
        """Change settings; every worker and tablet learns of it with the next catalog version.

        Raises:
            PermissionDeniedError: more than pausing takes an owner.
            InvalidRequestError: the default language is none of the store's, or the pause's message
                is not in it; a pause ends in the past, or there is none that could end; payments,
                which are not there yet, would be required.
            VersionMismatchError: somebody changed the store since `expected` was read.
        """
        if wanted.model_fields_set - PAUSE and not self._principal.may(Permission.STORE_MANAGE):
            raise PermissionDeniedError(permission=str(Permission.STORE_MANAGE))
        store, now = await self._stores.get_for_change(expected), clock.now()
        before = _columns(store)
        settle(store, now)
        await self._apply(store, wanted, now)
        after = _columns(store)
        changed = {name for name in after if after[name] != before[name]}
        if not changed:
            return store_output(store, now)
        _check_languages(wanted, store.languages, store.default_language)
        check_texts(store, pause_message=wanted.pause_message)
        _check_pause(wanted, store, now)
        await self._stores.touch(store)
        journal = MenuJournal(self._stores.unit, self._principal)
        journal.store_changed(store_at_table(store, now))
        await self._stores.unit.audit(
            "store-changed",
            actor=self._principal.actor,
            target_kind="store",
            target_id=store.store_id,
            details={
                "before": {name: before[name] for name in changed},
                "after": {name: after[name] for name in changed},
            },
        )
        return store_output(store, now)

    async def _apply(self, store: Store, wanted: StorePatch, now: datetime) -> None:
        changes = _changes(wanted)
        if changes.get("ordering_paused") is False:
            resume(store)
        if CALENDAR & changes.keys():
            sold = await self._stores.has_sold()
            zone, day_start = changes.pop("timezone", None), changes.pop("business_day_start", None)
            plan_calendar(store, zone, day_start, now, sold=sold)
        for name, value in changes.items():
            setattr(store, name, value)


def _columns(store: Store) -> dict[str, Any]:
    return {column.key: getattr(store, column.key) for column in Store.__table__.columns}


def _changes(wanted: StorePatch) -> dict[str, Any]:
    """The columns that are to have other values."""
    changes = wanted.model_dump(exclude_none=True)
    for name in TAKEN_AWAY_BY_NULL & wanted.model_fields_set:
        changes[name] = getattr(wanted, name)
    for name in ("languages", "paused_channels"):
        if name in changes:
            changes[name] = [str(one) for one in dict.fromkeys(changes[name])]
    return changes


def _check_languages(wanted: StorePatch, languages: list[str], default: str) -> None:
    if default not in languages:
        place = "/languages" if wanted.default_language is None else "/default_language"
        detail = Words(
            f"The default language {default} must be one of the store's languages.",
            f"기본 언어는 매장의 언어 가운데 하나여야 합니다: {default}",
        )
        raise InvalidRequestError(errors=[FieldError(place, "language-missing", detail)])


def _check_pause(wanted: StorePatch, store: Store, now: datetime) -> None:
    if wanted.paused_until is None:
        return
    if not store.ordering_paused:
        detail = Words(
            "There is no pause that could end: send ordering_paused too.",
            "주문이 중지되어 있지 않습니다. ordering_paused도 함께 보내 주세요.",
        )
        raise InvalidRequestError(errors=[FieldError("/paused_until", "not-paused", detail)])
    if wanted.paused_until <= now:
        detail = Words("Must be in the future.", "지금보다 나중이어야 합니다.")
        raise InvalidRequestError(errors=[FieldError("/paused_until", "past", detail)])
