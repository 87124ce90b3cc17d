"""API keys: `tok_<name>_<store>_<secret>`.

`tok_<name>` is the key's `prefix`, by which people tell keys apart and scanners recognise a leak;
the store says where to look, as in refresh tokens; the secret has 256 random bits, so that SHA-256
is hash enough. A key that was read is remembered for a minute: the usual request costs no query.
Its end is learnt from the list of ended sign-ins within about a second, its expiry from itself.
"""

import asyncio
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cachetools import TTLCache
from sqlalchemy import text

from app.core import clock
from app.core.database import Database
from app.core.errors import NotAuthenticatedError, spoken_in
from app.core.logging import get_logger
from app.core.security.passwords import digest, new_secret
from app.core.security.permissions import ApiScope
from app.core.security.principals import Principal, PrincipalKind
from app.core.words import Words

log = get_logger(__name__)

MARK: Final = "tok_"
_FORM: Final = re.compile(r"(tok_[0-9a-f]{12})_([0-9a-f]{32})_[A-Za-z0-9_-]{43}")
REMEMBERED: Final = 10_000
REMEMBERED_SECONDS: Final = 60.0
USE_NOTED_EVERY: Final = timedelta(seconds=50)
"""Workers remember keys at different times; within this they leave each other's note alone."""


def new_api_key(store_id: UUID) -> tuple[str, str]:
    """A new key's prefix and its whole text."""
    prefix = MARK + secrets.token_hex(6)
    return prefix, f"{prefix}_{store_id.hex}_{new_secret()}"


class ApiKeys:
    """Reads the keys that come with requests, for one worker."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: TTLCache[bytes, tuple[Principal, datetime | None]] = TTLCache(
            REMEMBERED, REMEMBERED_SECONDS
        )
        self._notes: set[asyncio.Task[None]] = set()

    def remembered(self, token: str) -> Principal | None:
        """Whom the key speaks for; None when only the database can tell.

        Raises:
            NotAuthenticatedError: it has expired.
        """
        known = self._read.get(digest(token))
        return None if known is None else _unexpired(*known)

    async def read(self, token: str) -> Principal:
        """Whom the key speaks for, asked of the database.

        Raises:
            NotAuthenticatedError: unknown, revoked or expired.
        """
        hashed = digest(token)
        known = self._read[hashed] = await self.look_up(token, hashed)
        self._note_use(known[0])
        return _unexpired(*known)

    async def stop(self) -> None:
        await asyncio.gather(*self._notes)

    async def look_up(self, token: str, hashed: bytes) -> tuple[Principal, datetime | None]:
        prefix, store_id = _parse(token)
        async with self._database.transaction(store_id) as unit:
            session = await unit.session()
            row = (await session.execute(_FIND, {"store": store_id, "prefix": prefix})).first()
        if row is None or not hmac.compare_digest(bytes(row.key_hash), hashed):
            raise NotAuthenticatedError(
                Words("The API key is not valid.", "유효하지 않은 연동 키입니다.")
            )
        if row.revoked_at is not None:
            with spoken_in(row.default_language):
                raise NotAuthenticatedError(
                    Words("The API key was revoked.", "폐기된 연동 키입니다.")
                )
        principal = Principal(
            kind=PrincipalKind.API_KEY,
            store_id=store_id,
            id=row.id,
            name=row.name,
            sign_in_id=row.id,
            language=row.default_language,
            scopes=frozenset(ApiScope(scope) for scope in row.scopes),
        )
        return principal, row.expires_at

    def _note_use(self, principal: Principal) -> None:
        """Write `last_used_at` beside the request, once for each time that the key is looked up."""
        task = asyncio.create_task(self._write_use(principal))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _write_use(self, principal: Principal) -> None:
        now = clock.now()
        wanted = {"store": principal.store_id, "id": principal.id, "now": now}
        try:
            async with self._database.transaction(principal.store_id) as unit:
                session = await unit.session()
                await session.execute(_NOTE_USE, {**wanted, "before": now - USE_NOTED_EVERY})
        except Exception as error:  # noqa: BLE001 - the request goes on without the note
            log.warning("use of an API key not noted", error=str(error))


def _unexpired(principal: Principal, expires_at: datetime | None) -> Principal:
    if expires_at is not None and expires_at <= clock.now():
        with spoken_in(principal.language):
            raise NotAuthenticatedError(Words("The API key has expired.", "만료된 연동 키입니다."))
    return principal


def _parse(token: str) -> tuple[str, UUID]:
    found = _FORM.fullmatch(token)
    if found is None:
        raise NotAuthenticatedError(
            Words("The API key is not valid.", "유효하지 않은 연동 키입니다.")
        )
    return found[1], UUID(hex=found[2])


_FIND = text(
    "SELECT k.id, k.name, k.scopes, k.key_hash, k.expires_at, k.revoked_at, s.default_language"
    " FROM api_keys k JOIN stores s ON s.store_id = k.store_id"
    " WHERE k.store_id = :store AND k.prefix = :prefix"
)
_NOTE_USE = text(
    "UPDATE api_keys SET last_used_at = :now WHERE store_id = :store AND id = :id"
    " AND (last_used_at IS NULL OR last_used_at < :before)"
)
