"""Telling of menu changes: the event, the catalog version, and the audit of prices."""

from typing import Any, Literal, Protocol
from uuid import UUID

from app.core.database import UnitOfWork
from app.core.errors import FieldError, InvalidRequestError
from app.core.security.principals import SYSTEM_ACTOR
from app.core.words import Words
from app.models.store import Store
from app.schemas.base import Output
from app.schemas.menu import AvailabilityOutput
from app.services.pricing.price_plan import PlannedPrice

MenuPart = Literal["category", "item", "option_group"]
Change = Literal["created", "updated", "archived"]


class Acting(Protocol):
    """Who changes the menu: a principal, or the service itself."""

    @property
    def actor(self) -> dict[str, Any]: ...


class TheService:
    """The service itself, where time alone has changed something."""

    actor = SYSTEM_ACTOR


class MenuJournal:
    """Records what somebody did to the menu with the transaction that does it."""

    def __init__(self, unit: UnitOfWork, principal: Acting) -> None:
        self._unit = unit
        self.actor = principal.actor

    def changed(self, part: MenuPart, change: Change, output: Output) -> None:
        """Publish `menu.changed`: `{kind, change, <kind>: the resource as GET shows it}`."""
        resource = output.model_dump(mode="json")
        data = {"kind": part, "change": change, part: resource}
        self._unit.record("menu.changed", data, actor=self.actor)
        self._unit.bump_catalog()

    def store_changed(self, store: Output) -> None:
        """Publish `menu.changed` with the store as its tables see it: the menu says which it is
        of, so tablets hear that it must be read again."""
        data = {"kind": "store", "change": "updated", "store": store.model_dump(mode="json")}
        self._unit.record("menu.changed", data, actor=self.actor)
        self._unit.bump_catalog()

    def reordered(self, part: MenuPart, ids: list[UUID], **among: UUID) -> None:
        """Publish `menu.changed`: `{kind, change: "reordered", ids, category_id?}`."""
        members = {name: str(value) for name, value in among.items()}
        data = {"kind": part, "change": "reordered", "ids": [str(one) for one in ids], **members}
        self._unit.record("menu.changed", data, actor=self.actor)
        self._unit.bump_catalog()

    def availability_changed(
        self, kind: Literal["item", "option"], row_id: UUID, now: AvailabilityOutput
    ) -> None:
        """Publish `item.availability_changed`: `{item_id or option_id, availability}`.

        Who and when are the event's own `actor` and `occurred_at`.
        """
        shown = now.model_dump(mode="json", exclude={"changed_by", "changed_at"})
        data = {f"{kind}_id": str(row_id), "availability": shown}
        self._unit.record("item.availability_changed", data, actor=self.actor)
        self._unit.bump_catalog()

    def clock_struck(self, item_ids: list[UUID]) -> None:
        """Publish `menu.changed`: `{kind: "menu", change: "clock", items}`: what begins or ends now.

        The catalog stays as it is: what was read of it says until when it holds.
        """
        data = {"kind": "menu", "change": "clock", "items": [str(one) for one in item_ids]}
        self._unit.record("menu.changed", data, actor=self.actor)

    async def planned_price_started(self, item_id: UUID, before: int, step: PlannedPrice) -> None:
        """Audit that an item's price has changed as somebody had planned it."""
        planned = {"planned_for": step.starts_at.isoformat()}
        await self._audit("price-changed", "item", item_id, before, step.price, **planned)

    async def price_changed(
        self, kind: Literal["item", "option"], row_id: UUID, before: int, after: int
    ) -> None:
        """Audit who changed a price, from what to what, in minor units."""
        await self._audit("price-changed", kind, row_id, before, after)

    async def prices_planned(
        self, action: str, item_id: UUID, before: object, after: object
    ) -> None:
        """Audit what was planned for an item's price, as the API shows it."""
        await self._audit(action, "item", item_id, before, after)

    async def prices_overridden(
        self, item_id: UUID, before: dict[str, int], after: dict[str, int]
    ) -> None:
        """Audit an item's own option prices, by option id."""
        if before != after:
            await self._audit("option-prices-changed", "item", item_id, before, after)

    async def upcharges_changed(
        self, item_id: UUID, before: dict[str, int], after: dict[str, int]
    ) -> None:
        """Audit what a set asks for its choices, by slot and item id."""
        if before != after:
            await self._audit("set-upcharges-changed", "item", item_id, before, after)

    async def _audit(
        self, action: str, kind: str, row_id: UUID, before: object, after: object, **more: object
    ) -> None:
        await self._unit.audit(
            action,
            actor=self.actor,
            target_kind=kind,
            target_id=row_id,
            details={"before": before, "after": after, **more},
        )


def check_texts(store: Store, prefix: str = "", **texts: dict[str, str] | None) -> None:
    """Every text that is given is there in the store's default language.

    Raises:
        InvalidRequestError: with a pointer to each text that is not.
    """
    wanted = store.default_language
    errors = [
        FieldError(
            f"{prefix}/{name}",
            "language-missing",
            Words(f"Needs a text in {wanted}.", f"이 언어로 된 값이 필요합니다: {wanted}"),
        )
        for name, by_language in texts.items()
        if by_language is not None and wanted not in by_language
    ]
    if errors:
        raise InvalidRequestError(errors=errors)
