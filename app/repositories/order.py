"""Orders with their lines and options."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from app.core import clock
from app.core.errors import NotFoundError, SessionNotOpenError, VersionMismatchError
from app.core.ids import uuid7
from app.models import Item, LineCancellation, Option, Order, OrderLine, SignIn, TableSession
from app.models.table import SessionStatus
from app.repositories.base import Repository, StoreRepository, held, held_shared, one_of
from app.repositories.sitting import sitting_at
from app.repositories.table_numbers import numbers_of

StockKey = tuple[Literal["item", "option"], UUID]


async def load_lines(
    repository: Repository, orders: Sequence[Order], *, fresh: bool = False
) -> None:
    """All of the orders that their readers are shown; `fresh` as in `Repository.load`."""
    lines = await repository.load(orders, Order.lines, fresh=fresh)
    await repository.load(lines, OrderLine.options, fresh=fresh)
    await repository.load(lines, OrderLine.cancellations, fresh=fresh)


class OrderRepository(StoreRepository[Order]):
    model = Order

    async def get(self, row_id: UUID, *, lock: bool = False) -> Order:
        """The order with its lines; otherwise as `StoreRepository.get`."""
        order = await super().get(row_id, lock=lock)
        await load_lines(self, [order], fresh=lock)
        return order

    async def lock(self, order_id: UUID) -> Order:
        """The order with its lines, locked; its session shared, so that it can't close meanwhile.

        Session before order: the same sequence as in placing and closing.

        Raises:
            NotFoundError: no such order in this store.
            SessionNotOpenError: its session is closed.
        """
        query = select(Order.session_id).where(
            Order.store_id == self.store_id, Order.id == order_id
        )
        session_id, held, status = await self._session.scalar(query), None, None
        while session_id is not None and session_id != held:
            held, status = session_id, await self._hold(session_id)
            # Again after the wait: a merge or a split may have taken the order elsewhere.
            session_id = await self._session.scalar(query)
        if session_id is None:
            raise NotFoundError
        if status != SessionStatus.OPEN:
            raise SessionNotOpenError
        return await self.get(order_id, lock=True)

    async def lock_for_change(self, order_id: UUID, expected: int | None) -> Order:
        """The order as `lock` gives it, if it still has the version that the client has read.

        Raises: as `lock`, and
            VersionMismatchError: somebody changed it since.
        """
        order = await self.lock(order_id)
        if expected is not None and order.version != expected:
            raise VersionMismatchError(version=order.version)
        return order

    async def _hold(self, session_id: UUID) -> str | None:
        """Share the session, so that no order leaves it; its status."""
        query = select(TableSession.status).where(
            TableSession.store_id == self.store_id, TableSession.id == session_id
        )
        status: str | None = await self._session.scalar(held_shared(query))
        return status

    async def table_numbers(self, orders: Sequence[Order]) -> dict[UUID, int]:
        """The number of each order's table."""
        ids = {order.table_id for order in orders}
        return await numbers_of(self._session, self.store_id, ids)

    async def open_session_at(self, table_id: UUID) -> UUID | None:
        """The id of the session that sits at the table."""
        return await sitting_at(self._session, self.store_id, table_id)

    async def is_open(self, session_id: UUID) -> bool:
        status = await self._session.scalar(
            select(TableSession.status).where(
                TableSession.store_id == self.store_id, TableSession.id == session_id
            )
        )
        return bool(status == SessionStatus.OPEN)

    async def stock_of(self, keys: Collection[StockKey]) -> dict[StockKey, int]:
        """How much is left of what is counted among these."""
        left: dict[StockKey, int] = {}
        for kind in {kind for kind, _ in keys}:
            model: type[Item] | type[Option] = Item if kind == "item" else Option
            query = select(model.id, model.stock).where(
                model.store_id == self.store_id,
                model.id.in_([row_id for one, row_id in keys if one == kind]),
                model.stock.is_not(None),
            )
            left |= {(kind, row.id): row.stock for row in await self._session.execute(query)}
        return left

    async def give_back_stock(self, returned: Mapping[StockKey, int]) -> list[Item | Option]:
        """Return portions to what is counted: items, then options, each by id.

        That is the sequence in which an order takes them, so the two can't block each other: give
        back once in a transaction. What isn't counted isn't locked. Who begins to count it at this
        moment has counted what is there: it is as if these portions had come back before.

        Returns:
            What had run out and can be ordered again.
        """
        revived: list[Item | Option] = []
        for kind in ("item", "option"):
            model: type[Item] | type[Option] = Item if kind == "item" else Option
            portions = {row_id: number for (one, row_id), number in returned.items() if one == kind}
            if not portions:
                continue
            query = select(model).where(
                model.store_id == self.store_id,
                model.id == one_of(portions),
                model.stock.is_not(None),
            )
            rows: Iterable[Any] = await self._session.scalars(held(query.order_by(model.id)))
            for row in rows:
                if row.stock == 0:
                    revived.append(row)
                row.stock += portions[row.id]
        await self._session.flush()
        return revived

    async def trust_guest(self, sign_in_id: UUID) -> None:
        """Staff have accepted an order of this guest: its next ones are not held."""
        await self._session.execute(
            update(SignIn)
            .where(
                SignIn.store_id == self.store_id,
                SignIn.id == sign_in_id,
                SignIn.accepted_at.is_(None),
            )
            .values(accepted_at=clock.now())
        )

    def note_cancellation(self, line: OrderLine, **what: Any) -> None:
        """Add to the line's history that portions of it were cancelled: the columns of that."""
        now = clock.now()
        row = LineCancellation(
            store_id=self.store_id,
            id=uuid7(),
            order_line_id=line.id,
            created_at=now,
            updated_at=now,
            version=1,
            **what,
        )
        self._session.add(row)
        set_committed_value(line, "cancellations", [*line.cancellations, row])

    async def touch_line(self, line: OrderLine) -> None:
        """Make the line's change its next version."""
        line.version += 1
        line.updated_at = clock.now()
