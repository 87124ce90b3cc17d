"""Guessing slowed down: of passwords, pairing codes, PINs and whatever else can be guessed.

Each attempt is charged to buckets in PostgreSQL (GCRA, so that all workers count together) before
it is looked at, in transactions of its own: it counts although the request is refused. An attempt
that was right gets its charge back. So sixty tablets behind one address may sign in at once, and
whoever guesses waits longer with each failure. Nobody is ever locked out: delays have a limit, and
an account that has signed in on a device or from an address before has a bucket of its own there,
which failures from elsewhere don't touch.
"""

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from app.core.database import Database, UnitOfWork
from app.core.errors import RateLimitedError
from app.core.logging import get_logger

log = get_logger(__name__)

Part = str | UUID


@dataclass(frozen=True, slots=True)
class Pace:
    """How many attempts may fail at once, and the seconds after which another one may.

    The wait doubles with each failure from `base` on, up to `longest`.
    """

    burst: int
    base: float
    longest: float


SUBJECT_PACE = Pace(burst=5, base=2, longest=120)
ADDRESS_PACE = Pace(burst=100, base=1, longest=60)
"""A restaurant's guests and tablets share one address: it takes a crowd's slips."""
REMEMBERED_SECONDS = 90 * 24 * 3600.0
_REMEMBERING = frozenset({"sign-in"})
"""After which kind of success the address is known. A guest's entry makes no address known:
whoever has a photograph of a QR code would have buckets without end."""


class Throttles:
    """The throttling of one worker; a `Throttle` is made of it for each request."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gates: dict[bytes, _Gate] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, key: bytes, pace: Pace) -> float:
        """Charge an attempt; what was charged, in seconds.

        Raises:
            RateLimitedError: too soon after those before; `retry_after` says when.
        """
        row = await self._database.call(_TAKE, (key, pace.burst, pace.base, pace.longest))
        # No row: the bucket was emptied between the two looks of a refused attempt.
        wait, charge = row or (pace.base, 0.0)
        if wait > 0:
            raise RateLimitedError(retry_after=math.ceil(wait))
        return float(charge)

    async def give_back(self, key: bytes, charge: float) -> None:
        await self._database.call(_SETTLE, (key, charge))

    def give_back_soon(self, key: bytes, charge: float) -> None:
        """For after a commit: a bucket that many share must not be locked while others wait."""
        task = asyncio.create_task(self._try_to_give_back(key, charge))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try_to_give_back(self, key: bytes, charge: float) -> None:
        try:
            await self.give_back(key, charge)
        except Exception as error:  # noqa: BLE001 - the bucket empties by itself, only later
            log.warning("attempt not given back", error=str(error))

    async def stop(self) -> None:
        await asyncio.gather(*self._tasks)

    async def knows(self, key: bytes) -> bool:
        row = await self._database.call(_KNOWS, (key,))
        return bool(row and row[0])

    @asynccontextmanager
    async def one_at_a_time(self, key: bytes) -> AsyncIterator[None]:
        """Attempts at one secret pass one by one in this worker.

        Otherwise many right ones at once would be taken for a burst of guesses.
        """
        gate = self._gates.setdefault(key, _Gate())
        gate.waiting += 1
        try:
            async with gate.lock:
                yield
        finally:
            gate.waiting -= 1
            if not gate.waiting:
                self._gates.pop(key, None)


class _Gate:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0


class Throttle:
    """The throttling of one request: knows its client's address and its transaction."""

    def __init__(self, throttles: Throttles, unit: UnitOfWork, address: str) -> None:
        self._throttles = throttles
        self._unit = unit
        self._address = address

    @asynccontextmanager
    async def __call__(
        self, purpose: str, *subject: Part, device: str | None = None
    ) -> AsyncIterator[None]:
        """One attempt at the secret of `subject`; it has failed when the block raises.

        `async with throttle("table-login", store_code, number):` around the look at the secret,
        before the request's first query: the charge must not wait for a second connection while
        holding one. Without a subject only the address counts. A `device` is what the client
        calls itself, a secret of its own.

        Raises:
            RateLimitedError: the next attempt must wait.
        """
        shared = bucket(purpose, "address", self._address)
        if not subject:
            async with self._charged(shared, None):
                yield
            return
        secret = bucket(purpose, *subject)
        places = [bucket(secret, "address", self._address)]
        if device is not None:
            places.insert(0, bucket(secret, "device", device))
        async with self._throttles.one_at_a_time(secret):
            here = await self._known(places) if purpose in _REMEMBERING else None
            async with self._charged(None, here) if here else self._charged(shared, secret):
                yield
            if purpose in _REMEMBERING:
                for place in places:
                    known = bucket("known", place)
                    await self._say(_REMEMBER, key=known, seconds=REMEMBERED_SECONDS)

    async def _known(self, places: list[bytes]) -> bytes | None:
        """The first of the places from which this secret was known before: it has its own bucket."""
        for place in places:
            if await self._throttles.knows(bucket("known", place)):
                return place
        return None

    @asynccontextmanager
    async def _charged(self, shared: bytes | None, own: bytes | None) -> AsyncIterator[None]:
        """Charge both buckets; a success, once it is committed, empties the own one and refunds."""
        charge = await self._throttles.take(shared, ADDRESS_PACE) if shared else 0.0
        if own:
            try:
                await self._throttles.take(own, SUBJECT_PACE)
            except RateLimitedError:
                if shared:
                    await self._throttles.give_back(shared, charge)
                raise
        yield
        if shared:
            key = shared
            self._unit.after_commit.append(lambda: self._throttles.give_back_soon(key, charge))
        if own:
            await self._say(_EMPTY, key=own)

    async def _say(self, statement: str, **parameters: object) -> None:
        session = await self._unit.session()
        await session.execute(text(statement), parameters)


def bucket(*parts: str | UUID | bytes) -> bytes:
    """SHA-256 of the parts, so that no name or address can be read from the table."""
    hashed = hashlib.sha256()
    for part in parts:
        content = part if isinstance(part, bytes) else str(part).encode()
        hashed.update(len(content).to_bytes(4) + content)
    return hashed.digest()


_TAKE = "SELECT wait, charge FROM throttle(%s, %s, %s, %s)"
_SETTLE = "SELECT throttle_settle(%s, %s)"
_KNOWS = "SELECT throttle_knows(%s)"
_EMPTY = "SELECT throttle_settle(:key, NULL)"
_REMEMBER = "SELECT throttle_remember(:key, :seconds)"
