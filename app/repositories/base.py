"""Queries shared by every table of a store."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Generic, TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import FromClause, Select, Uuid, any_, func, inspect, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from app.core import clock
from app.core.database import UnitOfWork
from app.core.errors import NotFoundError, VersionMismatchError
from app.models.base import Model, StoreModel

RowT = TypeVar("RowT", bound=StoreModel)
ChildT = TypeVar("ChildT", bound=Model)
Ts = TypeVarTuple("Ts")
FEW = 2_000
"""How many rows that match one condition are looked up one by one and sorted. Where there are more,
a walk through the list meets with a page of them soon."""


class Repository:
    """Knows one store's transaction and no other store: there is no unscoped query to forget."""

    def __init__(self, unit: UnitOfWork, session: AsyncSession, store_id: UUID) -> None:
        self.unit = unit
        self._session = session
        self.store_id = store_id

    async def load(
        self,
        parents: Sequence[StoreModel],
        attribute: InstrumentedAttribute[list[ChildT]],
        *,
        fresh: bool = False,
    ) -> list[ChildT]:
        """Give each of the rows what its `attribute` lists, and return all of that.

        One statement whatever their number, and for each number the same one: by the store and an
        array of ids. `selectinload` asks by pairs of store and id instead, each a condition of its
        own: another statement for each number of rows, and prepared it can no longer be read from
        the index at once. On tables with few rows of a store it then reads all of them.

        Args:
            fresh: read it anew where it is loaded already.
        """
        wanted = [row for row in parents if fresh or attribute.key in inspect(row).unloaded]
        child, owner, column, sequence = _listed(attribute)
        query = select(child).where(
            owner == self.store_id, column == one_of([row.id for row in wanted])
        )
        if fresh:
            query = query.execution_options(populate_existing=True)
        of: dict[UUID, list[ChildT]] = {row.id: [] for row in wanted}
        if wanted:
            for found in await self._session.scalars(query.order_by(*sequence)):
                of[getattr(found, column.key)].append(found)
        for row in wanted:
            set_committed_value(row, attribute.key, of[row.id])
        return [one for row in parents for one in getattr(row, attribute.key)]

    async def few(self, ids: Select[Any]) -> set[UUID] | None:
        """The ids that a query of nothing else finds, if these are few; it stops at the limit."""
        found = (await self._session.scalars(ids.limit(FEW + 1))).all()
        return set(found) if len(found) <= FEW else None

    async def fills(self, rows: FromClause, limit: int) -> bool:
        """Whether so many were found that there may be more."""
        count = select(func.count()).select_from(rows)
        return int(await self._session.scalar(count) or 0) >= limit


def _listed(
    attribute: InstrumentedAttribute[list[ChildT]],
) -> tuple[type[ChildT], Any, Any, Any]:
    """What a relationship lists: the model, its columns of the store and of the row, the order."""
    relation: Any = attribute.property
    child = relation.mapper.class_
    columns = {here.key: getattr(child, there.key) for here, there in relation.local_remote_pairs}
    return child, columns["store_id"], columns["id"], relation.order_by or ()


def held(query: Select[*Ts], *, of: Any = None, skip_locked: bool = False) -> Select[*Ts]:
    """The rows as they are now, locked against others who change or share them until the commit.

    NO KEY UPDATE: whoever inserts a row that refers to them need not wait. FOR UPDATE would make
    orders, which hold the store's counter, wait for a change that waits for the counter; and keys
    never change. What inserts must wait for, it shares by itself: docs/concurrency.md.

    Args:
        of: which of the joined tables.
        skip_locked: leave out what somebody else holds.
    """
    locked = query.with_for_update(key_share=True, of=of, skip_locked=skip_locked)
    return locked.execution_options(populate_existing=True)


def held_shared(query: Select[*Ts], *, of: Any = None) -> Select[*Ts]:
    """The rows as they are now, locked against others who change them until the commit."""
    locked = query.with_for_update(read=True, of=of)
    return locked.execution_options(populate_existing=True)


def one_of(ids: Collection[UUID]) -> Any:
    """To compare an id with these, as an array: the statement is the same however many they are."""
    return any_(literal(list(ids), ARRAY(Uuid())))


def values(ids: Collection[UUID]) -> Select[Any]:
    """The ids as a query that finds them."""
    return select(func.unnest(literal(list(ids), ARRAY(Uuid()))).column_valued("id"))


def looked_up(model: type[RowT], store_id: UUID, ids: Select[Any]) -> type[RowT]:
    """The rows of a store with the ids that a query finds, to be selected from.

    Each is looked up by its key, whatever the planner would guess: it knows how many rows match in
    all stores, and not in this one. OFFSET is what it leaves as it is.
    """
    wanted = ids.distinct().subquery("wanted")
    [id_] = wanted.c
    row = select(model).where(model.store_id == store_id, model.id == id_).offset(0).lateral("row")
    found = select(row).select_from(wanted.join(row, true()))
    return aliased(model, found.subquery("found"))


class StoreRepository(Repository, Generic[RowT]):
    """One table, seen from one store."""

    model: type[RowT]
    options: ClassVar[Sequence[ORMOption]] = ()

    def select(self) -> Select[Any]:
        """All rows of the store, with what the table's readers need loaded."""
        query: Select[Any] = select(self.model).where(self.model.store_id == self.store_id)
        return query.options(*self.options)

    async def get(self, row_id: UUID, *, lock: bool = False) -> RowT:
        """The row, locked for this transaction if asked.

        Raises:
            NotFoundError: there is none in this store.
        """
        query = self.select().where(self.model.id == row_id)
        if lock:
            query = held(query, of=self.model)
        row: RowT | None = await self._session.scalar(query)
        if row is None:
            raise NotFoundError
        return row

    async def get_for_change(self, row_id: UUID, expected: int | None) -> RowT:
        """The locked row, if it still has the version that the client has read.

        Raises:
            NotFoundError: there is none in this store.
            VersionMismatchError: somebody changed it since.
        """
        row = await self.get(row_id, lock=True)
        if expected is not None and row.version != expected:
            raise VersionMismatchError(version=row.version)
        return row

    async def add(self, row: RowT) -> RowT:
        """Store a new row now, so that its constraints speak here."""
        row.store_id = self.store_id
        row.created_at = row.updated_at = clock.now()
        row.version = 1
        self._session.add(row)
        await self._session.flush()
        return row

    async def touch(self, row: RowT) -> RowT:
        """Store the changes of a row, as its next version."""
        row.version += 1
        row.updated_at = clock.now()
        await self._session.flush()
        return row

    async def page(
        self, query: Select[Any], *, cursor: UUID | None, limit: int
    ) -> tuple[list[RowT], str | None]:
        """Keyset page, newest first: UUIDv7 ids are in the order of creation."""
        if cursor is not None:
            query = query.where(self.model.id < cursor)
        query = query.order_by(self.model.id.desc()).limit(limit + 1)
        rows = list((await self._session.scalars(query)).all())
        return rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else None
