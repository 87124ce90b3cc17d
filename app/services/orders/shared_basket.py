"""The basket that the phones and tablets of a party fill together."""

from uuid import UUID

from app.core import clock
from app.core.errors import (
    BasketChangedError,
    FieldError,
    InvalidRequestError,
    NotFoundError,
    SessionClosedError,
)
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import BasketLine, TableSession
from app.models.table import SessionStatus
from app.repositories.basket import BasketRepository
from app.schemas.basket import BasketInput, BasketOutput
from app.services.menu.snapshot import MenuSnapshot
from app.services.orders.basket_lines import BasketChange, content_of, priced, review_change, told
from app.services.pricing.basket_pricing import price_basket


class SharedBasketService:
    """Of the caller's own session: a guest's, or that which has the tablet's table."""

    def __init__(
        self,
        baskets: BasketRepository,
        snapshot: MenuSnapshot,
        principal: Principal,
        language: str,
    ) -> None:
        self._baskets = baskets
        self._snapshot = snapshot
        self._principal = principal
        self._language = language

    async def read(self) -> BasketOutput:
        """The basket at today's prices.

        Raises:
            NotFoundError: the tablet's table is free.
            SessionClosedError: the guest's visit has ended.
        """
        session_id, lines = await self.stored()
        return self._output(session_id, lines)

    async def stored(self) -> tuple[UUID, list[BasketLine]]:
        """The session and the lines of its basket. Raises as `read`."""
        session_id = self._principal.session_id
        if session_id is None:
            table_id = self._principal.table_id
            session_id = await self._baskets.session_at(table_id) if table_id else None
            if session_id is None:
                raise NotFoundError(
                    Words("The table has no open session.", "지금 이용 중인 테이블이 아닙니다.")
                )
        else:
            _check_open(await self._baskets.session(session_id))
        return session_id, await self._baskets.lines_of(session_id)

    async def put(self, wanted: BasketInput) -> BasketOutput:
        """Put lines in, change and remove them; all of it or nothing.

        Raises:
            NotFoundError, SessionClosedError: as `read`.
            InvalidRequestError: a line is named twice or has another basket's id; too many lines.
            BasketChangedError: lines are not what the client has read.
            ItemUnavailableError, ChoiceInvalidError, OptionInvalidError, QuantityInvalidError: a
                line can't be ordered.
        """
        session = await self._hold()
        lines = await self._baskets.lines_of(session.id)
        change = review_change(wanted, lines)
        if change.stale:
            basket = self._output(session.id, lines).model_dump(mode="json")
            raise BasketChangedError(errors=change.stale[:20], basket=basket)
        if not change:
            return self._output(session.id, lines)
        if change.new or change.changed:
            price_basket(self._snapshot, wanted.lines, clock.now())
        await self._check_ids(change, session.id)
        await self._apply(change, session.id)
        lines = await self._baskets.lines_of(session.id)
        self._baskets.unit.record(
            "session.basket_updated",
            told(session.id, lines),
            actor=self._principal.actor,
            table_id=session.table_id,
            session_id=session.id,
        )
        return self._output(session.id, lines)

    async def _hold(self) -> TableSession:
        """The session, locked with its basket."""
        if self._principal.session_id is not None:
            return _check_open(await self._baskets.session(self._principal.session_id, lock=True))
        table_id = self._principal.table_id
        session = await self._baskets.hold_at(table_id) if table_id else None
        if session is None:
            raise NotFoundError(
                Words("The table has no open session.", "지금 이용 중인 테이블이 아닙니다.")
            )
        return session

    async def _check_ids(self, change: BasketChange, session_id: UUID) -> None:
        if await self._baskets.is_used_elsewhere([line.id for line in change.new], session_id):
            detail = Words(
                "Another basket has a line with such an id: choose random ones.",
                "다른 장바구니에서 쓰는 ID입니다. ID는 무작위로 만들어 주세요.",
            )
            raise InvalidRequestError(errors=[FieldError("/lines", "id-taken", detail)])

    async def _apply(self, change: BasketChange, session_id: UUID) -> None:
        await self._baskets.remove(change.removed)
        for line, wanted in change.changed:
            for name, value in content_of(wanted).items():
                setattr(line, name, value)
            await self._baskets.touch(line)
        for place, new in enumerate(change.new):
            line = BasketLine(
                id=new.id,
                session_id=session_id,
                position=place,
                added_by=self._principal.actor,
                **content_of(new),
            )
            await self._baskets.add(line)

    def _output(self, session_id: UUID, lines: list[BasketLine]) -> BasketOutput:
        return priced(self._snapshot, session_id, lines, clock.now(), self._language)


def _check_open(session: TableSession | None) -> TableSession:
    if session is None or session.status != SessionStatus.OPEN:
        raise SessionClosedError
    return session
