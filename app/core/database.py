"""The connection pool, and the unit of work: the only place where a transaction ends.

READ COMMITTED. Each transaction names its store in `app.store_id` (row-level security reads it),
set with `set_config(…, true)` so that it ends with the transaction, behind PgBouncer too. The
store's counter row is locked last, in `UnitOfWork.commit`, whatever the services did before.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from app.core import clock
from app.core.calls import CallPool
from app.core.config import Settings
from app.core.connection import connect, has_ended
from app.core.ids import uuid7
from app.core.watched_pool import PoolUsage, WatchedPool

DRIVER = "postgresql+psycopg"
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
PATIENCE_MARGIN = 1.0


def server_options(settings: Settings) -> str:
    """Start-up options of an API connection: its role, its time-outs, UTC.

    Behind a pooler start-up options are not passed on; there the login role carries them.
    """
    values = {
        "timezone": "UTC",
        "statement_timeout": settings.database_statement_timeout_ms,
        "lock_timeout": settings.database_lock_timeout_ms,
        "idle_in_transaction_session_timeout": 10_000,
        "synchronous_commit": settings.database_synchronous_commit,
    }
    if settings.database_app_role:
        values["role"] = settings.database_app_role
    return " ".join(f"-c {name}={value}" for name, value in values.items())


def connect_arguments(settings: Settings, *, direct: bool = False) -> dict[str, Any]:
    """What every connection of the API is opened with, besides its URL.

    Args:
        direct: the connection goes to PostgreSQL itself also where others go through a pooler.
    """
    past_the_pooler = settings.database_pooler and direct
    arguments: dict[str, Any] = {
        "connect_timeout": settings.database_connect_timeout,
        # All come from the proxy's address: who looks at pg_stat_activity tells them apart by this.
        "application_name": "table-order-events" if past_the_pooler else "table-order-api",
        "tcp_user_timeout": 5000,
    }
    if settings.database_pooler and not direct:
        # PgBouncer keeps account of what each client prepared, and forgets it when it is closed
        # by the protocol's own message, which libpq has known since 17.
        followed = psycopg.capabilities.has_send_close_prepared()
        return {**arguments, "prepare_threshold": 1 if followed else None}
    return {**arguments, "options": server_options(settings), "prepare_threshold": 1}


def patience_of(settings: Settings) -> float:
    """How long a server may take for a statement, in seconds: one that lives ends it before."""
    return settings.database_statement_timeout_ms / 1000 + PATIENCE_MARGIN


class UnitPool:
    """A worker process's connections to one server, for units of work."""

    def __init__(self, settings: Settings, url: str, size: int) -> None:
        """Make it without connecting.

        Args:
            size: how many connections there may be.
        """
        creator = partial(connect, patience=patience_of(settings))
        self.engine: AsyncEngine = create_async_engine(
            make_url(url).set(drivername=DRIVER),
            poolclass=WatchedPool,
            pool_size=size,
            # No overflow: under load it would open and close connections all the time.
            max_overflow=0,
            pool_timeout=settings.database_pool_wait,
            pool_use_lifo=True,
            # What was sent may be a password or a guest's note: errors are logged without it.
            hide_parameters=True,
            connect_args={**connect_arguments(settings), "async_creator_fn": creator},
        )
        event.listen(self.engine.sync_engine, "checkout", _check)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)
        self.on_commit: Callable[[set[UUID]], None] = lambda _: None
        self.on_catalog_change: Callable[[UUID], None] = lambda _: None

    @asynccontextmanager
    async def transaction(self, store_id: UUID | None = None) -> AsyncIterator["UnitOfWork"]:
        """One unit of work: committed when the block ends, rolled back when it raises."""
        async with self._sessions() as session:
            unit = UnitOfWork(session, store_id)
            yield unit
            await _to_its_end(self._commit(unit))

    async def _commit(self, unit: "UnitOfWork") -> None:
        """Commit, and tell those who follow: what is stored and not told would be half a commit."""
        await unit.commit()
        if unit.catalog_changed_in is not None:
            self.on_catalog_change(unit.catalog_changed_in)
        if unit.rung:
            self.on_commit(unit.rung)

    def usage(self) -> dict[str, PoolUsage]:
        """How busy each pool is at this moment."""
        pool = self.engine.pool
        assert isinstance(pool, WatchedPool)  # noqa: S101 - made so above; tells the type checker
        return {"units": pool.usage()}

    async def close(self) -> None:
        await self.engine.dispose()


class Database(UnitPool):
    """A worker process's connections to the primary: half for units of work, half for calls."""

    def __init__(self, settings: Settings) -> None:
        """Make it without connecting."""
        url, size = settings.api_url, settings.database_pool_size
        calls = size // 2
        super().__init__(settings, url, size - calls)
        self._calls = CallPool(
            url,
            connect_arguments(settings),
            size=calls,
            wait=settings.database_pool_wait,
            patience=patience_of(settings),
        )

    async def call(self, statement: str, parameters: tuple[Any, ...]) -> Any:
        """Run one statement as its own transaction, in one round trip; its first row or None.

        For hot paths whose SQL function sets the store by itself: the unit of work costs four
        round trips more (about 0.8 ms).

        Raises: as `CallPool.call` does.
        """
        return await self._calls.call(statement, parameters)

    def usage(self) -> dict[str, PoolUsage]:
        return {**super().usage(), "calls": self._calls.usage()}

    async def close(self) -> None:
        await self._calls.close()
        await super().close()


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do all of `work`, also when the caller is cancelled meanwhile; that is raised afterwards.

    A client hangs up, or the process ends its grace: what uses the session must be done with it
    before the session is closed.
    """
    doing = asyncio.ensure_future(work)
    cancelled = None
    while not doing.done():
        try:
            await asyncio.wait((doing,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled from doing.exception()
    doing.result()


def _check(dbapi_connection: Any, *_: Any) -> None:
    """Before it is handed out: one that has ended means that all of its age have."""
    if has_ended(dbapi_connection.driver_connection):
        raise InvalidatePoolError("the server has hung up")


def may_succeed_again(error: Exception) -> bool:
    """Whether the transaction lost to another one and may simply be run again."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlstate", None) in (SERIALIZATION_FAILURE, DEADLOCK)


