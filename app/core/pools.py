"""How many connections all processes together may open, against what the servers admit.

Each worker has the pool of `DATABASE_POOL_SIZE`, four lines for events and one for readiness, and
where there is a replica as large a pool to that. The sum over all workers of all replicas has to
fit before the first of them starts: found later, it is a refused connection on the busiest evening
of the week.
"""

from dataclasses import dataclass, replace
from typing import Any

import psycopg

from app.core.config import Settings
from app.core.connection import connect
from app.core.database import connect_arguments, patience_of

LINES = 4
"""What `EventSource` opens: to read, to ask, to ring, to hear."""
PROBES = 1
"""Readiness is asked outside the pool, by one connection at a time (`Probe`)."""
UTC_NAMES = ("UTC", "Etc/UTC", "GMT", "Etc/GMT")


@dataclass(frozen=True, slots=True)
class Demand:
    """Connections of all workers: through the URL of the API, for events, and to the replica."""

    pooled: int
    lines: int
    replica: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "Demand":
        workers = settings.replicas * settings.workers
        size = settings.database_pool_size
        replica = size if settings.database_replica_url else 0
        return cls(workers * (size + PROBES), workers * LINES, workers * replica)


@dataclass(frozen=True, slots=True)
class Admitted:
    """What PostgreSQL lets the API's role open, and the pooler too where there is one."""

    servers: int
    pooler_clients: int | None = None
    pooler_servers: int = 0
    replica_servers: int | None = None
    """None: there is no replica, or it can't be asked; without it the primary answers."""


def shortages(demand: Demand, admitted: Admitted) -> list[str]:
    """What does not fit, in words for an operator; empty when all of it does."""
    found = []
    direct, parts = demand.pooled + demand.lines, "pools, readiness and events"
    replica = demand.replica
    if admitted.pooler_clients is not None:
        clients = demand.pooled + demand.replica
        if clients > admitted.pooler_clients:
            found.append(
                f"the workers open {clients} connections to the pooler, which takes"
                f" {admitted.pooler_clients} (max_client_conn, DATABASE_POOLER_CLIENTS)"
            )
        direct, parts = admitted.pooler_servers + demand.lines, "the pooler and events"
        replica = min(replica, admitted.pooler_servers)
    if direct > admitted.servers:
        found.append(
            f"{parts} need {direct} connections to PostgreSQL, which admits {admitted.servers}"
            " (max_connections without the reserved ones, and the limits of role and database)"
        )
    if admitted.replica_servers is not None and replica > admitted.replica_servers:
        found.append(
            f"long reads need {replica} connections to the replica, which admits"
            f" {admitted.replica_servers}"
        )
    return found


async def problems_of(settings: Settings) -> list[str]:
    """Why the service should not start with these settings on this database; empty when it may.

    Raises:
        psycopg.OperationalError: it can't be asked.
    """
    servers = (await _ask(settings, settings.listen_url, _LIMIT, direct=True))[0]
    admitted = Admitted(servers, replica_servers=await _replica_limit(settings))
    found = []
    if settings.database_pooler:
        admitted = replace(
            admitted,
            pooler_clients=settings.database_pooler_clients,
            pooler_servers=settings.database_pooler_servers,
        )
        found = _careless(await _ask(settings, settings.api_url, _SESSION, direct=False))
    return shortages(Demand.of(settings), admitted) + found


async def _replica_limit(settings: Settings) -> int | None:
    if settings.replica_url is None:
        return None
    try:
        return int((await _ask(settings, settings.replica_url, _LIMIT, direct=False))[0])
    except psycopg.OperationalError:
        return None


def _careless(row: tuple[Any, ...]) -> list[str]:
    """A pooler passes no start-up options on: what they would say, the login has to bring."""
    *limits, synchronous_commit, zone = row
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    found = [
        f"the API's login has no {name} of its own (ALTER ROLE … SET {name} = …)"
        for name, value in zip(names, limits, strict=True)
        if value == "0"
    ]
    if synchronous_commit == "off":
        found.append("the API's login has synchronous_commit = off")
    if zone not in UTC_NAMES:
        found.append(f"the API's login has the time zone {zone}, not UTC")
    return found


async def _ask(settings: Settings, url: str, question: str, *, direct: bool) -> tuple[Any, ...]:
    patience, arguments = patience_of(settings), connect_arguments(settings, direct=direct)
    async with await connect(url, patience=patience, autocommit=True, **arguments) as connection:
        row = await (await connection.execute(question)).fetchone()
    if row is None:
        raise psycopg.OperationalError("the database gave no answer")
    return tuple(row)


# reserved_connections exists since PostgreSQL 16; a limit of -1 means: none.
_LIMIT = """
SELECT least(
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0),
    (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = session_user),
    (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()))
"""
_SESSION = """
SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
       current_setting('idle_in_transaction_session_timeout'),
       current_setting('synchronous_commit'), current_setting('TimeZone')
"""
