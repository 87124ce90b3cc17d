"""The order's whole write as one statement.

The ORM takes about 4 ms of CPU for an order, the database function behind this one call well
under 1: the busiest write of the service keeps the ORM out.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import Database
from app.core.errors import (
    BusyError,
    DomainError,
    DuplicateSuspectedError,
    IdempotencyKeyReusedError,
    MinimumNotMetError,
    NotFoundError,
    RequestInProgressError,
    SessionClosedError,
    StockInsufficientError,
)
from app.core.idempotency import Intent
from app.repositories.order import StockKey
from app.repositories.sitting import hold_sitting

_NO_SESSION = "TO003"
# The refusals of place_order(…) by SQLSTATE.
_REFUSALS: dict[str, type[DomainError]] = {
    "TO001": RequestInProgressError,
    "TO002": IdempotencyKeyReusedError,
    _NO_SESSION: NotFoundError,
    "TO004": SessionClosedError,
    "TO005": NotFoundError,
    "TO006": StockInsufficientError,
}
# Those that say more, as a JSON object in the error's detail.
_EXPLAINED: dict[str, type[DomainError]] = {
    "TO008": MinimumNotMetError,
    "TO009": DuplicateSuspectedError,
}
_CATALOG_CHANGED = "TO007"
# The constraint that refuses a session at a table that another one is linked to.
_ONE_PARTY = "pk_session_tables"
ATTEMPTS = 4

_CALL = "SELECT * FROM place_order(" + ", ".join(["%s"] * 25) + ")"  # noqa: S608 - no input in it


_STOCK = """
    SELECT 'item' AS kind, id, stock FROM items
        WHERE store_id = %s AND id = ANY(%s) AND stock IS NOT NULL
    UNION ALL SELECT 'option', id, stock FROM options
        WHERE store_id = %s AND id = ANY(%s) AND stock IS NOT NULL"""


class CatalogChangedError(Exception):
    """The menu moved on between pricing and writing; nothing was written."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A priced order, ready to be written.

    `answer` and `event` are the order as its caller and the store's streams see it; its numbers,
    business date, session, table, twin and whether it is held are filled in by the database.
    """

    order_id: UUID
    new_session_id: UUID
    at: datetime
    business_date: date
    catalog_version: int
    actor: dict[str, Any]
    channel: str
    table_id: UUID | None
    session_id: UUID | None
    total: int
    currency: str
    note: str | None
    client_created_at: datetime | None
    answer: dict[str, Any]
    event: dict[str, Any]
    lines: list[dict[str, Any]]
    options: list[dict[str, Any]]
    stock: list[dict[str, Any]]
    language: str
    holding: UUID | None
    """A guest's sign-in whose order is held unless staff have accepted one of its orders."""
    rules: dict[str, Any] | None
    """What the store's switches say of it: `OrderingRules.for_placing`."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The stored answer with the language that its texts are in, and whether it is the answer to
    an earlier request with the same key."""

    replayed: bool
    status: int
    body: bytes
    language: str | None


