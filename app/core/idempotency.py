"""Idempotency keys: one intent, one effect (draft-ietf-httpapi-idempotency-key-header).

The record is written in the transaction of the effect. A twin waits on an advisory lock for the
first one's commit, then finds its record and replays it; past `lock_timeout` it is told that the
first one still runs. Only successes are recorded: a refused request had no effect to repeat.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import (
    IdempotencyKeyInvalidError,
    IdempotencyKeyReusedError,
    RequestInProgressError,
)

_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_LOCK_NOT_AVAILABLE = "55P03"


def check_key(key: str) -> str:
    """The key, if it is 1 to 255 visible ASCII characters.

    Raises:
        IdempotencyKeyInvalidError: it isn't.
    """
    if not _KEY.match(key):
        raise IdempotencyKeyInvalidError
    return key


def fingerprint(method: str, path: str, body: Any) -> bytes:
    """SHA-256 of what the request asks for; key order and white space don't matter."""
    content = orjson.dumps([method, path, body], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).digest()


@dataclass(frozen=True, slots=True)
class Recorded:
    """The first answer: its status, body and headers."""

    status: int
    body: bytes
    headers: dict[str, str]

    def without(self, secrets: tuple[str, ...]) -> "Recorded":
        """The answer with these members null: what is shown once is not kept for a replay."""
        if not secrets:
            return self
        body = {**orjson.loads(self.body), **dict.fromkeys(secrets)}
        return replace(self, body=orjson.dumps(body))


@dataclass(frozen=True, slots=True)
class Intent:
    """One keyed request of one caller, and the members of its answer that are shown once."""

    store_id: UUID
    scope: str
    key: str
    fingerprint: bytes
    shown_once: tuple[str, ...] = ()

    async def begin(self, session: AsyncSession) -> Recorded | None:
        """Wait for a running twin, then give its answer; None when this is the first.

        Raises:
            RequestInProgressError: the twin runs longer than `lock_timeout`.
            IdempotencyKeyReusedError: the key was used for something else.
        """
        where = {"store": self.store_id, "scope": self.scope, "key": self.key}
        try:
            await session.execute(_LOCK, {**where, "store": str(self.store_id)})
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise RequestInProgressError from None
            raise
        row = (await session.execute(_FIND, where)).first()
        if row is None:
            return None
        if bytes(row.fingerprint) != self.fingerprint:
            raise IdempotencyKeyReusedError
        return Recorded(row.status, row.body.encode(), row.headers or {})

    async def finish(self, session: AsyncSession, answer: Recorded) -> None:
        """Record the answer in the transaction of its effect."""
        answer = answer.without(self.shown_once)
        await session.execute(
            _RECORD,
            {
                "store": self.store_id,
                "scope": self.scope,
                "key": self.key,
                "fingerprint": self.fingerprint,
                "status": answer.status,
                "body": answer.body.decode(),
                "headers": orjson.dumps(answer.headers).decode(),
                "at": clock.now(),
            },
        )


_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(:store || ' ' || :scope || ' ' || :key, 0))"
)
_FIND = text(
    "SELECT fingerprint, status, body, headers FROM idempotency_records"
    " WHERE store_id = :store AND scope = :scope AND key = :key"
)
_RECORD = text(
    "INSERT INTO idempotency_records"
    " (store_id, scope, key, fingerprint, status, body, headers, created_at)"
    " VALUES (:store, :scope, :key, :fingerprint, :status, :body, CAST(:headers AS jsonb), :at)"
)
