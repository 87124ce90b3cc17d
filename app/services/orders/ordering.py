"""Placing orders: price the basket at the menu that this worker knows, write it, and let the
database check that nothing has moved meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.clock import instant_text
from app.core.errors import (
    BusyError,
    DomainError,
    FieldError,
    InvalidRequestError,
    StockInsufficientError,
)
from app.core.idempotency import Intent
from app.core.ids import uuid7
from app.core.language import negotiate, speak
from app.core.metrics import ORDERS
from app.core.security.principals import Principal
from app.core.words import Words
from app.repositories.placing import CatalogChangedError, Placed, Placement, PlacingRepository
from app.schemas.order import OrderInput, QuoteOutput
from app.services.menu.loading import MenuCatalog
from app.services.menu.snapshot import MenuSnapshot
from app.services.orders.store_switches import FIRST_ORDER, GUESTS
from app.services.orders.writing import Actor, fingerprint, order_lines
from app.services.pricing.basket_pricing import (
    check_expected_total,
    check_stock,
    price_basket,
)
from app.services.pricing.priced_basket import PricedBasket

__all__ = ["OrderingService", "Placed"]

ATTEMPTS = 4
"""How often a basket is priced again because the menu changed in between."""


class OrderingService:
    def __init__(
        self,
        placing: PlacingRepository,
        catalog: MenuCatalog,
        principal: Principal,
        accept_language: str | None,
    ) -> None:
        self._placing = placing
        self._catalog = catalog
        self._principal = principal
        self._accept_language = accept_language

    async def place(
        self, wanted: OrderInput, intent: Intent, authors: Sequence[Actor] | None = None
    ) -> Placed:
        """Accept the whole order, or refuse it and write nothing.

        Args:
            authors: who chose each of the lines; the caller, unless given.

        Raises:
            StoreClosedError: staff paused ordering, or the last order has passed.
            OrderTooLargeError, MinimumNotMetError: the store's limits.
            DuplicateSuspectedError: the same was ordered a moment ago.
            ItemUnavailableError, ChoiceInvalidError, OptionInvalidError, QuantityInvalidError,
            PriceChangedError, StockInsufficientError: the basket, as the menu stands now.
            SessionClosedError, NotFoundError: where it should go.
            IdempotencyKeyReusedError, RequestInProgressError: the key.
        """
        destination = self._destination(wanted)
        chosen_by = authors or [self._principal.actor] * len(wanted.lines)
        snapshot = await self._catalog.known()
        for _ in range(ATTEMPTS):
            now = clock.now()
            snapshot = snapshot.at(now)
            try:
                basket = self._price(snapshot, wanted, now)
            except DomainError:
                # What this worker remembers may be old: only today's menu may refuse.
                current = await self._catalog.snapshot()
                if current.catalog_version == snapshot.catalog_version:
                    # It may be a retry of what was accepted while the menu still allowed it.
                    if (answered := await self._placing.answered(intent)) is not None:
                        return answered
                    raise
                snapshot = current
                continue
            placement = self._placement(snapshot, basket, wanted, destination, chosen_by)
            try:
                placed = await self._write(intent, placement, basket)
            except CatalogChangedError:
                snapshot = await self._catalog.snapshot()
                continue
            if not placed.replayed:
                ORDERS.labels(str(self._principal.channel)).inc()
            return placed
        raise BusyError

    async def _write(self, intent: Intent, placement: Placement, basket: PricedBasket) -> Placed:
        """As the repository does it. That stops at the first thing of which too little is left;
        guests must know of all of them."""
        try:
            return await self._placing.place(intent, placement)
        except StockInsufficientError:
            await self._check_stock(basket)
            # Enough has come back meanwhile.
            raise CatalogChangedError from None

    async def quote(self, wanted: OrderInput) -> QuoteOutput:
        """What the basket would cost now.

        Raises: as `place` says of the store's hours and limits and of the basket. What depends on
            the party (its minimum, what it ordered a moment ago) only the order is told.
        """
        now = clock.now()
        snapshot = (await self._catalog.snapshot()).at(now)
        basket = self._price(snapshot, wanted, now)
        await self._check_stock(basket)
        language = speak(self._language(snapshot))
        return QuoteOutput.model_validate(basket.quote(language), strict=False)

    async def _check_stock(self, basket: PricedBasket) -> None:
        """Asks the database only for baskets that have something counted in them."""
        if basket.stock_uses:
            check_stock(basket, await self._placing.stock_left(basket.stock_needs))

    def _price(self, snapshot: MenuSnapshot, wanted: OrderInput, now: datetime) -> PricedBasket:
        store, channel, language = snapshot.store, self._principal.channel, self._language(snapshot)
        words = (language, store.default_language)
        store.rules.check_open(channel, now, store.calendar, words)
        store.rules.check_size(channel, wanted.lines)
        basket = price_basket(snapshot, wanted.lines, now)
        check_expected_total(basket, wanted.expected_total, language)
        return basket

    def _language(self, snapshot: MenuSnapshot) -> str:
        store = snapshot.store
        return negotiate(self._accept_language, store.languages, store.default_language)

    def _destination(self, wanted: OrderInput) -> tuple[UUID | None, UUID | None]:
        """Table and session. Tablets and guests have theirs; staff must name one of the two."""
        if self._principal.sits_at_table:
            for name in ("table_id", "session_id"):
                if getattr(wanted, name) is not None:
                    detail = Words(
                        "A tablet or guest orders for its own table.",
                        "태블릿과 손님은 자기 테이블에서만 주문할 수 있습니다.",
                    )
                    raise InvalidRequestError(errors=[FieldError(f"/{name}", "unknown", detail)])
            if self._principal.session_id is not None:
                return None, self._principal.session_id
            return self._principal.table_id, None
        if (wanted.table_id is None) == (wanted.session_id is None):
            detail = Words(
                "Name either the table or the session.",
                "테이블과 세션 중 하나만 지정해 주세요.",
            )
            raise InvalidRequestError(errors=[FieldError("/table_id", "missing", detail)])
        return wanted.table_id, wanted.session_id

    def _placement(
        self,
        snapshot: MenuSnapshot,
        basket: PricedBasket,
        wanted: OrderInput,
        destination: tuple[UUID | None, UUID | None],
        authors: Sequence[Actor],
    ) -> Placement:
        store, now = snapshot.store, basket.at
        order_id = uuid7()
        table_id, session_id = destination
        lines = order_lines(basket, authors)
        language = self._language(snapshot)
        fallback = store.default_language
        staff = not self._principal.sits_at_table
        frame = {
            "id": order_id,
            "channel": self._principal.channel,
            "status": "pending",
            "note": wanted.note,
            "cancel_reason_code": None,
            "cancel_reason": None,
            "total": basket.total,
            "currency": basket.currency,
            "client_created_at": wanted.client_created_at
            and instant_text(wanted.client_created_at),
            "created_at": instant_text(now),
            "updated_at": instant_text(now),
            "version": 1,
        }
        return Placement(
            order_id=order_id,
            new_session_id=uuid7(),
            at=now,
            business_date=store.calendar.date_of(now),
            catalog_version=snapshot.catalog_version,
            actor=self._principal.actor,
            channel=self._principal.channel,
            table_id=table_id,
            session_id=session_id,
            total=basket.total,
            currency=basket.currency,
            note=wanted.note,
            client_created_at=wanted.client_created_at,
            answer={
                **frame,
                "lines": [line.shown((language, fallback), names=staff) for line in lines],
            },
            event={
                **frame,
                "lines": [line.shown((fallback, fallback), names=True) for line in lines],
            },
            lines=[line.row(place) for place, line in enumerate(lines)],
            options=[row for line in lines for row in line.option_rows()],
            stock=[
                {"kind": kind, "id": id_, "quantity": quantity}
                for (kind, id_), quantity in basket.stock_needs.items()
            ],
            language=language,
            holding=self._holding(snapshot),
            rules=self._rules(snapshot, wanted),
        )

    def _holding(self, snapshot: MenuSnapshot) -> UUID | None:
        asks = snapshot.store.rules.acceptance.get(self._principal.channel) == FIRST_ORDER
        return self._principal.sign_in_id if asks else None

    def _rules(self, snapshot: MenuSnapshot, wanted: OrderInput) -> dict[str, Any] | None:
        rules, channel = snapshot.store.rules, self._principal.channel
        compared = rules.duplicate_window and channel in GUESTS and not wanted.confirm_duplicate
        basket = fingerprint(wanted.lines) if compared else None
        return rules.for_placing(channel, wanted.lines, basket)