class UnitOfWork:
    """One transaction of one store: its session, and the events that it will publish."""

    def __init__(self, session: AsyncSession, store_id: UUID | None) -> None:
        self._session = session
        self._store_id = store_id
        self._entered: UUID | None = None
        self._events: list[dict[str, Any]] = []
        self._catalog_changed = False
        self.rung: set[UUID] = set()
        self.catalog_changed_in: UUID | None = None
        self.after_commit: list[Callable[[], None]] = []
        self.last_event_seq: int | None = None

    async def session(self) -> AsyncSession:
        """The session, inside a transaction that has entered its store."""
        if self._store_id is not None and self._entered != self._store_id:
            await self._session.execute(_ENTER_STORE, {"store": str(self._store_id)})
            self._entered = self._store_id
        return self._session

    async def enter(self, store_id: UUID) -> AsyncSession:
        """Go on in this store: for sign-in, which learns the store from what was sent."""
        self._store_id = store_id
        return await self.session()

    def record(
        self,
        type_: str,
        data: Any,
        *,
        actor: dict[str, Any],
        table_id: UUID | None = None,
        session_id: UUID | None = None,
    ) -> None:
        """Publish an event with this transaction; it exists exactly when the commit succeeds.

        Args:
            data: what orjson can encode: the resource as GET would show it.
            table_id, session_id: whose streams see it besides the staff's.
        """
        self._events.append(
            {
                "type": type_,
                "actor": orjson.dumps(actor).decode(),
                "table_id": table_id,
                "session_id": session_id,
                "data": data if isinstance(data, str) else orjson.dumps(data).decode(),
            }
        )

    def bump_catalog(self) -> None:
        """What may be ordered, or on which terms, changes with this transaction."""
        self._catalog_changed = True

    async def audit(
        self,
        action: str,
        *,
        actor: dict[str, Any],
        target_kind: str,
        target_id: UUID | None = None,
        reason: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Write an audit entry in this transaction. `details` must hold no secret."""
        session = await self.session()
        await session.execute(
            _AUDIT,
            {
                "store": self._store_id,
                "id": uuid7(),
                "at": clock.now(),
                "actor": orjson.dumps(actor).decode(),
                "action": action,
                "kind": target_kind,
                "target": target_id,
                "reason": reason,
                "details": orjson.dumps(details or {}, default=str).decode(),
            },
        )

    async def commit(self) -> None:
        if self._events or self._catalog_changed:
            await self._publish()
        await self._session.commit()
        for hook in self.after_commit:
            hook()

    async def _publish(self) -> None:
        """Take the store's counter, last of all locks, and number the events in commit order."""
        await self._session.flush()
        count = len(self._events)
        head = await self._session.scalar(
            _TAKE_COUNTER,
            {"store": self._store_id, "events": count, "catalog": int(self._catalog_changed)},
        )
        if head is None or self._store_id is None:
            raise RuntimeError("the store has no counter row")
        first, now = head - count + 1, clock.now()
        if self._catalog_changed:
            await self._session.execute(_MARK_CLOCK, {"store": self._store_id, "now": now})
        if self._events:
            await self._session.execute(
                _INSERT_EVENT,
                [
                    {**event, "store": self._store_id, "seq": first + place, "at": now}
                    for place, event in enumerate(self._events)
                ],
            )
        self.last_event_seq = head
        self.rung.add(self._store_id)
        if self._catalog_changed:
            self.catalog_changed_in = self._store_id


_ENTER_STORE = text("SELECT set_config('app.store_id', :store, true)")
_TAKE_COUNTER = text(
    "UPDATE store_counters SET event_seq = event_seq + :events,"
    " catalog_version = catalog_version + :catalog WHERE store_id = :store RETURNING event_seq"
)
# What the clock will do next to the menu must be worked out anew, and told from now on; but where
# something is due that nobody has told yet, from just before it. What is marked stays so.
_MARK_CLOCK = text(
    "INSERT INTO menu_clocks AS c (store_id, told_until, due_at) VALUES (:store, :now, :now)"
    " ON CONFLICT (store_id) DO UPDATE SET (told_until, due_at) = (SELECT at, at FROM"
    " (SELECT greatest(c.told_until, least(CAST(:now AS timestamptz),"
    " c.due_at - interval '1 microsecond')) AS at) AS marked)"
    " WHERE c.due_at IS NULL OR c.due_at > c.told_until"
)
_INSERT_EVENT = text(
    "INSERT INTO events (store_id, seq, type, occurred_at, actor, table_id, session_id, data)"
    " VALUES (:store, :seq, :type, :at, CAST(:actor AS jsonb), :table_id, :session_id,"
    " CAST(:data AS jsonb))"
)
_AUDIT = text(
    "INSERT INTO audit_entries"
    " (store_id, id, at, actor, action, target_kind, target_id, reason, details)"
    " VALUES (:store, :id, :at, CAST(:actor AS jsonb), :action, :kind, :target, :reason,"
    " CAST(:details AS jsonb))"
)
