"""Stream tickets: `<store>.<secret>`, for browsers, whose `EventSource` can't send a header.

What stands in an address may end up in a history or a log, so a token never does: a ticket is good
for one stream, for a minute. It is a row (of its SHA-256) that its use deletes in one statement:
of two uses, on whichever workers, one finds it.
"""

import re
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson
from pydantic import TypeAdapter
from sqlalchemy import text

from app.core import clock
from app.core.database import Database, UnitOfWork
from app.core.errors import NotAuthenticatedError
from app.core.security.passwords import digest, new_secret
from app.core.security.principals import Principal
from app.core.words import Words

LIFE: Final = timedelta(seconds=60)
_FORM: Final = re.compile(r"([0-9a-f]{32})\.[A-Za-z0-9_-]{43}")
_principals = TypeAdapter(Principal)


async def new_ticket(unit: UnitOfWork, principal: Principal) -> tuple[str, datetime]:
    """A ticket for one stream of what `principal` may see, and when it expires."""
    now = clock.now()
    ticket = f"{principal.store_id.hex}.{new_secret()}"
    kept = _principals.dump_python(principal, mode="json", exclude={"grants"})
    session = await unit.session()
    await session.execute(_SWEEP, {"store": principal.store_id, "now": now})
    await session.execute(
        _KEEP,
        {
            "store": principal.store_id,
            "hash": digest(ticket),
            "principal": orjson.dumps(kept).decode(),
            "expires_at": now + LIFE,
        },
    )
    return ticket, now + LIFE


async def redeem(database: Database, ticket: str) -> Principal:
    """Whom the ticket was made for; it is used up.

    Raises:
        NotAuthenticatedError: unknown, used or expired.
    """
    found = _FORM.fullmatch(ticket)
    row = None
    if found is not None:
        store_id = UUID(hex=found[1])
        async with database.transaction(store_id) as unit:
            session = await unit.session()
            wanted = {"store": store_id, "hash": digest(ticket)}
            row = (await session.execute(_USE, wanted)).first()
    if row is None or row.expires_at <= clock.now():
        raise NotAuthenticatedError(
            Words(
                "The ticket is not valid; get a new one for each stream.",
                "유효하지 않은 티켓입니다. 스트림마다 새 티켓을 받아 주세요.",
            )
        )
    return _principals.validate_python(row.principal)


_SWEEP = text("DELETE FROM stream_tickets WHERE store_id = :store AND expires_at < :now")
_KEEP = text(
    "INSERT INTO stream_tickets (store_id, ticket_hash, principal, expires_at)"
    " VALUES (:store, :hash, CAST(:principal AS jsonb), :expires_at)"
)
_USE = text(
    "DELETE FROM stream_tickets WHERE store_id = :store AND ticket_hash = :hash"
    " RETURNING principal, expires_at"
)