class PlacingRepository:
    def __init__(self, database: Database, store_id: UUID) -> None:
        self._database = database
        self._store_id = store_id

    async def place(self, intent: Intent, order: Placement) -> Placed:
        """Write the order with its event and idempotency record, or replay the first answer.

        Raises:
            CatalogChangedError: price the basket again at the newer menu.
            DomainError: the refusals of `_REFUSALS` and `_EXPLAINED`.
            BusyError: tables were linked and unlinked all the time.
        """
        for _ in range(ATTEMPTS):
            try:
                row = await self._call(self._parameters(intent, order))
                return await self._placed(intent, order, row)
            except psycopg.errors.UniqueViolation as error:
                if error.diag.constraint_name != _ONE_PARTY or order.table_id is None:
                    raise
            # The table is linked to a party that sits at another one: the order is theirs.
            placed = await self._place_at_linked(intent, order, order.table_id)
            if placed is not None:
                return placed
        raise BusyError

    async def _place_at_linked(
        self, intent: Intent, order: Placement, table_id: UUID
    ) -> Placed | None:
        """Place the order with the party that has the table; None when nobody has it any more."""
        async with self._database.transaction(self._store_id) as unit:
            session = await unit.session()
            sitting = await hold_sitting(session, self._store_id, table_id)
            if sitting is None:
                return None
            theirs = replace(order, table_id=None, session_id=sitting.id)
            row = await self._call_within(session, self._parameters(intent, theirs))
        return await self._placed(intent, order, row)

    async def _placed(self, intent: Intent, order: Placement, row: Any) -> Placed:
        replayed, status, body = row
        if not replayed:
            self._database.on_commit({self._store_id})
            return Placed(replayed, status, body.encode(), order.language)
        # Another language may have been asked for then: the record says which.
        recorded = await self.answered(intent)
        return recorded or Placed(replayed, status, body.encode(), None)

    async def _call(self, parameters: tuple[Any, ...]) -> Any:
        """One round trip, as a transaction of its own."""
        try:
            return await self._database.call(_CALL, parameters)
        except psycopg.Error as error:
            if error.sqlstate != _NO_SESSION:
                raise _refusal(error) from None
        # A statement that waited while the session was moved joins it to its old table and finds
        # nothing: only one that begins after the move may say that there is none.
        try:
            return await self._database.call(_CALL, parameters)
        except psycopg.Error as error:
            raise _refusal(error) from None

    async def _call_within(self, session: AsyncSession, parameters: tuple[Any, ...]) -> Any:
        """As part of a transaction, which a refusal ends."""
        connection = await session.connection()
        try:
            return (await connection.exec_driver_sql(_CALL, parameters)).one()
        except DBAPIError as error:
            if isinstance(error.orig, psycopg.Error):
                refusal = _refusal(error.orig)
                if refusal is not error.orig:
                    raise refusal from None
            raise

    async def stock_left(self, keys: Collection[StockKey]) -> dict[StockKey, int]:
        """How much is left of what is counted among these, in one statement."""
        ids = [[row_id for kind, row_id in keys if kind == one] for one in ("item", "option")]
        async with self._database.transaction(self._store_id) as unit:
            connection = await (await unit.session()).connection()
            found = await connection.exec_driver_sql(
                _STOCK, (self._store_id, ids[0], self._store_id, ids[1])
            )
            return {(row.kind, row.id): row.stock for row in found}

    async def answered(self, intent: Intent) -> Placed | None:
        """The first answer to a request with the same key; None when there was none.

        Raises:
            IdempotencyKeyReusedError, RequestInProgressError: the key.
        """
        async with self._database.transaction(self._store_id) as unit:
            recorded = await intent.begin(await unit.session())
        if recorded is None:
            return None
        language = recorded.headers.get("content-language")
        return Placed(replayed=True, status=recorded.status, body=recorded.body, language=language)

    def _parameters(self, intent: Intent, order: Placement) -> tuple[Any, ...]:
        return (
            self._store_id,
            order.at,
            order.business_date,
            order.catalog_version,
            intent.scope,
            intent.key,
            intent.fingerprint,
            _json(order.actor),
            order.channel,
            order.table_id,
            order.session_id,
            order.new_session_id,
            order.order_id,
            order.total,
            order.currency,
            order.note,
            order.client_created_at,
            _json(order.answer),
            _json(order.event),
            _json(order.lines),
            _json(order.options),
            _json(order.stock),
            order.language,
            order.holding,
            None if order.rules is None else _json(order.rules),
        )


def _refusal(error: psycopg.Error) -> Exception:
    """What the function means by its SQLSTATE; an error that isn't its own stays as it is."""
    state = error.sqlstate or ""
    if state == _CATALOG_CHANGED:
        return CatalogChangedError()
    if state in _EXPLAINED:
        return _EXPLAINED[state](**orjson.loads(error.diag.message_detail or "{}"))
    return _REFUSALS[state]() if state in _REFUSALS else error


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
