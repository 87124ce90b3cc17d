"""Parting a party: named lines and portions go to a new session at a free table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from uuid import UUID

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError, NotFoundError
from app.core.ids import uuid7
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import Order, OrderLine, TableSession
from app.repositories.moving import MovingRepository
from app.repositories.table import SessionRepository
from app.schemas.session import SessionOutput, SessionSplitInput, SplitLineInput
from app.services.floor.journal import FloorJournal
from app.services.floor.rules import check_open
from app.services.floor.seating import new_session
from app.services.floor.split_rules import (
    check_portions,
    goes_whole,
    take_part,
    with_their_parts,
)
from app.services.orders.line_states import derived_status
from app.services.orders.set_rules import counted, worked_on


@dataclass(slots=True)
class Division:
    """An order that stays, the lines that leave it for a new one, and those that have fewer left."""

    order: Order
    leaving: list[OrderLine] = field(default_factory=list)
    reduced: list[OrderLine] = field(default_factory=list)

    @property
    def staying(self) -> list[OrderLine]:
        gone = {line.id for line in self.leaving}
        return [line for line in self.order.lines if line.id not in gone]


class SessionSplittingService:
    """An order that goes whole keeps its number; portions of it get a new one: docs/adr/0010."""

    def __init__(
        self,
        sessions: SessionRepository,
        moving: MovingRepository,
        journal: FloorJournal,
        principal: Principal,
    ) -> None:
        self._sessions = sessions
        self._moving = moving
        self._journal = journal
        self._principal = principal

    async def split(
        self, session_id: UUID, wanted: SessionSplitInput, expected: int | None
    ) -> SessionOutput:
        """Open a session at a free table with these portions; it is answered.

        Raises:
            SessionNotOpenError: the party has left.
            InvalidRequestError: a line is named twice.
            NotFoundError: no such session or table, the table is archived, or a line is not of
                this session.
            PartOfSetError: a part of a set is named: the set goes as a whole, or by its portions.
            QuantityInvalidError: a line has fewer portions left; `remaining` says how many.
            TableOccupiedError: somebody sits there.
            VersionMismatchError: the session changed since `expected` was read.
        """
        taken = _portions(wanted.lines)
        source = await self._sessions.get_for_change(session_id, expected)
        check_open(source)
        table = await self._moving.lock_free_table(wanted.table_id)
        orders = await self._moving.orders_of(session_id)
        _check_known(wanted.lines, orders)
        for order in orders:
            check_portions(order.lines, taken)
        taken = {k: v for one in orders for k, v in with_their_parts(one.lines, taken).items()}
        target = new_session(table.id)
        target.opened_by = self._principal.actor
        await self._sessions.add(target)
        touched = [one for one in orders if any(line.id in taken for line in one.lines)]
        whole = [order for order in touched if goes_whole(order.lines, taken)]
        for order in whole:
            order.origin_session_id = None
        await self._moving.bring(whole, target)
        divided = [one for one in touched if one not in whole]
        made = await self._divide(divided, taken, target)
        await self._sessions.touch(source)
        return await self._tell(source, target, wanted.reason, (divided, whole, made))

    async def _divide(
        self, orders: Sequence[Order], taken: Mapping[UUID, int], target: TableSession
    ) -> list[Order]:
        """New orders in the new session for the portions that leave; they come last, see below."""
        divisions = [await self._part(order, taken) for order in orders]
        made = []
        # From here on the store's counter is locked: new rows refer to what is locked already.
        divisions.sort(key=lambda one: (one.order.business_date, one.order.id))
        for day, group in groupby(divisions, key=lambda one: one.order.business_date):
            made += await self._number(day, list(group), target)
        return made

    async def _part(self, order: Order, taken: Mapping[UUID, int]) -> Division:
        """Divide the lines, still within the order."""
        division = Division(order)
        parts = {}
        for line in order.lines:
            quantity = taken.get(line.id, 0)
            if quantity == line.quantity:
                division.leaving.append(line)
            elif quantity:
                parts[line.id] = take_part(line, quantity)
                division.reduced.append(line)
        for part in parts.values():
            if part.parent_line_id in parts:
                part.parent_line_id = parts[part.parent_line_id].id
        # Sets before their parts, which refer to them.
        await self._moving.add([one for one in parts.values() if one.parent_line_id is None])
        await self._moving.add([one for one in parts.values() if one.parent_line_id is not None])
        options = [
            option.copy(id=uuid7(), order_line_id=parts[line.id].id)
            for line in order.lines
            if line.id in parts
            for option in line.options
        ]
        await self._moving.add(options)
        division.leaving += parts.values()
        return division

    async def _number(
        self, day: date, divisions: Sequence[Division], target: TableSession
    ) -> list[Order]:
        numbers = await self._moving.take_numbers(day, len(divisions))
        made = []
        for number, division in zip(numbers, divisions, strict=True):
            order = division.order.copy(
                id=uuid7(),
                number=number,
                session_id=target.id,
                table_id=target.table_id,
                origin_session_id=None,
                updated_at=clock.now(),
                version=1,
            )
            _sum_up(order, division.leaving)
            _sum_up(division.order, division.staying)
            made.append(order)
        await self._moving.add(made)
        for order, division in zip(made, divisions, strict=True):
            for line in division.leaving:
                line.order_id = order.id
        lines = [line for one in divisions for line in (*one.reduced, *one.leaving)]
        await self._moving.changed([*lines, *(one.order for one in divisions)])
        return made

    async def _tell(
        self,
        source: TableSession,
        target: TableSession,
        reason: str | None,
        orders: tuple[list[Order], list[Order], list[Order]],
    ) -> SessionOutput:
        divided, whole, made = orders
        output = await self._journal.session("session.opened", target.id)
        left = await self._journal.session("session.updated", source.id)
        ids = [order.id for order in (*divided, *whole, *made)]
        await self._journal.orders(await self._moving.orders(ids))
        details = {
            "new_session_id": target.id,
            "from_table": left.table.number,
            "to_table": output.table.number,
            "orders_moved": [order.number for order in whole],
            "orders_divided": [order.number for order in divided],
            "orders_made": [order.number for order in made],
        }
        await self._journal.audit("session-split", source.id, reason, details)
        return output


def _portions(lines: Sequence[SplitLineInput]) -> dict[UUID, int]:
    """Portions by line id."""
    taken: dict[UUID, int] = {}
    errors = []
    for place, line in enumerate(lines):
        if line.line_id in taken:
            pointer = f"/lines/{place}/line_id"
            errors.append(
                FieldError(
                    pointer,
                    "repeated",
                    Words("The line is named twice.", "같은 항목이 두 번 있습니다."),
                )
            )
        taken[line.line_id] = line.quantity
    if errors:
        raise InvalidRequestError(errors=errors[:20])
    return taken


def _check_known(lines: Sequence[SplitLineInput], orders: Sequence[Order]) -> None:
    known = {line.id for order in orders for line in order.lines}
    errors = [
        FieldError(
            f"/lines/{place}/line_id",
            "unknown",
            Words("The session has no such line.", "이 테이블의 주문에 없는 항목입니다."),
        )
        for place, line in enumerate(lines)
        if line.line_id not in known
    ]
    if errors:
        raise NotFoundError(errors=errors[:20])


def _sum_up(order: Order, lines: Sequence[OrderLine]) -> None:
    order.status = derived_status(line.status for line in worked_on(lines))
    order.total = sum(line.total for line in counted(lines))
